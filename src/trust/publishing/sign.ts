/**
 * Makes the bytes of a signed file. Every signature is checked with the public key before it can
 * leave: a vault that signs with another version of the key is found here, not by the users.
 */
import { TrustError } from '../../errors.js';
import {
  canonicalForm,
  canonicalKeyIdOf,
  MetadataError,
  own,
  serializeEnvelope,
  verifySignature,
} from '../metadata/index.js';
import type { KeyId, PublicKey, RoleKeys, RoleName, Signed } from '../metadata/types.js';
import type { Signer } from '../signer.js';

/**
 * The IDs under which `role` lists the key `canonicalId`: its own, those of certificates for it, or
 * both. Keys that cannot be read are nobody's.
 */
export function keyIdsFor(
  role: RoleKeys,
  keys: Readonly<Record<KeyId, PublicKey>>,
  canonicalId: KeyId,
): readonly KeyId[] {
  return [...new Set(role.keyids)].filter((id) => {
    const key = own(keys, id);
    try {
      return key !== undefined && canonicalKeyIdOf(key) === canonicalId;
    } catch (error) {
      if (error instanceof MetadataError) return false;
      throw error;
    }
  });
}

/**
 * Signs `signed` once and lists the signature under each of `keyIds`.
 * @throws {TrustError} TRUST_DATA_INVALID when Go could not print the document, KEY_UNSUITABLE when
 * the signature does not verify.
 */
export async function signFile(
  role: RoleName,
  signed: Signed,
  signer: Signer,
  keyIds: readonly KeyId[],
): Promise<Buffer> {
  const message = canonical(role, signed);
  const signature = await signer.sign(message);
  if (!verifySignature(signer.publicKey, signer.method, message, signature)) {
    throw new TrustError(
      'KEY_UNSUITABLE',
      `the signature over ${role} by ${signer.description} does not verify with its public key`,
      { remedy: 'Check that the key reference names one fixed, enabled version of the key.' },
    );
  }
  const sig = signature.toString('base64');
  return serializeEnvelope(
    signed,
    keyIds.map((keyid) => ({ keyid, method: signer.method, sig })),
  );
}

function canonical(role: RoleName, signed: Signed): Buffer {
  try {
    return canonicalForm(signed);
  } catch (cause) {
    if (!(cause instanceof MetadataError)) throw cause;
    throw new TrustError('TRUST_DATA_INVALID', `${role} cannot be signed: ${cause.message}`, {
      remedy:
        'Remove the offending entry with the client that made it; signed like this, no Docker ' +
        'client could read the repository any more.',
      cause,
    });
  }
}
