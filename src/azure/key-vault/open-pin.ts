/** Opens pins of a root: reads their files, and asks vaults for their keys. */
import type { PinReference } from '../../signing/index.js';
import type { Pin } from '../../trust/verification/index.js';
import type { VaultOptions } from './call.js';
import type { VaultAccess } from './named-key.js';
import { openVaultKey } from './open-vault-key.js';

/** Opens pins. @throws {TrustError} as openVaultKey, and what reading a file throws. */
export function resolvePins(
  pins: readonly PinReference[],
  azure: VaultAccess,
  run: VaultOptions,
): Promise<readonly Pin[]> {
  return Promise.all(pins.map((pin) => resolvePin(pin, azure, run)));
}

/** Opens pins that are each for some repositories. @throws {TrustError} as {@link resolvePins}. */
export function resolveScopedPins<S>(
  pins: readonly { readonly pattern: S; readonly pin: PinReference }[],
  azure: VaultAccess,
  run: VaultOptions,
): Promise<readonly { readonly pattern: S; readonly pin: Pin }[]> {
  return Promise.all(
    pins.map(async ({ pattern, pin }) => ({ pattern, pin: await resolvePin(pin, azure, run) })),
  );
}

async function resolvePin(
  pin: PinReference,
  { credential }: VaultAccess,
  run: VaultOptions,
): Promise<Pin> {
  switch (pin.kind) {
    case 'key-id':
    case 'certificate-sha256':
    case 'ca':
      return pin;
    case 'file':
      return pin.read();
    case 'vault-key': {
      const { keyId } = await openVaultKey(pin.reference, credential, run);
      // The canonical ID names the raw key, whatever certificate the root carries.
      return { kind: 'key-id', keyId };
    }
  }
}
