/**
 * Replaces a key of root, `targets` or a delegation: in one publish, from whatever stands there, even
 * when it has expired. Never says done before a stranger's reading shows the new key.
 */
import {
  renewedTargets,
  withDelegationKeys,
  withRootKeys,
  type RoleKeyChange,
} from '../edits/index.js';
import { isBaseRole, parentOf, type BaseRole } from '../metadata/index.js';
import type { KeyId, PublicKey, RoleName, TargetsSigned } from '../metadata/types.js';
import {
  publishChange,
  type ChangeOptions,
  type Plan,
  type PlannedFile,
} from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import type { TrustedView } from '../verification/index.js';
import { draftDelegationKey } from './delegation-key.js';
import type {
  KeyReplacement,
  RotationDraft,
  RotationRequest,
  Unchanged,
} from './key-replacement.js';
import { draftRootKey } from './root-key.js';
import type { ReaderContext } from './root-signers.js';
import { keysWithId, listingOf, type SignerInfo } from './role-listing.js';
import { draftTargetsKey } from './targets-key.js';

/** A key that is to replace another. */
export interface RotationOptions extends ChangeOptions {
  /** `root`, `targets` or a delegation. */
  readonly role: RoleName;
  /** The new key; `publicKey` is what the role lists: for root a certificate for this GUN. */
  readonly newKey: { readonly signer: Signer; readonly publicKey: PublicKey };
  /** The key that is to go, by its ID; needed where the role has several. */
  readonly oldKeyId?: KeyId | undefined;
  /** Keys that can sign besides the new one: the root key, the repository key, others of a role. */
  readonly availableKeys: readonly Signer[];
}

/** What a rotation did, or found done. */
interface Rotated {
  /** What a stranger reads now. */
  readonly view: TrustedView;
  /** Which keys went, by role; empty when nothing had to change. */
  readonly replacements: readonly KeyReplacement[];
  /** Why nothing had to change; undefined when something had. */
  readonly unchanged: string | undefined;
  /** How many publishes were sent. */
  readonly attempts: number;
}

/**
 * Tells what a rotation would change and who would sign it. Pure, and needs no private key.
 * @throws {TrustError} KEY_NOT_AUTHORIZED when the available keys do not suffice; TRUST_DATA_EXPIRED
 * when the root key needs a new certificate first, or the root renewal; ROLE_NOT_FOUND; ROTATION_REJECTED
 * when the key that goes is not there or must be said, or when too few would be left.
 */
export function draftRotation<S extends SignerInfo>(
  question: RotationRequest<S>,
  judge: ReaderContext,
): RotationDraft<S> | Unchanged {
  switch (question.role) {
    case 'root':
      return draftRootKey(question, judge.now);
    case 'targets':
      return draftTargetsKey(question, judge);
    case 'snapshot':
    case 'timestamp':
      throw new TypeError(`the server makes the ${question.role} key`);
    default:
      return draftDelegationKey(question, judge.now);
  }
}

/**
 * Replaces the key, and reads back that it is replaced.
 * @throws {TrustError} as {@link draftRotation} and publishChange.
 */
export async function rotateKey(server: TrustServer, options: RotationOptions): Promise<Rotated> {
  const { role, newKey, oldKeyId, availableKeys, clock, pins } = options;
  const { keyId } = newKey.signer;
  // A pin of the old root key cannot vouch for the new one, which the user named themselves.
  const extended =
    role === 'root' && pins.length > 0 ? [...pins, { kind: 'key-id', keyId } as const] : pins;
  const gone = new Map<RoleName, Set<KeyId>>();
  const { view, plan, carriedOut, attempts } = await publishChange(
    server,
    { ...options, pins: extended, expiry: 'report' },
    {
      keys: [...availableKeys, newKey.signer],
      plan: (current): RotationPlan => {
        const question = { view: current, role, newKey, oldKeyId, availableKeys };
        const now = clock();
        const draft = draftRotation(question, { pins: extended, now });
        if ('unchanged' in draft) return { ...nothing, unchanged: draft.unchanged };
        for (const replacement of draft.replacements) {
          gone.set(replacement.role, new Set(replacement.removed.map(({ id }) => id)));
        }
        return planOf(current, draft, newKey.publicKey, now);
      },
      flaw: (seen) => flawOf(seen, role, keyId, gone),
    },
  );
  const unchanged = carriedOut ? undefined : plan.unchanged;
  return { view, replacements: carriedOut?.replacements ?? [], unchanged, attempts };
}

interface RotationPlan extends Plan {
  readonly replacements: readonly KeyReplacement[];
  readonly unchanged: string | undefined;
}

const nothing = { roles: [], files: [], warnings: [], replacements: [] } as const;

/** The bodies of a draft: each file once, with everything that changes in it. */
function planOf(
  view: TrustedView,
  { replacements, files, warnings }: RotationDraft<Signer>,
  publicKey: PublicKey,
  now: Date,
): RotationPlan {
  const changes = replacements.map(({ role, removed, present }) => {
    const change: RoleKeyChange = {
      removed: removed.map(({ id }) => id),
      added: present?.key ?? publicKey,
    };
    return [role, change] as const;
  });
  const planned = files.map(({ role, signedBy }): PlannedFile => {
    if (role === 'root') {
      const own = changes.filter((entry): entry is [BaseRole, RoleKeyChange] =>
        isBaseRole(entry[0]),
      );
      return { role, body: withRootKeys(view.root.signed, new Map(own), now), signedBy };
    }
    const children = changes.filter(([name]) => !isBaseRole(name) && parentOf(name) === role);
    const body = bodyOf(view, role);
    return {
      role,
      body:
        children.length === 0
          ? renewedTargets(body, now)
          : withDelegationKeys(body, new Map(children), now),
      signedBy,
    };
  });
  const roles = planned.map(({ role }) => role);
  return { roles, files: planned, warnings, replacements, unchanged: undefined };
}

function bodyOf(view: TrustedView, role: RoleName): TargetsSigned {
  const file = view.targets.get(role);
  if (!file) throw new TypeError(`${role} is to be signed again, and has no file`);
  return file.signed;
}

function flawOf(
  view: TrustedView,
  role: RoleName,
  keyId: KeyId,
  gone: ReadonlyMap<RoleName, ReadonlySet<KeyId>>,
): string | undefined {
  const listing = listingOf(view, role);
  if (!listing || keysWithId(listing, keyId).length === 0) return `${role} does not list ${keyId}`;
  for (const [changed, ids] of gone) {
    const still = listingOf(view, changed)?.keys.find(({ id }) => ids.has(id));
    if (still) return `${changed} lists ${still.keyId ?? still.id} again`;
  }
  return undefined;
}
