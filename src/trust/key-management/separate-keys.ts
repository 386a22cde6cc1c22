/** Keeps the root key apart from all others. Pure. */
import { TrustError } from '../../errors.js';
import { isDelegation, type KeyId, type RoleName } from '../metadata/index.js';
import type { TrustedView } from '../verification/index.js';
import { rolesWithKeys } from './key-usage.js';

/** Why the root key must not be another role's key as well. */
export const separateKeys =
  'Whoever holds the root key can replace every other key. Give two keys, the root key in a vault that pipelines cannot reach.';

/**
 * The root key must not be another role's key: whoever signs every day could then replace all keys.
 * @param name of the key that `role` is to get, for the message.
 * @throws {TrustError} KEY_CONFLICT
 */
export function requireSeparateKey(
  view: TrustedView,
  role: RoleName,
  keyId: KeyId,
  name: string,
): void {
  const listing = rolesWithKeys(view, [keyId]);
  const isShared =
    role === 'root'
      ? listing.some((other) => other === 'targets' || isDelegation(other))
      : listing.includes('root');
  if (!isShared) return;
  throw new TrustError(
    'KEY_CONFLICT',
    role === 'root'
      ? `${name} signs the tags of ${view.gun}, and was to become its root key.`
      : `${name} is the root key of ${view.gun}, and was to become the key of ${role}.`,
    { remedy: separateKeys },
  );
}
