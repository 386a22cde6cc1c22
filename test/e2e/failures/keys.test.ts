/** Signing keys that cannot sign: told before the build, with the line that mends it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import type { ProductHost } from '../product.js';
import { newPrivateKey, type Scenario } from '../scenario.js';
import { setUp } from '../set-up.js';
import { expectRefused, type Expected } from './refused.js';

const { stack, scenario } = await setUp();
const context = await stack.makeImageContext('keys');

interface Case extends Expected {
  readonly title: string;
  /** Makes the key and gives what the user writes. */
  readonly key: (scenario: Scenario) => string | Promise<string>;
  readonly inputs?: (scenario: Scenario) => Promise<Readonly<Record<string, string>>>;
  readonly hosts?: readonly ProductHost[];
}

const everywhere: readonly ProductHost[] = ['action', 'task', 'cli'];

type NewKey = Parameters<typeof stack.azure.createKey>[0];

/** A key in the vault; by default P-256. */
const vaultKey =
  (options: Partial<NewKey>) =>
  async ({ vault }: Scenario): Promise<string> =>
    (
      await stack.azure.createKey({
        vault: vault.name,
        name: uniqueName('key'),
        kty: 'EC',
        ...options,
      })
    ).kid;

/** A key that the emulated vault would not make, as its answer. */
const answeredKey =
  (jwk: Readonly<Record<string, unknown>>) =>
  async ({ vault }: Scenario): Promise<string> => {
    const kid = `${vault.url}/keys/${uniqueName('key')}/${'ab'.repeat(16)}`;
    await stack.failNext({
      target: kid.replace('https://', ''),
      times: 3,
      failure: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          key: { kid, key_ops: ['sign', 'verify'], ...jwk },
          attributes: { enabled: true },
        }),
      },
    });
    return kid;
  };

const secret =
  (text: () => string) =>
  ({ vault }: Scenario): Promise<string> =>
    vault.secret(text());

const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }).toString();
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const encrypted = () =>
  ec('P-256')
    .privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    })
    .toString();

const hour = 3600;
const now = () => Math.floor(Date.now() / 1000);
const createP256 = /az keyvault key create --vault-name \S+ --name \S+-p256 --kty EC --curve P-256/;
const versions = /az keyvault key list-versions --vault-name \S+ --name \S+/;

const cases: readonly Case[] = [
  {
    title: 'P-384 in the vault',
    key: vaultKey({ crv: 'P-384' }),
    code: 'KEY_UNSUITABLE',
    message: /\/keys\/\S+ cannot sign content trust data: it is an EC key on curve P-384/,
    remedy: createP256,
    hosts: everywhere,
  },
  {
    title: 'secp256k1 in the vault',
    key: vaultKey({ crv: 'P-256K' }),
    code: 'KEY_UNSUITABLE',
    message: /it is an EC key on curve P-256K/,
    remedy: createP256,
  },
  {
    title: 'RSA 1024 in the vault',
    key: answeredKey({ kty: 'RSA', ...rsa(1024).publicKey.export({ format: 'jwk' }) }),
    code: 'KEY_UNSUITABLE',
    message: /it is an RSA key of 1024 bits/,
    remedy: createP256,
  },
  {
    title: 'a symmetric key in the vault',
    key: answeredKey({ kty: 'oct-HSM' }),
    code: 'KEY_UNSUITABLE',
    message: /it is a key of type oct-HSM/,
    remedy: /az keyvault key create .*--kty EC-HSM --curve P-256/,
  },
  {
    title: 'a key that may not sign',
    key: vaultKey({ ops: ['verify'] }),
    code: 'KEY_UNSUITABLE',
    message: /it does not permit the operation "sign" \(key_ops: verify\)/,
    remedy: /az keyvault key set-attributes --vault-name \S+ --name \S+ --ops sign verify/,
  },
  {
    title: 'a disabled key',
    key: vaultKey({ enabled: false }),
    code: 'KEY_DISABLED',
    message: /\/keys\/\S+ cannot be used: it is disabled/,
    remedy: versions,
    hosts: everywhere,
  },
  {
    title: 'an expired key',
    key: vaultKey({ expires: now() - hour }),
    code: 'KEY_DISABLED',
    message: /cannot be used: it expired on 20\d\d-/,
    remedy: versions,
  },
  {
    title: 'a key that is not valid yet',
    key: vaultKey({ notBefore: now() + hour }),
    code: 'KEY_DISABLED',
    message: /cannot be used: it is not valid before 20\d\d-/,
    remedy: versions,
  },
  {
    title: 'a disabled secret',
    key: async ({ vault }) => {
      const name = uniqueName('secret');
      await stack.azure.setSecret({
        vault: vault.name,
        name,
        value: newPrivateKey(),
        enabled: false,
      });
      return `${vault.url}/secrets/${name}`;
    },
    code: 'KEY_DISABLED',
    message: /\/secrets\/\S+ cannot be used/,
    remedy: /az keyvault secret list-versions --vault-name \S+ --name \S+/,
  },
  {
    title: 'a key that is not there',
    key: ({ vault }) => `${vault.url}/keys/forgotten`,
    code: 'KEY_NOT_FOUND',
    message: /\/keys\/forgotten does not exist/,
    remedy: /az keyvault key list --vault-name vault\w+/,
  },
  {
    title: 'a version that is not there',
    key: async ({ vault }) => (await vault.key()).replace(/[0-9a-f]{32}$/, '0'.repeat(32)),
    code: 'KEY_NOT_FOUND',
    message: /\/keys\/key\w+\/0{32} does not exist/,
    remedy: /az keyvault key list --vault-name/,
  },
  {
    title: 'a deleted key',
    key: async ({ vault }) => {
      const name = uniqueName('key');
      const kid = await vault.key(name);
      await stack.azure.softDeleteKey(vault.name, name);
      return kid;
    },
    code: 'KEY_NOT_FOUND',
    message: /\/keys\/key\w+\/\w{32} does not exist/,
    remedy: /az keyvault key recover --vault-name \S+ --name key\w+/,
  },
  {
    title: 'a secret that is not there',
    key: ({ vault }) => `${vault.url}/secrets/forgotten`,
    code: 'KEY_NOT_FOUND',
    message: /\/secrets\/forgotten does not exist/,
    remedy: /az keyvault secret list --vault-name/,
  },
  {
    title: 'P-384 in a secret',
    key: secret(() => pem(ec('P-384').privateKey)),
    code: 'KEY_UNSUITABLE',
    message: /\/secrets\/\S+ .*(P-384|secp384r1)/,
    remedy: /P-256/,
    hosts: everywhere,
  },
  {
    title: 'RSA 1024 in a secret',
    key: secret(() => pem(rsa(1024).privateKey)),
    code: 'KEY_UNSUITABLE',
    message: /\/secrets\/\S+ .*1024/,
    remedy: /2048/,
  },
  {
    title: 'a public key in a secret',
    key: secret(() => pem(ec('P-256').publicKey)),
    code: 'KEY_UNSUITABLE',
    message: /\/secrets\/\S+ .*public key/,
    remedy: /private key/,
  },
  {
    title: 'a secret that is no key at all',
    key: secret(() => 'Tr0ub4dor&3 is no key'),
    code: 'KEY_UNSUITABLE',
    message: /\/secrets\/\S+/,
    remedy: /PEM/,
  },
  {
    title: 'an encrypted key without a passphrase',
    key: secret(encrypted),
    code: 'KEY_PASSPHRASE_MISSING',
    message: /\/secrets\/\S+ .*encrypted/,
    remedy: /signing-?passphrase|signing-key-passphrase|signingKeyPassphrase/,
    hosts: everywhere,
  },
  {
    title: 'an encrypted key with a wrong passphrase',
    key: secret(encrypted),
    inputs: () => Promise.resolve({ 'signing-key-passphrase': 'open barley' }),
    code: 'KEY_PASSPHRASE_WRONG',
    message: /\/secrets\/\S+/,
    remedy: /signing-key-passphrase|signingKeyPassphrase/,
    hosts: everywhere,
  },
  {
    title: 'an encrypted key with a wrong passphrase from the vault',
    key: secret(encrypted),
    inputs: async ({ vault }) => ({ 'signing-key-passphrase': await vault.secret('open barley') }),
    code: 'KEY_PASSPHRASE_WRONG',
    message: /\/secrets\/\S+/,
    remedy: /signing-key-passphrase/,
  },
  {
    title: 'a passphrase that is not in the vault',
    key: secret(encrypted),
    inputs: ({ vault }) =>
      Promise.resolve({ 'signing-key-passphrase': `${vault.url}/secrets/forgotten` }),
    code: 'KEY_NOT_FOUND',
    message: /\/secrets\/forgotten does not exist/,
    remedy: /az keyvault secret list --vault-name/,
  },
  {
    title: 'a file that is not there',
    key: () => 'keys/forgotten.pem',
    code: 'KEY_NOT_FOUND',
    message: /keys\/forgotten\.pem/,
    remedy: /\w/,
  },
  {
    title: 'a vault key for the docker engine',
    key: vaultKey({}),
    inputs: () => Promise.resolve({ engine: 'docker' }),
    code: 'KEY_UNSUITABLE',
    message: /The Docker CLI cannot sign with the .*: its private key does not leave the vault/,
    remedy: /Let the native engine sign \(leave engine out\), or give signing-?key a .*secret/i,
    hosts: everywhere,
  },
];

const runs = cases.flatMap(({ hosts = ['cli'], ...rest }) =>
  hosts.map((host) => ({ host, ...rest })),
);

describe('a signing key that cannot be used', () => {
  it.concurrent.each(runs)('is refused on the $host: $title', async (run) => {
    const { host, key, inputs } = run;
    const repository = scenario.repository();
    await expectRefused(
      scenario,
      {
        host,
        docker: 'docker20',
        inputs: {
          repository,
          tags: '1.0',
          context,
          'signing-key': await key(scenario),
          'root-key': await scenario.vault.key(),
          ...(await inputs?.(scenario)),
        },
      },
      run,
    );
  });
});
