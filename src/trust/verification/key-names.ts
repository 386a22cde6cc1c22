/**
 * What people call a key. One key has one name wherever it is printed: its canonical ID, which is
 * the name of Docker's key file and the same in every repository. Metadata lists a root key under
 * the ID of its certificate, another one in every repository; Docker shows that one.
 */
import {
  canonicalKeyIdOf,
  MetadataError,
  getOwnProperty,
  type Envelope,
  type KeyId,
  type PublicKey,
  type RoleName,
  type RootSigned,
} from '../metadata/index.js';

/** The names of one key of a role. */
export interface KeyName {
  /** The canonical ID; of a key that nobody can read, the ID under which it is listed. */
  readonly keyId: KeyId;
  /** What Docker shows instead, where that is another: the ID of its certificate. */
  readonly dockerId?: KeyId;
}

/** The names of `key`, which metadata lists under `id`. */
export function keyNameOf(id: KeyId, key: PublicKey | undefined): KeyName {
  const keyId = (key && canonicalIdOrNone(key)) ?? id;
  return keyId === id ? { keyId } : { keyId, dockerId: id };
}

/** The names of the keys that a root lists for a base role, each once. */
export function keyNamesOf(
  { signed: { keys, roles } }: Envelope<RootSigned>,
  role: RoleName,
): readonly KeyName[] {
  return [...new Set(getOwnProperty(roles, role)?.keyids)].map((id) =>
    keyNameOf(id, getOwnProperty(keys, id)),
  );
}

/** Keys in a sentence: `key ID 1f…` and, for who looks with Docker, what that calls it. */
export function describeKeys(names: readonly KeyName[]): string {
  if (names.length === 0) return 'no key';
  const each = names.map(({ keyId, dockerId }) =>
    dockerId === undefined ? keyId : `${keyId} (Docker's ID: ${dockerId})`,
  );
  return `key ID ${each.join(', ')}`;
}

/** Canonical IDs, sorted; a key that cannot be read has none and can sign nothing either. */
export function canonicalIds(keys: readonly PublicKey[]): readonly KeyId[] {
  return keys.flatMap((key) => canonicalIdOrNone(key) ?? []).sort();
}

/** The canonical ID of a key, or undefined when the key cannot be read. */
export function canonicalIdOrNone(key: PublicKey): KeyId | undefined {
  try {
    return canonicalKeyIdOf(key);
  } catch (error) {
    if (error instanceof MetadataError) return undefined;
    throw error;
  }
}
