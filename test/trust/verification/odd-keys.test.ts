/** Keys that nobody here knows: never more than a typed error, wherever they stand. */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isTrustError } from '../../../src/errors.js';
import { publicKeyOf, publicKeyFromCertificates } from '../../../src/trust/metadata/keys.js';
import { listTags, signingRoles, signersOf } from '../../../src/trust/verification/index.js';
import { dockerLikeRepository, gun, trustFiles } from '../repository-builder.js';
import { ecdsaKey, makeCertificate, withPublicKey, type TestKey } from '../test-keys.js';

/** A certificate for P-256 whose curve is then renamed to one that does not exist. */
function unknownCurve(commonName: string): TestKey {
  const key = ecdsaKey();
  const der = makeCertificate(key, { commonName });
  const curve = Buffer.from('06082a8648ce3d030107', 'hex');
  const renamed = Buffer.from(der);
  renamed[renamed.indexOf(curve) + curve.length - 1] = 0x7f;
  const pem = Buffer.from(encodePem(renamed), 'latin1');
  return withPublicKey(key, publicKeyOf('ecdsa-x509', pem));
}

function raw(keytype: string, der: Buffer): TestKey {
  return withPublicKey(ecdsaKey(), publicKeyOf(keytype, der));
}
const spkiOf = ({ publicKey }: KeyPairKeyObjectResult) =>
  publicKey.export({ type: 'spki', format: 'der' });

const odd: readonly (readonly [string, () => TestKey])[] = [
  ['a certificate with an unknown curve', () => unknownCurve(gun)],
  ['a key of Ed448', () => raw('ecdsa', spkiOf(generateKeyPairSync('ed448')))],
  ['a key of X25519', () => raw('ecdsa', spkiOf(generateKeyPairSync('x25519')))],
  ['a key on secp256k1', () => ecdsaKey('secp256k1')],
  [
    'a key for RSA-PSS only',
    () => raw('rsa', spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))),
  ],
  ['no key at all', () => raw('ecdsa', Buffer.from('nothing'))],
  ['a certificate that is none', () => raw('rsa-x509', Buffer.from('nothing'))],
  [
    'a certificate of another kind of key',
    () => withPublicKey(ecdsaKey(), publicKeyOf('rsa-x509', pemOfCertificate())),
  ],
];

function pemOfCertificate(): Buffer {
  const { keyval } = publicKeyFromCertificates([makeCertificate(ecdsaKey(), { commonName: gun })]);
  return Buffer.from(keyval.public, 'base64');
}

function encodePem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Reads it and asks all that commands ask. */
function look(files: Parameters<typeof trustFiles>[0]): 'fine' | 'refused' {
  try {
    const view = trustFiles(files);
    listTags(view);
    signersOf(view);
    signingRoles(view, ['ab'.repeat(32)], '1.0');
    return 'fine';
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return 'refused';
  }
}

describe.each(odd)('%s', (_, make) => {
  it.each(['root', 'targetsRole', 'snapshot', 'timestamp'] as const)(
    'as the only key of %s is a refusal',
    (role) => {
      const repository = dockerLikeRepository();
      repository[role].keys = [make()];
      expect(look(repository.build())).toBe('refused');
    },
  );

  it('beside a good key of the root does no harm', () => {
    const repository = dockerLikeRepository();
    repository.root.keys = [...repository.root.keys, make()];
    expect(look(repository.build())).toBe('fine');
  });

  it('of a delegation is never more than a refusal', () => {
    const repository = dockerLikeRepository();
    repository.delegate('targets/odd', { keys: [make()] });
    expect(['fine', 'refused']).toContain(look(repository.build()));
  });
});
