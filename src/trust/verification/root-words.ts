/** How a run says what vouches for the root of a repository. "Verified" alone means that something does. */
import type { Log } from '../../ports.js';
import { describeKeys, type KeyName } from './key-names.js';
import type { Pin } from './pins.js';
import type { TrustedView } from './view.js';

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
  { gun, pinnedBy }: Pick<TrustedView, 'gun' | 'pinnedBy'>,
  nameInput: (name: 'trust-pin') => string,
  log: Pick<Log, 'warn'>,
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
const notPinned = 'verified against the root the server presented; not pinned';

/** What vouches for the root, for a summary. */
export function rootWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? notPinned : `pinned by ${pinnedBy}`;
}

/** What may be said of a tag that was signed and read back. */
export function signedWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? `signed; ${notPinned}` : 'signed and verified';
}
