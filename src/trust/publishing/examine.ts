/**
 * What must be known before anything is built: is there trust data, may this principal publish, may
 * this key sign these tags, does the server hold the keys it must sign with. Publishes nothing.
 */
import { TrustError } from '../../errors.js';
import { keyIdOf, getOwnProperty } from '../metadata/index.js';
import type { PublicKey, RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import type { TrustServer } from '../server/index.js';
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
  const { pins, clock, signal } = options;
  const [reading, serverKeys] = await Promise.allSettled([
    readRepository(server, { pins, now: clock(), signal }),
    Promise.all([
      server.fetchServerKey('snapshot', signal),
      server.fetchServerKey('timestamp', signal),
    ]),
  ]);
  // Both may fail; which of them is told must not depend on who was refused first.
  if (reading.status === 'rejected') throw reading.reason;
  if (serverKeys.status === 'rejected') throw serverKeys.reason;
  const view = reading.value;
  const [snapshotKey, timestampKey] = serverKeys.value;
  if (!view) return { kind: 'uninitialised' };
  const roles = rolesFor(view, options.tags, options.signer);
  const anchor = anchorFor(view, roles, options);
  checkServerKey(server, view, 'snapshot', snapshotKey);
  checkServerKey(server, view, 'timestamp', timestampKey);
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
  throw new TrustError(
    'TRUST_SERVER_REJECTED',
    `the trust server ${server.host} cannot publish for ${server.gun}: it does not hold the ` +
      `${role} key that the root names`,
    {
      remedy: `Ask the owner of the root key to move the ${role} key to the server once: "keys rotate --role ${role}".\n"notary init" leaves the snapshot key with the client; Docker never does.`,
    },
  );
}

const dayMs = 24 * 60 * 60 * 1000;

function expiring(view: TrustedView, now: Date): ReadonlyMap<RoleName, Date> {
  const soon = now.getTime() + limits.expiryWarningDays * dayMs;
  const renewedByServer = ['snapshot', 'timestamp'];
  return new Map(
    [...expiriesOf(view)].filter(
      ([role, at]) => !renewedByServer.includes(role) && at.getTime() < soon,
    ),
  );
}
