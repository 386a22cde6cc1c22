/** Pins on their way through a run: opened for verification, and named where people read of them. */
import { openVaultKey } from '../../azure/index.js';
import type { NameInput } from '../../inputs/index.js';
import type { Log } from '../../ports.js';
import {
  describeKeys,
  type KeyId,
  type KeyName,
  type Pin,
  type TrustedView,
} from '../../trust/index.js';
import type { Run } from '../context.js';
import type { PinReference } from '../inputs/pins.js';
import type { AzureAccess } from '../access/access.js';

/** Opens pins: reads files, and asks vaults for their keys. @throws {TrustError} */
export function resolvePins(
  pins: readonly PinReference[],
  azure: Pick<AzureAccess, 'credential'>,
  run: Pick<Run, 'signal' | 'clock'>,
): Promise<readonly Pin[]> {
  return Promise.all(pins.map((pin) => resolvePin(pin, azure, run)));
}

/** Opens one pin. @throws {TrustError} */
export async function resolvePin(
  pin: PinReference,
  { credential }: Pick<AzureAccess, 'credential'>,
  run: Pick<Run, 'signal' | 'clock'>,
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
      return pinOf(keyId);
    }
  }
}

/** The canonical ID names the raw key, whatever certificate the root carries. */
export function pinOf(keyId: KeyId): Pin {
  return { kind: 'key-id', keyId };
}

/** How the root came to be trusted, in a few words. */
export function describePin({ pinnedBy }: TrustedView): string {
  switch (pinnedBy.kind) {
    case 'pin':
      return `pinned by ${nameOfPin(pinnedBy.pin, pinnedBy.rootKey)}`;
    case 'earlier-root':
      return `following root version ${pinnedBy.version}`;
    case 'first-use':
      return notPinned;
  }
}

/** The pin that the root matched, as a report names it; undefined where none did. */
export function matchedPin(view: TrustedView | undefined): string | undefined {
  if (view?.pinnedBy.kind !== 'pin') return undefined;
  return nameOfPin(view.pinnedBy.pin, view.pinnedBy.rootKey);
}

/**
 * Warns of a root that nothing but first use vouches for. The ID it names is the server's word: only the
 * owner can say whether it is the one to pin.
 * @param isLeaving whether the run replaces the root key, so that pinning it is no advice.
 */
export function warnOfFirstUse(
  { gun, pinnedBy }: TrustedView,
  nameInput: NameInput,
  log: Log,
  isLeaving = false,
): void {
  if (pinnedBy.kind !== 'first-use') return;
  const { rootKeys } = pinnedBy;
  const dockerIds = rootKeys.flatMap(({ dockerId }) => dockerId ?? []);
  const docker = dockerIds.length === 0 ? '' : ` (Docker's ID of it: ${dockerIds.join(', ')})`;
  // One key in several certificates is one pin.
  const distinct = [...new Set(rootKeys.map(({ keyId }) => keyId))];
  const ids = distinct.join(', ');
  const found = `The root of ${gun} is trusted on first use: nothing but the trust server says that its root key is ${ids}${docker}.`;
  const advice = `If the owner of the repository says so too ("keys init" printed it), pin it: ${nameInput('trust-pin')}: ${distinct.length === 1 ? ids : '<the one that the owner names>'}`;
  log.warn(isLeaving ? found : `${found} ${advice}`);
}

/** A pin as a report names it; with the one name of the root key it matched, if it gives another. */
export function nameOfPin(pin: Pin, rootKey?: KeyName): string {
  switch (pin.kind) {
    case 'key-id':
      return rootKey && rootKey.keyId !== pin.keyId
        ? describeKeys([rootKey])
        : `key ID ${pin.keyId}${pin.recordedAt === undefined ? '' : `, recorded at the ${pin.recordedAt}`}`;
    case 'certificate-sha256':
      return `certificate fingerprint ${pin.fingerprint}`;
    case 'ca':
      return 'certificate authority';
  }
}

/** Said wherever nothing but the server vouches for a root. */
export const notPinned = 'verified against the root the server presented; not pinned';

/** What vouches for the root, for a summary. */
export function rootWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? notPinned : `pinned by ${pinnedBy}`;
}

/** What may be said of a tag that was signed and read back. */
export function signedWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? `signed; ${notPinned}` : 'signed and verified';
}
