/**
 * Judges a key as Key Vault describes it: may it sign Notary v1 metadata, and by which algorithm?
 * Decides before anything is built or signed; asks the vault nothing.
 */
import { createPublicKey } from 'node:crypto';

import type { JsonWebKey, KeyVaultKey } from '@azure/keyvault-keys';

import { TrustError } from '../../errors.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import {
  keyIdOf,
  minRsaBits,
  publicKeyFromSpki,
  type KeyId,
  type PublicKey,
} from '../../trust/metadata/index.js';
import { vaultFlagOf } from './wording.js';
import { disabled, failed } from './error-mapping.js';

/** A key that may sign. */
export interface VaultKeyMaterial {
  readonly algorithm: 'ES256' | 'PS256';
  readonly publicKey: PublicKey;
  /** The full key identifier, with its version. */
  readonly kid: string;
}

/**
 * Checks a key bundle.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_DISABLED, VAULT_FAILED (a malformed bundle)
 */
export function validateKey(
  bundle: KeyVaultKey,
  reference: VaultReference,
  now: Date,
): VaultKeyMaterial {
  const { key, id, properties, keyOperations } = bundle;
  const kid = id ?? '';
  if (key === undefined || !isKidOf(kid, reference)) {
    throw failed({ reference, action: 'get' }, 'its response does not identify the key');
  }
  const algorithm = algorithmOf(key, reference);
  assertUsable(properties, reference, now);
  if (keyOperations !== undefined && !keyOperations.includes('sign')) {
    throw unsuitable(
      reference,
      `it does not permit the operation "sign" (key_ops: ${keyOperations.join(', ') || 'none'})`,
      'Have the owner of the vault permit it:\n' +
        `az keyvault key set-attributes ${vaultFlagOf(reference)} --name ${reference.name} ` +
        '--ops sign verify',
    );
  }
  return { algorithm, publicKey: publicKeyOf(key, reference), kid };
}

/**
 * Refuses an object that is switched off or outside its dates.
 * @throws {TrustError} KEY_DISABLED
 */
export function assertUsable(
  {
    enabled,
    notBefore,
    expiresOn,
  }: {
    readonly enabled?: boolean;
    readonly notBefore?: Date;
    readonly expiresOn?: Date;
  },
  reference: VaultReference,
  now: Date,
): void {
  if (enabled === false) throw disabled(reference, 'it is disabled');
  if (notBefore !== undefined && now < notBefore) {
    throw disabled(reference, `it is not valid before ${notBefore.toISOString()}`);
  }
  if (expiresOn !== undefined && now >= expiresOn) {
    throw disabled(reference, `it expired on ${expiresOn.toISOString()}`);
  }
}

/** A kid with a version, in the vault we asked, and of the key we asked for. */
function isKidOf(kid: string, reference: VaultReference): boolean {
  if (!URL.canParse(kid)) return false;
  const { origin, pathname } = new URL(kid);
  const [, collection, name = '', version = '', ...rest] = pathname.split('/');
  if (origin !== reference.vaultUrl || collection !== 'keys' || rest.length > 0) return false;
  if (!/^[0-9a-f]{32}$/i.test(version)) return false;
  // The key of a certificate was asked for by the identifier in the certificate's own bundle.
  if (reference.kind !== 'vault-key') return true;
  return (
    name.toLowerCase() === reference.name.toLowerCase() &&
    (reference.version === undefined || reference.version === version.toLowerCase())
  );
}

function algorithmOf(key: JsonWebKey, reference: VaultReference): VaultKeyMaterial['algorithm'] {
  const kty = key.kty ?? 'unknown';
  if (kty === 'EC' || kty === 'EC-HSM') {
    if (key.crv === 'P-256') return 'ES256';
    throw unsuitable(
      reference,
      `it is an EC key on curve ${key.crv ?? 'unknown'}, for which Key Vault signs no SHA-256 digest ` +
        'that Notary accepts',
      createRemedy(reference, kty),
    );
  }
  if (kty === 'RSA' || kty === 'RSA-HSM') {
    const bits = bitsOf(key.n);
    if (bits >= minRsaBits) return 'PS256';
    throw unsuitable(reference, `it is an RSA key of ${bits} bits`, createRemedy(reference, kty));
  }
  throw unsuitable(reference, `it is a key of type ${kty}`, createRemedy(reference, kty));
}

function bitsOf(modulus: Uint8Array | undefined): number {
  const hex = Buffer.from(modulus ?? []).toString('hex');
  return hex === '' ? 0 : BigInt(`0x${hex}`).toString(2).length;
}

function publicKeyOf(key: JsonWebKey, reference: VaultReference): PublicKey {
  try {
    return publicHalfOf(key);
  } catch (cause) {
    throw failed({ reference, action: 'get' }, 'its public key is not valid', cause);
  }
}

/**
 * The public half of any EC or RSA key of a vault, fit to sign or not.
 * @throws {Error} from Node when the numbers or the curve are not what Node knows
 */
function publicHalfOf(key: JsonWebKey): PublicKey {
  const text = (bytes?: Uint8Array) => Buffer.from(bytes ?? []).toString('base64url');
  const jwk =
    key.crv === undefined
      ? { kty: 'RSA', n: text(key.n), e: text(key.e) }
      : { kty: 'EC', crv: key.crv, x: text(key.x), y: text(key.y) };
  const object = createPublicKey({ key: jwk, format: 'jwk' });
  return publicKeyFromSpki(object.export({ format: 'der', type: 'spki' }));
}

/** The key ID of whatever key is in a vault; undefined for one that content trust has no name for. */
export function keyIdOfBundle({ key }: KeyVaultKey): KeyId | undefined {
  if (key === undefined) return undefined;
  try {
    return keyIdOf(publicHalfOf(key));
  } catch {
    // A kind or curve that Node does not read: no key of ours is one.
    return undefined;
  }
}

/** Never the same name: a new version there would change the key under everyone who uses it. */
function createRemedy(reference: VaultReference, kty: string): string {
  const type = kty.endsWith('-HSM') ? 'EC-HSM' : 'EC';
  return (
    'Use an EC key on curve P-256 or an RSA key of 2048 bits or more. The owner of the vault makes one with:\n' +
    `az keyvault key create ${vaultFlagOf(reference)} --name ${reference.name.slice(0, 122)}-p256 ` +
    `--kty ${type} --curve P-256 --ops sign verify`
  );
}

function unsuitable(reference: VaultReference, why: string, remedy: string): TrustError {
  const message = `${formatKeyReference(reference)} cannot sign content trust data: ${why}`;
  return new TrustError('KEY_UNSUITABLE', message, { remedy });
}
