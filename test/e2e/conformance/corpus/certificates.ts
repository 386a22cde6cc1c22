/** Root certificates: for whom, by whom, how long, and how they are written down. */
import type { PublicKey } from '../../../../src/trust/metadata/index.js';
import type { Files, RepositoryBuilder } from '../../../trust/repository-builder.js';
import {
  ecdsaKey,
  makeCertificate,
  rootKey,
  rsaKey,
  withCertificates,
  withPublicKey,
  type CertificateOptions,
  type TestKey,
} from '../../../trust/test-keys.js';
import type { Verdict } from '../verdict.js';
import { daysFrom, plain, type Case, type Chapter } from './types.js';

type KeyMaker = (repository: RepositoryBuilder) => TestKey;

function rooted(name: string, pull: Verdict, make: KeyMaker): Case {
  return {
    name,
    pull,
    serve: (repository): Files => {
      plain(repository).root.keys = [make(repository)];
      return repository.build();
    },
  };
}

/** A self-signed certificate with one thing about it changed. */
function certified(
  name: string,
  pull: Verdict,
  options: (repository: RepositoryBuilder) => Partial<CertificateOptions>,
): Case {
  return rooted(name, pull, (repository) => rootKey(repository.gun, options(repository)));
}

/** A key whose PEM text is written differently. */
function written(name: string, pull: Verdict, rewrite: (pem: string) => string): Case {
  return rooted(name, pull, (repository) => {
    const key = rootKey(repository.gun);
    const { keytype, keyval } = key.publicKey;
    const pem = rewrite(Buffer.from(keyval.public, 'base64').toString('utf8'));
    const publicKey: PublicKey = {
      keytype,
      keyval: { ...keyval, public: Buffer.from(pem).toString('base64') },
    };
    return withPublicKey(key, publicKey);
  });
}

/** Two certificates in one key. */
function bundled(
  name: string,
  pull: Verdict,
  order: (leaf: Buffer, ca: Buffer) => readonly Buffer[],
  caOptions: Partial<CertificateOptions> = {},
): Case {
  return rooted(name, pull, ({ gun }) => {
    const [key, caKey] = [ecdsaKey(), ecdsaKey()];
    const issuer = { key: caKey, commonName: 'Test CA' };
    const ca = makeCertificate(caKey, { commonName: 'Test CA', isCa: true, ...caOptions });
    return withCertificates(key, order(makeCertificate(key, { commonName: gun, issuer }), ca));
  });
}

const names: readonly Case[] = [
  certified('the certificate names another repository', 'invalid', ({ gun }) => ({
    commonName: `${gun}x`,
  })),
  certified('the certificate names the registry only', 'invalid', () => ({
    commonName: 'conformance.test',
  })),
  certified('the certificate names nobody', 'invalid', () => ({ commonName: '' })),
  certified('the certificate is for any repository', 'invalid', () => ({ commonName: '*' })),
  certified('the certificate is for all repositories of the registry', 'invalid', () => ({
    commonName: 'conformance.test/*',
  })),
  certified('the certificate is for all repositories of another registry', 'invalid', () => ({
    commonName: 'other.test/*',
  })),
];

const validity: readonly Case[] = [
  certified('the certificate has expired', 'expired', (repository) => ({
    notAfter: daysFrom(repository, -1),
  })),
  certified('the certificate begins within a day', 'image 1.0', (repository) => ({
    notBefore: daysFrom(repository, 0.5),
  })),
  certified('the certificate begins in two days', 'expired', (repository) => ({
    notBefore: daysFrom(repository, 2),
  })),
  certified('the certificate ends before it begins', 'invalid', (repository) => ({
    notBefore: daysFrom(repository, 0.5),
    notAfter: daysFrom(repository, 0.25),
  })),
  {
    name: 'one of two certificates has expired, the other one signs',
    pull: 'image 1.0',
    serve: (repository) => {
      const [good, old] = twoRootKeys(repository);
      plain(repository).root.keys = [old, good];
      return repository.build({ signers: { root: [good] } });
    },
  },
  {
    name: 'one of two certificates has expired, only that one signs',
    pull: 'invalid',
    serve: (repository) => {
      const [good, old] = twoRootKeys(repository);
      plain(repository).root.keys = [good, old];
      return repository.build({ signers: { root: [old] } });
    },
  },
];

function twoRootKeys(repository: RepositoryBuilder): readonly [TestKey, TestKey] {
  const { gun } = repository;
  return [rootKey(gun), rootKey(gun, { notAfter: daysFrom(repository, -1) })];
}

const kinds: readonly Case[] = [
  certified('the certificate is that of a CA', 'invalid', () => ({ isCa: true })),
  certified('the certificate is signed with SHA-1', 'invalid', () => ({ hash: 'sha1' })),
  rooted('an RSA certificate of 2048 bits', 'image 1.0', ({ gun }) =>
    rootKey(gun, { key: rsaKey() }),
  ),
  rooted('an RSA certificate signing with PKCS#1 v1.5', 'image 1.0', ({ gun }) =>
    rootKey(gun, { key: rsaKey(2048, 'rsapkcs1v15') }),
  ),
  rooted('an RSA certificate of 1024 bits', 'invalid', ({ gun }) =>
    rootKey(gun, { key: rsaKey(1024) }),
  ),
  rooted('a P-384 certificate', 'image 1.0', ({ gun }) => rootKey(gun, { key: ecdsaKey('P-384') })),
  rooted('a root key without certificate', 'invalid', () => ecdsaKey()),
  rooted('the certificate was issued by a CA that is not in the bundle', 'image 1.0', ({ gun }) => {
    const issuer = { key: ecdsaKey(), commonName: 'Unknown CA' };
    return rootKey(gun, { issuer });
  }),
  rooted('the certificate holds another key than the one that signs', 'invalid', ({ gun }) => ({
    ...rootKey(gun),
    sign: (message) => ecdsaKey().sign(message),
  })),
];

const bundles: readonly Case[] = [
  bundled('leaf and CA in one bundle', 'image 1.0', (leaf, ca) => [leaf, ca]),
  bundled('the CA before the leaf', 'invalid', (leaf, ca) => [ca, leaf]),
  bundled('two leaves in one bundle', 'invalid', (leaf) => [leaf, leaf]),
  bundled('a bundle of CAs only', 'invalid', (_leaf, ca) => [ca]),
  bundled('an expired CA in the bundle', 'expired', (leaf, ca) => [leaf, ca], {
    notAfter: new Date('2026-02-01T00:00:00Z'),
  }),
  bundled('a SHA-1 CA in the bundle', 'invalid', (leaf, ca) => [leaf, ca], { hash: 'sha1' }),
];

const text: readonly Case[] = [
  written('PEM with CRLF line ends', 'invalid', (pem) => pem.replaceAll('\n', '\r\n')),
  written('PEM without a final line end', 'invalid', (pem) => pem.trimEnd()),
  written('text before the PEM', 'invalid', (pem) => `subject=x\n${pem}`),
  written('text after the PEM', 'invalid', (pem) => `${pem}x\n`),
  written('PEM in lines of 76 characters', 'invalid', (pem) => {
    const [head = '', ...rest] = pem.trimEnd().split('\n');
    const body = rest.slice(0, -1).join('').replace(/.{76}/g, '$&\n');
    return [head, body, rest.at(-1), ''].join('\n');
  }),
  written('PEM with headers', 'invalid', (pem) => pem.replace('\n', '\nrole: root\n\n')),
  written('a private key label', 'invalid', (pem) => pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')),
  written('no PEM at all', 'invalid', () => 'certificate'),
  written('an empty certificate', 'invalid', () => ''),
];

export const certificates: readonly Chapter[] = [
  { title: 'Names in root certificates', cases: names },
  { title: 'Validity of root certificates', cases: validity },
  { title: 'Kinds of root certificates', cases: kinds },
  { title: 'Certificate bundles', cases: bundles },
  { title: 'How certificates are written', cases: text },
];
