/**
 * What must be known before anything is built or published: is there trust data, may this key sign
 * these tags, may this principal publish, does the server hold the keys it must sign with. Publishes
 * nothing.
 */
import { expiresWithin, keyIdOf, getOwnProperty } from '../metadata/index.js';
import type { PublicKey, RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import { missingServerKey, type TrustServer } from '../server/index.js';
import {
  expiriesOf,
  type Anchored,
  type Pin,
  type TrustedView,
  type VouchingKey,
} from '../verification/index.js';
import { rolesFor } from './plan.js';
import { requireAnchor } from './require-anchor.js';
import { keyIdsFor, stateOf } from './roles.js';
import type { PublishingContext } from './types.js';
import { limits } from '../../limits.js';

/** What {@link examineSigning} needs. */
interface ExamineOptions extends Omit<PublishingContext, 'log' | 'deadlineMs'> {
  /** The names of the tags that are to be signed. */
  readonly tags: Iterable<string>;
  readonly signer: VouchingKey;
  /** Other keys that the run was given, which may vouch for the root: its root key. */
  readonly keys?: readonly VouchingKey[] | undefined;
  /**
   * Whether the server has to show beforehand that it will take a publish, by handing out its keys.
   * Otherwise the publish itself shows it; only for a repository without trust data it is asked.
   * Default: true.
   */
  readonly asksServer?: boolean | undefined;
  /** Whether the Docker CLI signs; see the anchor question. */
  readonly isReadAnew?: boolean | undefined;
  /** How the host calls the input that pins a root. */
  readonly pinInput?: string | undefined;
}

/** What a run that wants to sign will meet. */
export type SigningOutlook =
  /** No trust data: the repository must be initialised first. */
  | { readonly kind: 'uninitialised' }
  | {
      readonly kind: 'ready';
      /** With what vouches for its root. */
      readonly view: TrustedView;
      /** What every later reading is to be held to. */
      readonly pins: readonly Pin[];
      /** Each tag with the roles it would be signed into. */
      readonly roles: ReadonlyMap<string, readonly RoleName[]>;
      /** What ends within six months and is not renewed by the server, soonest first. */
      readonly expiring: ReadonlyMap<RoleName, Date>;
    };

/**
 * Looks whether `signer` could sign `tags` now, as this principal.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED when the server would not accept it from this
 * principal; KEY_NOT_AUTHORIZED when the key may not sign one of the tags; TRUST_ANCHOR_MISSING when
 * only the server vouches for what would be signed; TRUST_PIN_MISMATCH; TRUST_SERVER_REJECTED
 * when the server lacks the snapshot or timestamp key; and what reading throws, such as TRUST_DATA_EXPIRED.
 */
export async function examineSigning(
  server: TrustServer,
  options: ExamineOptions,
): Promise<SigningOutlook> {
  const { pins, clock, signal, asksServer = true } = options;
  const askServer = () =>
    Promise.all([
      server.fetchServerKey('snapshot', signal),
      server.fetchServerKey('timestamp', signal),
    ]);
  const [reading, early] = await Promise.allSettled([
    readRepository(server, { pins, now: clock(), signal }),
    asksServer ? askServer() : undefined,
  ]);
  // Both may fail; which of them is told must not depend on who was refused first.
  if (reading.status === 'rejected') throw reading.reason;
  if (early.status === 'rejected') throw early.reason;
  const view = reading.value;
  if (!view) {
    if (!asksServer) await askServer();
    return { kind: 'uninitialised' };
  }
  const roles = rolesFor(view, options.tags, options.signer);
  const anchor = anchorFor(view, roles, options);
  if (early.value) {
    const [snapshotKey, timestampKey] = early.value;
    checkServerKey(server, view, 'snapshot', snapshotKey);
    checkServerKey(server, view, 'timestamp', timestampKey);
  }
  return { kind: 'ready', ...anchor, roles, expiring: expiring(view, clock()) };
}

/** As the publish will ask, so that nothing is built in vain. */
function anchorFor(
  view: TrustedView,
  roles: ReadonlyMap<string, readonly RoleName[]>,
  { signer, keys = [], pins, isReadAnew, pinInput }: ExamineOptions,
): Anchored {
  const distinct = [...new Set([...roles.values()].flat())];
  for (const role of distinct) stateOf(view, role);
  const files = distinct.map((role) => ({
    role,
    signedBy: [{ signer, keyIds: keyIdsFor(view, role, signer.keyId) }],
  }));
  return requireAnchor({ view, pins, files, keys: [signer, ...keys], isReadAnew, pinInput });
}

/** A server that holds the key a root names hands out that one, any other makes a new one. */
function checkServerKey(
  server: TrustServer,
  view: TrustedView,
  role: 'snapshot' | 'timestamp',
  key: PublicKey,
): void {
  if (getOwnProperty(view.root.signed.roles, role)?.keyids.includes(keyIdOf(key)) === true) return;
  throw missingServerKey(server, role);
}

function expiring(view: TrustedView, now: Date): ReadonlyMap<RoleName, Date> {
  const renewedByServer = ['snapshot', 'timestamp'];
  return new Map(
    [...expiriesOf(view)].filter(
      ([role, at]) =>
        !renewedByServer.includes(role) && expiresWithin(at, now, limits.expiryWarningDays),
    ),
  );
}
