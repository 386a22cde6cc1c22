/** A pin demands signatures of pinned keys, wherever the root comes from and whatever it lists. */
import { describe, expect, it } from 'vitest';
import { TrustedCollection, type Pin } from '../../../src/trust/verification/index.js';
import {
  fileOf,
  gun,
  now,
  RepositoryBuilder,
  trustFiles,
  type Files,
} from '../repository-builder.js';
import {
  ecdsaKey,
  makeCertificate,
  rootKey,
  sha256Hex,
  withCertificates,
  type TestKey,
} from '../test-keys.js';
import { expectRefusal } from './expect-refusal.js';

const authority = ecdsaKey();
const ca = { commonName: 'Contoso CA' };
const ownKey = ecdsaKey();
const certificate = makeCertificate(ownKey, {
  commonName: gun,
  issuer: { key: authority, ...ca },
});
const own = withCertificates(ownKey, [certificate]);
const attacker = rootKey(gun);

const pins: readonly (readonly [string, Pin])[] = [
  ['the key ID', { kind: 'key-id', keyId: own.canonicalId }],
  ['the ID that Docker shows', { kind: 'key-id', keyId: own.keyId }],
  [
    'the fingerprint of the certificate',
    { kind: 'certificate-sha256', fingerprint: sha256Hex(certificate) },
  ],
  ['the authority', { kind: 'ca', pem: pemOf(makeCertificate(authority, { ...ca, isCa: true })) }],
];

/** A repository whose root lists `keys`, any one of which suffices, and was signed by `signers`. */
function repositoryOf(keys: TestKey[], version = 1) {
  const repository = new RepositoryBuilder();
  repository.root.keys = keys;
  repository.root.version = version;
  repository.timestamp.version = version;
  repository.snapshot.version = version;
  return repository;
}
type Versions = (version?: number) => Files;

/** Its files by version, each made once. */
function made(build: (version: number) => Files): Versions {
  const known = new Map<number, Files>();
  return (version = 1) => {
    const files = known.get(version) ?? build(version);
    known.set(version, files);
    return files;
  };
}
const signedBy = (keys: TestKey[], signers: readonly TestKey[]): Versions =>
  made((version) => repositoryOf(keys, version).build({ signers: { root: signers } }));

const genuine = signedBy([own], [own]);
const genuineOfTwo = signedBy([attacker, own], [own]);
const forged = signedBy([attacker, own], [attacker]);
const foreign = signedBy([attacker], [attacker]);
const ofBoth = signedBy([own], [attacker, own]);
const halfPinned = made((version) => {
  const repository = repositoryOf([attacker, own], version);
  repository.root.threshold = 2;
  return repository.build();
});

type Source = (files: Versions, pin: readonly Pin[]) => unknown;

const kept = (files: Files) => trustFiles(files);
const sources: readonly (readonly [string, Source])[] = [
  ['fetched', (files, pin) => trustFiles(files(), { pins: pin })],
  [
    'kept from an earlier run',
    (files, pin) => {
      const same = files();
      return trustFiles(same, { pins: pin, earlier: kept(same) });
    },
  ],
  [
    'kept from an earlier run, with no other fetched',
    (files, pin) => {
      const earlier = { root: kept(files()).root };
      const collection = new TrustedCollection({ gun, now, pins: pin, earlier });
      return collection.anchoredRoot();
    },
  ],
  [
    'a successor of the one kept from an earlier run',
    (files, pin) => trustFiles(files(2), { pins: pin, earlier: kept(files(1)) }),
  ],
  [
    'the last of several',
    (files, pin) => {
      const collection = new TrustedCollection({ gun, now, pins: pin });
      collection.acceptRoot(fileOf(files(1), 'root'), { intermediate: true });
      collection.acceptRoot(fileOf(files(2), 'root'));
      return collection.anchoredRoot();
    },
  ],
];

describe.each(sources)('a root that was %s', (_source, read) => {
  describe.each(pins)('with %s as the pin', (_pin, pin) => {
    it('is accepted when the pinned key signed it', () => {
      expect(read(genuine, [pin])).toBeDefined();
      expect(read(genuineOfTwo, [pin])).toBeDefined();
    });

    it('is refused when it only lists the pinned key', () => {
      const rule = /root: of the pinned keys, .*threshold: 0 of 1/;
      expectRefusal(() => read(forged, [pin]), 'TRUST_DATA_INVALID', rule);
    });

    it('is refused when pinned keys are fewer than its threshold', () => {
      const rule = /root: of the pinned keys, .*threshold: 1 of 2/;
      expectRefusal(() => read(halfPinned, [pin]), 'TRUST_DATA_INVALID', rule);
    });

    it('is refused when it does not know the pinned key', () => {
      expectRefusal(() => read(foreign, [pin]), 'TRUST_PIN_MISMATCH', /root: expected/);
    });
  });
});

describe('a root that a forged one in the cache leads to', () => {
  const earlier = trustFiles(forged());

  it.each(pins)('is refused with %s as the pin unless the pinned key signed it', (_, pin) => {
    expect(trustFiles(ofBoth(2), { earlier, pins: [pin] }).pinnedBy.kind).toBe('pin');
    const more = () => trustFiles(forged(2), { earlier, pins: [pin] });
    expectRefusal(more, 'TRUST_DATA_INVALID', /of the pinned keys/);
    const other = () => trustFiles(genuine(), { earlier, pins: [pin] });
    expectRefusal(other, 'TRUST_DATA_INVALID', /root: version 1 differs/);
  });
});

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}
