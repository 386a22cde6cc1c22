import { describe, expect, it } from 'vitest';
import { isTrustError } from '../../../src/errors.js';
import {
  TrustedCollection,
  verifyRootChain,
  type Pin,
  type VerificationOptions,
} from '../../../src/trust/verification/index.js';
import { fileOf, gun, inDays, now, RepositoryBuilder, trustFiles } from '../repository-builder.js';
import {
  ecdsaKey,
  ed25519Key,
  makeCertificate,
  rootKey,
  rsaKey,
  sha256Hex,
  withCertificates,
  withPublicKey,
  type TestKey,
} from '../test-keys.js';
import { expectRefusal } from './expect-refusal.js';

function only(repository: RepositoryBuilder): Buffer {
  return fileOf(repository.build(), 'root');
}

function verify(chain: readonly Buffer[], options: Partial<VerificationOptions> = {}): number {
  return verifyRootChain(chain, { gun, now, ...options }).signed.version;
}

/** Versions 1 to `length`, each with a new key signed for by the one before. */
function rotations(length: number): Buffer[] {
  const repository = new RepositoryBuilder();
  const chain = [only(repository)];
  while (chain.length < length) {
    repository.rotateRoot();
    chain.push(only(repository));
  }
  return chain;
}

describe('a chain of roots', () => {
  const [one, two, three, four] = rotations(4) as [Buffer, Buffer, Buffer, Buffer];

  it('is followed link by link', () => {
    expect(verify([one, two, three, four])).toBe(4);
  });

  it('breaks where an intermediate is missing', () => {
    expectRefusal(() => verify([one, three]), 'TRUST_DATA_INVALID', /root: it is not signed by/);
    expectRefusal(() => verify([one, two, four]), 'TRUST_DATA_INVALID', /trusted before/);
  });

  it('does not go back', () => {
    expectRefusal(() => verify([two, one]), 'TRUST_DATA_INVALID', /root: /);
    const repository = new RepositoryBuilder();
    repository.root.version = 5;
    const newer = only(repository);
    repository.root.version = 4;
    const rule = /root: version 4 is lower than the version 5 seen before \(rollback\)/;
    expectRefusal(() => verify([newer, only(repository)]), 'TRUST_DATA_INVALID', rule);
  });

  it('does not fork', () => {
    const repository = new RepositoryBuilder();
    const first = only(repository);
    expect(verify([first, first])).toBe(1);
    repository.root.expires = inDays(1);
    const rule = /root: version 1 differs from the one seen before \(fork\)/;
    expectRefusal(() => verify([first, only(repository)]), 'TRUST_DATA_INVALID', rule);
  });

  it('may skip versions that the old key signed directly', () => {
    const repository = new RepositoryBuilder();
    const first = only(repository);
    repository.root.version = 7;
    expect(verify([first, only(repository)])).toBe(7);
  });

  it('may not skip or repeat a version on the way, whoever signed it', () => {
    const repository = new RepositoryBuilder();
    const first = only(repository);
    repository.root.version = 3;
    const third = only(repository);
    repository.root.version = 4;
    const last = only(repository);
    const skipped = /root: version 3 is in the place of version 2/;
    expectRefusal(() => verify([first, third, last]), 'TRUST_DATA_INVALID', skipped);
    const repeated = /root: version 1 is in the place of version 2/;
    expectRefusal(() => verify([first, first, last]), 'TRUST_DATA_INVALID', repeated);
    expect(verify([first, last])).toBe(4);
  });

  it('needs the old signature and the new one', () => {
    const repository = new RepositoryBuilder();
    const [old] = repository.root.keys as [TestKey];
    const first = only(repository);
    repository.rotateRoot();
    const [fresh] = repository.root.keys as [TestKey];
    const newOnly = fileOf(repository.build({ signers: { root: [fresh] } }), 'root');
    const oldOnly = fileOf(repository.build({ signers: { root: [old] } }), 'root');
    expect(verify([first, only(repository)])).toBe(2);
    expectRefusal(() => verify([first, newOnly]), 'TRUST_DATA_INVALID', /trusted before/);
    expectRefusal(() => verify([first, oldOnly]), 'TRUST_DATA_INVALID', /threshold: 0 of 1/);
    expect(verify([newOnly])).toBe(2);
  });

  it('asks for the old threshold and for the new one', () => {
    const repository = new RepositoryBuilder();
    const keys = [rootKey(gun), rootKey(gun), rootKey(gun)] as const;
    repository.root.keys = [...keys];
    repository.root.threshold = 2;
    const first = only(repository);
    const fresh = rootKey(gun);
    repository.rotateRoot(fresh);
    repository.root.threshold = 1;
    const signedBy = (...signers: TestKey[]): Buffer =>
      fileOf(repository.build({ signers: { root: signers } }), 'root');
    expect(verify([first, signedBy(fresh, keys[0], keys[2])])).toBe(2);
    const rule = /root: it is not signed by the threshold of the root trusted before/;
    expectRefusal(() => verify([first, signedBy(fresh, keys[0])]), 'TRUST_DATA_INVALID', rule);
    expectRefusal(
      () => verify([first, signedBy(keys[0], keys[1])]),
      'TRUST_DATA_INVALID',
      /root: valid signatures did not meet its threshold: 0 of 1/,
    );
  });

  it('may contain expired roots and certificates, but not end with one', () => {
    const repository = new RepositoryBuilder();
    repository.root.keys = [rootKey(gun, { notAfter: inDays(-10) })];
    repository.root.expires = inDays(-5);
    const first = only(repository);
    repository.rotateRoot();
    repository.root.expires = inDays(5);
    expect(verify([first, only(repository)])).toBe(2);
    expectRefusal(() => verify([first]), 'TRUST_DATA_EXPIRED', /certificate .*expired on/);
    repository.root.expires = inDays(-1);
    const rule = /root expired at 2026-11-23T12:00:00.000Z/;
    expectRefusal(() => verify([first, only(repository)]), 'TRUST_DATA_EXPIRED', rule);
  });

  it('tells which roots to fetch before one can be accepted', () => {
    const collection = new TrustedCollection({ gun, now });
    expect(collection.rootsBefore(four)).toEqual([]);
    collection.acceptRoot(one, { intermediate: true });
    expect(collection.rootsBefore(two)).toEqual([]);
    expect(collection.rootsBefore(four)).toEqual([2, 3]);
    const rule = /root: the file is not valid JSON/;
    const garbage = (): unknown => collection.rootsBefore(Buffer.from('x'));
    expectRefusal(garbage, 'TRUST_DATA_INVALID', rule);
  });

  it('is not followed over more rotations than the limit', () => {
    const stranger = new RepositoryBuilder();
    stranger.root.version = 5000;
    const collection = new TrustedCollection({ gun, now });
    collection.acceptRoot(one);
    const rule = /more than 1024 rotations ahead of version 1/;
    const far = (): unknown => collection.rootsBefore(only(stranger));
    expectRefusal(far, 'TRUST_DATA_INVALID', rule);
  });

  it('leaves the state alone when a root is refused', () => {
    const collection = new TrustedCollection({ gun, now });
    collection.acceptRoot(one);
    expect(() => {
      collection.acceptRoot(four);
    }).toThrow();
    expect(collection.root?.signed.version).toBe(1);
    collection.acceptRoot(two);
    expect(collection.root?.signed.version).toBe(2);
  });
});

describe('the certificate of a root', () => {
  function verifyWith(key: TestKey, options: Partial<VerificationOptions> = {}): number {
    const repository = new RepositoryBuilder();
    repository.root.keys = [key];
    return verify([only(repository)], options);
  }

  it.each([
    ['another name', { commonName: 'contoso.azurecr.io/team/other' }, /common name is ".*other"/],
    ['no name', { commonName: '' }, /common name is ""/],
    ['a wildcard for everything', { commonName: '*' }, /common name is "\*"/],
    ['a wildcard prefix', { commonName: 'contoso.azurecr.io/*' }, /common name is "contoso/],
    ['a CA', { isCa: true }, /it is a CA certificate/],
    ['SHA-1', { hash: 'sha1' }, /signed with SHA-1/],
    [
      'an inverted validity',
      { notBefore: inDays(2), notAfter: inDays(1) },
      /ends before it begins/,
    ],
  ] as const)('is refused with %s', (_case, options, rule) => {
    expectRefusal(() => verifyWith(rootKey(gun, options)), 'TRUST_DATA_INVALID', rule);
  });

  it('is refused after its end, and a day before its beginning', () => {
    const past = rootKey(gun, { notAfter: inDays(-1) });
    expectRefusal(() => verifyWith(past), 'TRUST_DATA_EXPIRED', /it expired on 2026-11-23/);
    const future = rootKey(gun, { notBefore: inDays(2), notAfter: inDays(9) });
    expectRefusal(() => verifyWith(future), 'TRUST_DATA_EXPIRED', /not valid before 2026-11-26/);
    expect(verifyWith(rootKey(gun, { notBefore: inDays(0.9), notAfter: inDays(9) }))).toBe(1);
    expect(verifyWith(past, { expiry: 'report' })).toBe(1);
  });

  it('may stand for several names only when that is allowed', () => {
    const allowed = { allowWildcardCertificates: true };
    expect(verifyWith(rootKey(gun, { commonName: '*' }), allowed)).toBe(1);
    expect(verifyWith(rootKey(gun, { commonName: 'contoso.azurecr.io/team/*' }), allowed)).toBe(1);
    const other = rootKey(gun, { commonName: 'fabrikam.azurecr.io/*' });
    expectRefusal(() => verifyWith(other, allowed), 'TRUST_DATA_INVALID', /common name/);
  });

  it('may hold an RSA key of 2048 bits, not of 1024', () => {
    expect(verifyWith(rootKey(gun, { key: rsaKey(2048) }))).toBe(1);
    const short = rootKey(gun, { key: rsaKey(1024) });
    expectRefusal(() => verifyWith(short), 'TRUST_DATA_INVALID', /RSA key is shorter than 2048/);
  });

  it('must be there: bare keys are no root keys', () => {
    const rule = /it is a bare ecdsa key, not a certificate/;
    expectRefusal(() => verifyWith(ecdsaKey()), 'TRUST_DATA_INVALID', rule);
    expectRefusal(() => verifyWith(ed25519Key()), 'TRUST_DATA_INVALID', /bare ed25519 key/);
  });

  it.each([
    ['CRLF', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['text before it', (pem: string) => `subject=app\n${pem}`],
    ['no final newline', (pem: string) => pem.trimEnd()],
    ['other line lengths', (pem: string) => pem.replace(/(\w)\n(\w)/, '$1$2')],
    ['nothing readable', () => 'hello'],
  ])('must be in the layout Go prints: refused with %s', (_case, change) => {
    const key = rootKey(gun);
    const pem = Buffer.from(key.publicKey.keyval.public, 'base64').toString('latin1');
    const changed = Buffer.from(change(pem)).toString('base64');
    const keyval = { private: null, public: changed };
    const odd = withPublicKey(key, { ...key.publicKey, keyval });
    const rule = /the certificate is not PEM in the layout Go prints/;
    expectRefusal(() => verifyWith(odd), 'TRUST_DATA_INVALID', rule);
  });

  it('may come with its CA, but not with a second leaf, an expired or a weak CA', () => {
    const [key, ca] = [ecdsaKey(), ecdsaKey()];
    const issuer = { key: ca, commonName: 'CA' };
    const leaf = makeCertificate(key, { commonName: gun, issuer });
    const caOptions = { commonName: 'CA', isCa: true };
    const withChain = (...chain: Buffer[]): TestKey => withCertificates(key, [leaf, ...chain]);
    expect(verifyWith(withChain(makeCertificate(ca, caOptions)))).toBe(1);
    const second = withChain(makeCertificate(ecdsaKey(), { commonName: gun }));
    expectRefusal(() => verifyWith(second), 'TRUST_DATA_INVALID', /more than one certificate/);
    const old = withChain(makeCertificate(ca, { ...caOptions, notAfter: inDays(-1) }));
    expectRefusal(() => verifyWith(old), 'TRUST_DATA_EXPIRED', /intermediate "CA" has expired/);
    const weak = withChain(makeCertificate(ca, { ...caOptions, hash: 'sha1' }));
    const rule = /intermediate "CA" is signed with SHA-1/;
    expectRefusal(() => verifyWith(weak), 'TRUST_DATA_INVALID', rule);
  });
});

describe('a pin', () => {
  const repository = new RepositoryBuilder();
  const [key] = repository.root.keys as [TestKey];
  const files = repository.build();
  const certificate = Buffer.from(key.publicKey.keyval.public, 'base64').toString('latin1');
  const der = Buffer.from(certificate.replace(/-----.*-----|\n/g, ''), 'base64');
  const right: readonly (readonly [string, Pin])[] = [
    ['the TUF ID', { kind: 'key-id', keyId: key.keyId }],
    ['the canonical ID', { kind: 'key-id', keyId: key.canonicalId.toUpperCase() }],
    ['the certificate fingerprint', { kind: 'certificate-sha256', fingerprint: sha256Hex(der) }],
    [
      'the fingerprint as OpenSSL prints it',
      {
        kind: 'certificate-sha256',
        fingerprint: sha256Hex(der)
          .toUpperCase()
          .replace(/(..)(?=.)/g, '$1:'),
      },
    ],
  ];
  const wrong: readonly (readonly [string, Pin])[] = [
    ['another key ID', { kind: 'key-id', keyId: 'ab'.repeat(32) }],
    ['another fingerprint', { kind: 'certificate-sha256', fingerprint: 'ab'.repeat(32) }],
    [
      'another CA',
      { kind: 'ca', pem: pemOf(makeCertificate(ecdsaKey(), { commonName: 'CA', isCa: true })) },
    ],
  ];

  const names = { keyId: key.canonicalId, dockerId: key.keyId };

  it.each(right)('accepts %s and says so', (_case, pin) => {
    const view = trustFiles(files, { pins: [pin] });
    expect(view.pinnedBy).toEqual({ kind: 'pin', pin, rootKey: names });
  });

  it.each(wrong)('refuses %s', (_case, pin) => {
    const rule = new RegExp(
      `root: expected .*, found key ID ${key.canonicalId} \\(Docker's ID: ${key.keyId}\\)`,
    );
    expectRefusal(() => trustFiles(files, { pins: [pin] }), 'TRUST_PIN_MISMATCH', rule);
  });

  it('suffices when any one of several matches', () => {
    const pins = [...wrong, ...right.slice(0, 1)].map(([, pin]) => pin);
    expect(trustFiles(files, { pins }).pinnedBy).toMatchObject({ pin: pins.at(-1) });
  });

  it('is recorded as first use where there is none', () => {
    expect(trustFiles(files).pinnedBy).toEqual({ kind: 'first-use', rootKeys: [names] });
  });

  it('counts only signatures of pinned keys', () => {
    const two = new RepositoryBuilder();
    const [first, second] = [rootKey(gun), rootKey(gun)];
    two.root.keys = [first, second];
    two.root.threshold = 2;
    const pins: Pin[] = [{ kind: 'key-id', keyId: first.keyId }];
    const rule = /root: of the pinned keys, .*threshold: 1 of 2/;
    expectRefusal(() => trustFiles(two.build(), { pins }), 'TRUST_DATA_INVALID', rule);
    pins.push({ kind: 'key-id', keyId: second.keyId });
    expect(trustFiles(two.build(), { pins }).pinnedBy.kind).toBe('pin');
  });

  it('on an old root key is not met by a rotation, however it was read', () => {
    const chain = rotations(3);
    const old = JSON.parse(String(chain[0])) as {
      signed: { roles: { root: { keyids: string[] } } };
    };
    const pins: Pin[] = [{ kind: 'key-id', keyId: old.signed.roles.root.keyids[0] ?? '' }];
    for (const some of [chain, chain.slice(1), chain.slice(2)]) {
      expectRefusal(() => verify(some, { pins }), 'TRUST_PIN_MISMATCH', /root: expected/);
    }
    expect(verify(chain.slice(0, 1), { pins })).toBe(1);
  });

  it('is checked against the earlier state too', () => {
    const earlier = trustFiles(files);
    const pins: Pin[] = [{ kind: 'key-id', keyId: 'ab'.repeat(32) }];
    const rule = /expected key ID abab/;
    expectRefusal(() => trustFiles(files, { pins, earlier }), 'TRUST_PIN_MISMATCH', rule);
    const [, good] = right[0] ?? [];
    const view = trustFiles(files, { pins: good === undefined ? [] : [good], earlier });
    expect(view.pinnedBy.kind).toBe('pin');
  });

  it.each([
    [{ kind: 'key-id', keyId: 'abc' }, /key ID is not 64 hex digits/],
    [{ kind: 'certificate-sha256', fingerprint: '' }, /fingerprint is not 64 hex digits/],
    [{ kind: 'ca', pem: 'no pem' }, /no PEM certificate/],
    [{ kind: 'ca', pem: pemOf(Buffer.from('junk')) }, /cannot be read/],
  ] as const)('that cannot match anything is an error of input', (pin, rule) => {
    try {
      new TrustedCollection({ gun, now, pins: [pin] });
      expect.unreachable();
    } catch (error) {
      expect(isTrustError(error, 'INPUT_INVALID')).toBe(true);
      expect(String(error)).toMatch(rule);
    }
  });
});

describe('a CA pin', () => {
  const [leafKey, middleKey, caKey] = [ecdsaKey(), ecdsaKey(), rsaKey()];
  const ca = { commonName: 'Contoso CA', isCa: true };
  const middle = { commonName: 'Contoso Signing', isCa: true };
  const byCa = { issuer: { key: caKey, commonName: ca.commonName } };
  const byMiddle = { issuer: { key: middleKey, commonName: middle.commonName } };

  function check(chain: Buffer[], caCertificate = makeCertificate(caKey, ca)): unknown {
    const repository = new RepositoryBuilder();
    repository.root.keys = [withCertificates(leafKey, chain)];
    const pins: Pin[] = [{ kind: 'ca', pem: `CA of Contoso\n${pemOf(caCertificate)}` }];
    return trustFiles(repository.build(), { pins }).pinnedBy.kind;
  }
  const direct = makeCertificate(leafKey, { commonName: gun, ...byCa });
  const indirect = makeCertificate(leafKey, { commonName: gun, ...byMiddle });
  const middleCa = makeCertificate(middleKey, { ...middle, ...byCa });

  it('accepts a root certificate it issued, directly or through the bundled intermediate', () => {
    expect(check([direct])).toBe('pin');
    expect(check([indirect, middleCa])).toBe('pin');
  });

  it.each([
    ['no intermediate', [indirect], undefined],
    ['a self-signed leaf', [makeCertificate(leafKey, { commonName: gun })], undefined],
    ['a CA that has expired', [direct], makeCertificate(caKey, { ...ca, notAfter: inDays(-1) })],
    ['a CA of the same name', [direct], makeCertificate(rsaKey(), ca)],
    ['an issuer that is no CA', [direct], makeCertificate(caKey, { ...ca, isCa: false })],
    [
      'a path length of none',
      [indirect, middleCa],
      makeCertificate(caKey, { ...ca, pathLength: 0 }),
    ],
    [
      'a forged intermediate',
      [
        indirect,
        makeCertificate(middleKey, {
          ...middle,
          issuer: { key: ecdsaKey(), commonName: ca.commonName },
        }),
      ],
      undefined,
    ],
  ])('refuses %s', (_case, chain, caCertificate) => {
    const rule = /expected a certificate under "Contoso CA"/;
    expectRefusal(() => check(chain, caCertificate), 'TRUST_PIN_MISMATCH', rule);
  });
});

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}
