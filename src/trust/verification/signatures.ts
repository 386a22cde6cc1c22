/** Counts valid signatures against a role (theupdateframework/notary tuf/signed/verify.go). */
import { limits } from '../../limits.js';
import {
  keyIdOf,
  MetadataError,
  getOwnProperty,
  verifySignature,
  type Envelope,
  type KeyId,
  type PublicKey,
} from '../metadata/index.js';
import { SignatureBudget } from './budget.js';

/** Who may sign, and how many must. */
export interface RoleThreshold {
  readonly keyids: readonly KeyId[];
  readonly threshold: number;
}

/** The outcome of a count. */
export interface SignatureCount {
  readonly valid: readonly KeyId[];
  readonly isEnough: boolean;
  /** The rule for messages, worded like Docker's, with the numbers. */
  readonly rule: string;
}

/**
 * Counts the keys of `role` with a valid signature in `envelope`. A key counts once, however often
 * it signed; unknown keys, unknown methods and bad signatures are passed over. Two certificates
 * around one private key count as two, as in Notary. Departure: of many signatures of one key only
 * the first few are looked at. @throws {MetadataError} when there is no signature at all, a key is
 * listed under an ID that is not its own, or `budget` is spent.
 */
export function countSignatures(
  envelope: Envelope,
  role: RoleThreshold,
  keys: Readonly<Record<KeyId, PublicKey>>,
  budget = new SignatureBudget(),
): SignatureCount {
  if (envelope.signatures.length === 0) throw new MetadataError('it has no signatures');
  const valid = new Set<KeyId>();
  const listed = new Set(role.keyids);
  const tries = new Map<KeyId, number>();
  for (const { keyid, method, sig } of envelope.signatures) {
    const key = getOwnProperty(keys, keyid);
    const tried = tries.get(keyid) ?? 0;
    if (key === undefined || !listed.has(keyid) || valid.has(keyid)) continue;
    if (tried >= limits.signaturesPerKey) continue;
    tries.set(keyid, tried + 1);
    budget.take(envelope.canonical.length);
    if (tried === 0 && keyIdOf(key) !== keyid) {
      throw new MetadataError(`the key ID ${keyid} is not valid for its key`);
    }
    if (verifySignature(key, method, envelope.canonical, Buffer.from(sig, 'base64'))) {
      valid.add(keyid);
    }
  }
  return {
    valid: [...valid],
    isEnough: role.threshold >= 1 && valid.size >= role.threshold,
    rule: `valid signatures did not meet its threshold: ${valid.size} of ${role.threshold}`,
  };
}
