/** Every place and kind a signing key may have; the trust data is judged by stock clients. */
import { generateKeyPairSync } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import type { ProductHost, ProductResult } from '../product.js';
import { newPrivateKey } from '../scenario.js';
import { setUp } from '../set-up.js';
import { expectReported, readReport } from './reported.js';
import { pushUnsigned } from './unsigned-tag.js';

const passphrase = 'correct horse battery staple';
const { stack, scenario } = await setUp();

beforeAll(async () => {
  await stack.azure.assignRole({
    principalId: scenario.signer.clientId,
    role: 'Key Vault Certificate User',
    scope: scenario.vault.id,
  });
});

const newRsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

/** A key file as Docker itself writes it, encrypted with {@link passphrase}. */
async function dockerKeyFile(): Promise<string> {
  const config = await stack.makeDockerConfig();
  const result = await stack.docker({
    engine: 'docker20',
    args: ['trust', 'key', 'generate', 'ci', '--dir', config],
    config,
    env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase },
  });
  expect(result.exitCode, result.output).toBe(0);
  const folder = path.join(config, 'trust/private');
  const [name = ''] = await readdir(folder);
  return readFile(path.join(folder, name), 'utf8');
}

async function file(text: string): Promise<string> {
  const name = path.join(stack.info.folder, `${uniqueName('key')}.pem`);
  await writeFile(name, text, { mode: 0o600 });
  return name;
}

/** Initialises a repository with the inputs, then signs one more tag, and has both judged. */
async function expectKeyWorks(
  host: ProductHost,
  inputs: Readonly<Record<string, string>>,
): Promise<ProductResult> {
  const repository = scenario.repository();
  const sign = async (tag: string, initialised: boolean): Promise<ProductResult> => {
    const pushed = await pushUnsigned(scenario, repository, tag);
    const own = { command: 'sign', repository, tags: tag };
    const result = await scenario.run({ host, inputs: { ...own, ...inputs } });
    expectSuccess(result);
    const expected = { repository, tags: [tag], engine: 'native', initialised } as const;
    expect(await expectReported(scenario, result, expected)).toBe(pushed);
    return result;
  };
  const first = await sign('first', true);
  const second = await sign('second', false);
  await expectSigned(scenario, repository, {
    tags: ['second'],
    digest: second.outputs.digest ?? '',
  });
  const ref = `${scenario.registry.loginServer}/${repository}`;
  const listed = await stack.notaryList({ ref, login: scenario.reader.login });
  const digests = listed.map(({ name, digest }) => [name, `sha256:${digest}`]);
  expect(digests).toContainEqual(['first', first.outputs.digest]);
  return second;
}

describe('keys that stay in Key Vault', () => {
  it.each([
    { kty: 'EC', hsm: false, method: 'ecdsa' },
    { kty: 'EC', hsm: true, method: 'ecdsa' },
    { kty: 'RSA', hsm: false, method: 'rsapss' },
  ] as const)('sign as $kty (hsm: $hsm) by $method', async ({ kty, hsm, method }) => {
    const vault = scenario.vault.name;
    const key = async () => {
      const options = { vault, name: uniqueName('key'), kty, hsm };
      return stack.azure.createKey(kty === 'RSA' ? { ...options, size: 2048 } : options);
    };
    const signingKey = await key();
    const result = await expectKeyWorks('action', {
      'signing-key': signingKey.kid,
      'root-key': (await key()).kid,
    });
    expect((await readReport(result)).key).toMatchObject({ method });
    const name = signingKey.kid.split('/').at(-2) ?? 'no name';
    const asked = (await stack.azure.requests()).filter(({ path: p }) => p.includes(name));
    expect(asked.some(({ path: p }) => p.includes('/sign'))).toBe(true);
  });

  it('sign in their newest version when the reference has none', async () => {
    const keys = { signing: uniqueName('key'), root: uniqueName('key') };
    const vault = scenario.vault.name;
    for (const name of Object.values(keys)) await scenario.vault.key(name);
    expectSuccess(
      await expectKeyWorks('task', {
        'signing-key': `https://${vault}.vault.azure.net/keys/${keys.signing}`,
        'root-key': `https://${vault}.vault.azure.net/keys/${keys.root}/`,
      }),
    );
  });

  it.each(['EC', 'RSA'] as const)('sign by the reference of an %s certificate', async (kty) => {
    const options = { vault: scenario.vault.name, kty };
    const signing = await stack.azure.createCertificate({ ...options, name: uniqueName('cert') });
    const root = await stack.azure.createCertificate({ ...options, name: uniqueName('cert') });
    await expectKeyWorks('cli', { 'signing-key': signing.id, 'root-key': root.id });
  });
});

describe('keys in Key Vault secrets', () => {
  it('sign as PEM, EC and RSA', async () => {
    const rsa = newRsaKey().export({ type: 'pkcs1', format: 'pem' }).toString();
    await expectKeyWorks('action', {
      'signing-key': await scenario.vault.secret(rsa),
      'root-key': await scenario.vault.secretKey(),
    });
  });

  it('sign as Docker .key files whose passphrase is a secret of its own', async () => {
    const passphraseUrl = await scenario.vault.secret(passphrase);
    await expectKeyWorks('task', {
      'signing-key': await scenario.vault.secret(await dockerKeyFile()),
      'signing-key-passphrase': passphraseUrl,
      'root-key': await scenario.vault.secret(await dockerKeyFile()),
      'root-key-passphrase': passphraseUrl,
    });
  });
});

describe('keys in local files', () => {
  it('sign as plain PEM, the root as an encrypted one', async () => {
    const encrypted = newRsaKey().export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    await expectKeyWorks('cli', {
      'signing-key': await file(newPrivateKey()),
      'root-key': await file(encrypted.toString()),
      'root-key-passphrase': passphrase,
    });
  });

  it('sign as Docker .key files', async () => {
    await expectKeyWorks('cli', {
      'signing-key': await file(await dockerKeyFile()),
      'signing-key-passphrase': passphrase,
      'root-key': await file(await dockerKeyFile()),
      'root-key-passphrase': passphrase,
    });
  });
});
