/** What the roots of repositories are held to while their root key changes. Pure. */
import type { SignerInfo, Pin } from '../../../trust/index.js';

/**
 * The pins for a rotation of the root key. The new key is one of them, because a second run may find it
 * in force although the pin still names the old one. And where every pin is the new key itself, as one
 * that follows the newest version of a Key Vault key is by then, whoever holds the present root key
 * vouches for it.
 */
export function pinsForRoot(
  pins: readonly Pin[],
  newKey: SignerInfo | undefined,
  availableKeys: readonly SignerInfo[],
): readonly Pin[] {
  if (pins.length === 0 || !newKey) return pins;
  const pinOf = ({ keyId }: SignerInfo): Pin => ({ kind: 'key-id', keyId });
  const isAhead = pins.every((pin) => pin.kind === 'key-id' && pin.keyId === newKey.keyId);
  return [...pins, pinOf(newKey), ...(isAhead ? availableKeys.map(pinOf) : [])];
}
