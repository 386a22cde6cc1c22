/** Who signed, how often, with what kind of key, and how the signature is written down. */
import { constants, sign } from 'node:crypto';
import type { RoleName } from '../../../../src/trust/metadata/index.js';
import type { Files, RepositoryBuilder } from '../../../trust/repository-builder.js';
import {
  ecdsaKey,
  ed25519Key,
  makeCertificate,
  rsaKey,
  withCertificates,
  withPublicKey,
  type TestKey,
} from '../../../trust/test-keys.js';
import type { Verdict } from '../verdict.js';
import { built, daysFrom, plain, rewritten, type Case, type Chapter } from './types.js';

type BaseRole = 'targets' | 'snapshot' | 'timestamp';

const roleOf = (repository: RepositoryBuilder, role: BaseRole) =>
  role === 'targets' ? repository.targetsRole : repository[role];

/** `targets` (or another role) has these keys; `signers` sign. */
function keyed(
  name: string,
  pull: Verdict,
  make: (repository: RepositoryBuilder) => TestKey,
  role: BaseRole = 'targets',
): Case {
  return {
    name,
    pull,
    serve: (repository): Files => {
      roleOf(plain(repository), role).keys = [make(repository)];
      return repository.build();
    },
  };
}

const inCertificate = (key: TestKey, commonName = 'anything', notAfter?: Date): TestKey =>
  withCertificates(key, [makeCertificate(key, { commonName, ...(notAfter && { notAfter }) })]);

const keyKinds: readonly Case[] = [
  ...(['P-224', 'P-256', 'P-384', 'P-521'] as const).map((curve) =>
    keyed(`targets signed with ${curve}`, 'image 1.0', () => ecdsaKey(curve)),
  ),
  keyed('targets signed with secp256k1', 'invalid', () => ecdsaKey('secp256k1')),
  keyed('targets signed with Ed25519', 'image 1.0', () => ed25519Key()),
  keyed('targets signed with RSA-PSS', 'image 1.0', () => rsaKey()),
  keyed('targets signed with RSA PKCS#1 v1.5', 'image 1.0', () => rsaKey(2048, 'rsapkcs1v15')),
  keyed('targets signed with RSA of 3072 bits', 'image 1.0', () => rsaKey(3072)),
  keyed('targets signed with RSA of 1024 bits', 'invalid', () => rsaKey(1024)),
  keyed('targets signed with a certified P-256 key', 'image 1.0', () => inCertificate(ecdsaKey())),
  keyed('targets signed with a certified RSA key', 'image 1.0', () => inCertificate(rsaKey())),
  keyed('targets signed with a key whose certificate has expired', 'image 1.0', (repository) =>
    inCertificate(ecdsaKey(), repository.gun, daysFrom(repository, -1)),
  ),
  keyed('timestamp signed with P-256', 'image 1.0', () => ecdsaKey(), 'timestamp'),
  keyed('timestamp signed with RSA-PSS', 'image 1.0', () => rsaKey(), 'timestamp'),
  keyed(
    'snapshot signed with a certified RSA key',
    'image 1.0',
    () => inCertificate(rsaKey()),
    'snapshot',
  ),
  keyed('a key of a type that does not exist', 'invalid', () => {
    const key = ecdsaKey();
    return withPublicKey(key, { ...key.publicKey, keytype: 'dsa' });
  }),
  keyed('a key that is no key', 'invalid', () => {
    const key = ecdsaKey();
    const keyval = { private: null, public: Buffer.from('key').toString('base64') };
    return withPublicKey(key, { keytype: 'ecdsa', keyval });
  }),
];

/** A key that signs in another way than its kind does. */
function signing(
  name: string,
  pull: Verdict,
  key: () => TestKey,
  change: (key: TestKey) => Partial<TestKey>,
): Case {
  return keyed(name, pull, () => {
    const base = key();
    return { ...base, ...change(base) };
  });
}

const rsaSign = (key: TestKey, padding: number, saltLength?: number) => (message: Uint8Array) =>
  sign('sha256', message, {
    key: key.privateKey,
    padding,
    ...(saltLength === undefined ? {} : { saltLength }),
  });

const forms: readonly Case[] = [
  ...[0, 20, 222].map((saltLength) =>
    signing(`PSS with a salt of ${saltLength} bytes`, 'invalid', rsaKey, (key) => ({
      sign: rsaSign(key, constants.RSA_PKCS1_PSS_PADDING, saltLength),
    })),
  ),
  signing('PKCS#1 v1.5 under the name of PSS', 'invalid', rsaKey, (key) => ({
    sign: rsaSign(key, constants.RSA_PKCS1_PADDING),
  })),
  signing('PSS under the name of PKCS#1 v1.5', 'invalid', rsaKey, () => ({
    method: 'rsapkcs1v15',
  })),
  signing('an ECDSA signature in DER', 'invalid', ecdsaKey, (key) => ({
    sign: (message) => sign('sha256', message, key.privateKey),
  })),
  signing('an ECDSA signature with a byte too many', 'invalid', ecdsaKey, (key) => ({
    sign: (message) => Buffer.concat([key.sign(message), Buffer.from([0])]),
  })),
  signing(
    'a P-384 signature over SHA-384',
    'invalid',
    () => ecdsaKey('P-384'),
    (key) => ({
      sign: (message) =>
        sign('sha384', message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }),
    }),
  ),
  signing('an ECDSA signature called eddsa', 'invalid', ecdsaKey, () => ({ method: 'eddsa' })),
  signing('an Ed25519 signature called ecdsa', 'invalid', ed25519Key, () => ({ method: 'ecdsa' })),
  signing('an unknown method', 'invalid', ecdsaKey, () => ({ method: 'ecdsa2' as never })),
  signing('a method in capitals', 'image 1.0', ecdsaKey, () => ({ method: 'ECDSA' as never })),
  signing('no method', 'invalid', ecdsaKey, () => ({ method: '' as never })),
  signing('an empty signature', 'invalid', ecdsaKey, () => ({ sign: () => Buffer.alloc(0) })),
  signing('a signature of zeros', 'invalid', ecdsaKey, () => ({ sign: () => Buffer.alloc(64) })),
  rewritten('a signature in URL-safe base64', 'invalid', 'targets', (text) =>
    resigned(text, (sig) => sig.replaceAll('+', '-').replaceAll('/', '_').replace(/^./, '-')),
  ),
  rewritten('a signature without base64 padding', 'invalid', 'targets', (text) =>
    resigned(text, (sig) => sig.replace(/=+$/, '')),
  ),
  rewritten('a signature with a line break in it', 'invalid', 'targets', (text) =>
    resigned(text, (sig) => `${sig.slice(0, 40)}\n${sig.slice(40)}`),
  ),
];

type Signatures = { keyid: string; method: string; sig: string }[];

function resigned(text: string, change: (sig: string) => string): string {
  return withSignatures(text, (list) =>
    list.map((entry) => ({ ...entry, sig: change(entry.sig) })),
  );
}

function withSignatures(text: string, change: (list: Signatures) => unknown): string {
  const { signatures } = JSON.parse(text) as { signatures: Signatures };
  const start = text.lastIndexOf('"signatures":');
  return `${text.slice(0, start)}"signatures":${JSON.stringify(change(signatures))}}`;
}

const listed = (
  name: string,
  pull: Verdict,
  change: (list: Signatures) => unknown,
  role: RoleName = 'targets',
): Case => rewritten(name, pull, role, (text) => withSignatures(text, change));

const garbage = (list: Signatures): Signatures =>
  list.map((entry) => ({ ...entry, sig: Buffer.alloc(64, 7).toString('base64') }));
const stranger = { keyid: 'ab'.repeat(32), method: 'ecdsa', sig: 'AAAA' };

const lists: readonly Case[] = [
  ...(['root', 'timestamp', 'snapshot', 'targets'] as const).flatMap((role) => [
    listed(`${role} without signatures`, 'invalid', () => [], role),
    listed(`${role} with signatures replaced by garbage`, 'invalid', garbage, role),
    built(`${role} signed by an unknown key`, 'invalid', { signers: { [role]: [ecdsaKey()] } }),
  ]),
  listed('a signature twice', 'image 1.0', (list) => [...list, ...list]),
  listed('a bad signature before the good one of the same key', 'image 1.0', (list) => [
    ...garbage(list),
    ...list,
  ]),
  listed('a good signature before a bad one of the same key', 'image 1.0', (list) => [
    ...list,
    ...garbage(list),
  ]),
  listed('a signature of a stranger besides', 'image 1.0', (list) => [stranger, ...list]),
  listed('a good signature under the ID of another key', 'invalid', (list) =>
    list.map((entry) => ({ ...entry, keyid: stranger.keyid })),
  ),
  listed('a key ID in capitals', 'invalid', (list) =>
    list.map((entry) => ({ ...entry, keyid: entry.keyid.toUpperCase() })),
  ),
  listed('signatures null', 'invalid', () => null),
  listed('signatures as an object', 'invalid', (list) => Object.fromEntries(list.entries())),
  listed('a signature null', 'invalid', (list) => [null, ...list]),
  listed('a signature with unknown fields', 'image 1.0', (list) =>
    list.map((entry) => ({ ...entry, more: 1 })),
  ),
  listed('a signature that is no text', 'invalid', (list) =>
    list.map((entry) => ({ ...entry, sig: 7 })),
  ),
];

/** `role` needs two signatures of two keys. */
function two(
  name: string,
  pull: Verdict,
  role: BaseRole,
  signers: (keys: TestKey[]) => TestKey[],
): Case {
  return {
    name,
    pull,
    serve: (repository): Files => {
      const built = roleOf(plain(repository), role);
      Object.assign(built, { keys: [ecdsaKey(), rsaKey()], threshold: 2 });
      return repository.build({ signers: { [role]: signers(built.keys) } });
    },
  };
}

const thresholds: readonly Case[] = (['targets', 'snapshot', 'timestamp'] as const).flatMap(
  (role) => [
    two(`${role} signed by two of two keys`, 'image 1.0', role, (keys) => keys),
    two(`${role} signed by one of two keys`, 'invalid', role, (keys) => keys.slice(0, 1)),
    two(`${role} signed twice by one of two keys`, 'invalid', role, ([key = ecdsaKey()]) => [
      key,
      key,
    ]),
  ],
);

/** The key of one role signs for another. */
const crossed: readonly Case[] = [
  {
    name: 'targets signed by the snapshot key',
    pull: 'invalid',
    serve: (repository) =>
      plain(repository).build({ signers: { targets: repository.snapshot.keys } }),
  },
  {
    name: 'timestamp signed by the root key',
    pull: 'invalid',
    serve: (repository) =>
      plain(repository).build({ signers: { timestamp: repository.root.keys } }),
  },
  {
    name: 'one key for targets, snapshot and timestamp',
    pull: 'image 1.0',
    serve: (repository) => {
      const keys = [ecdsaKey()];
      for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
        roleOf(plain(repository), role).keys = keys;
      }
      return repository.build();
    },
  },
];

export const signatures: readonly Chapter[] = [
  { title: 'Kinds of keys', cases: keyKinds },
  { title: 'Forms of signatures', cases: forms },
  { title: 'Lists of signatures', cases: lists },
  { title: 'Thresholds', cases: [...thresholds, ...crossed] },
];
