/**
 * Makes the bytes of a signed file. Every signature is checked with the public key before it can
 * leave: a vault that signs with another version of the key is found here, not by the users.
 */
import { TrustError } from '../../errors.js';
import {
  canonicalForm,
  MetadataError,
  serializeEnvelope,
  verifySignature,
} from '../metadata/index.js';
import type { RoleName, Signature, Signed } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import type { FileSigner } from './plan.js';

/**
 * Signs `signed` once with each key, and lists each signature under every ID of its key.
 * @throws {TrustError} TRUST_DATA_INVALID when Go could not print the document, KEY_UNSUITABLE when
 * a signature does not verify.
 */
export async function signFile(
  role: RoleName,
  signed: Signed,
  signedBy: readonly FileSigner[],
): Promise<Buffer> {
  const message = canonical(role, signed);
  const signatures = await Promise.all(
    signedBy.map(async ({ signer, keyIds }): Promise<readonly Signature[]> => {
      const sig = (await proven(role, message, signer)).toString('base64');
      return keyIds.map((keyid) => ({ keyid, method: signer.method, sig }));
    }),
  );
  return serializeEnvelope(signed, signatures.flat(), message);
}

async function proven(role: RoleName, message: Buffer, signer: Signer): Promise<Buffer> {
  const signature = await signer.sign(message);
  if (verifySignature(signer.publicKey, signer.method, message, signature)) return signature;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `the signature over ${role} by ${signer.description} does not verify with its public key`,
    { remedy: 'Check that the key reference names one fixed, enabled version of the key.' },
  );
}

function canonical(role: RoleName, signed: Signed): Buffer {
  try {
    return canonicalForm(signed);
  } catch (cause) {
    if (!(cause instanceof MetadataError)) throw cause;
    throw new TrustError('TRUST_DATA_INVALID', `${role} cannot be signed: ${cause.message}`, {
      remedy:
        'Remove the offending entry with the client that made it: with this entry signed, no Docker client could read the repository.',
      cause,
    });
  }
}
