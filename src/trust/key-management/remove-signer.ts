/**
 * Takes a signer away so that nothing signed with its keys counts any more, and what was signed with
 * them before goes on counting: `targets/releases` is one file under one signature, so another key has
 * to sign it again. Where none is at hand, what would be lost is said first.
 */
import { renewedTargets, withoutSigner } from '../edits/index.js';
import { canonicalIds, countSignatures, type TrustedView } from '../verification/index.js';
import { releasesRole, roleOfSigner } from '../metadata/index.js';
import type { KeyId, RoleName, TargetsSigned } from '../metadata/types.js';
import {
  publishChange,
  type ChangeOptions,
  type Plan,
  type PlannedFile,
} from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import { pullChanges, type PullChange } from './pull-changes.js';
import { chooseSigners, listingIn } from './role-listing.js';
import {
  tagLossNotConfirmed,
  signerChangeNotAuthorized,
  targetsListing,
  targetsOf,
} from './signer-errors.js';

/** What {@link removeSigner} needs. */
interface RemoveSignerOptions extends ChangeOptions {
  /** Without `targets/`. */
  readonly name: string;
  /** The available keys: the repository key, and any that stay in `targets/releases`. */
  readonly signers: readonly Signer[];
  /** Whether tags may be lost. */
  readonly isLossConfirmed: boolean;
}

/** What becomes of `targets/releases`. */
export type ReleasesFate =
  /** It does not list the signer, or has nothing signed in it. */
  | 'untouched'
  /** Keys that stay have signed it already. */
  | 'stays signed'
  /** Keys at hand sign it again. */
  | 'signed again'
  /** It stays without a signature that counts until one of its keys signs. */
  | 'unsigned'
  /** No key is left, so it goes. */
  | 'removed';

/** What removing comes to. */
export interface SignerRemovalPlan extends Plan {
  /** False where the repository has no such signer: nothing is to be done. */
  readonly isListed: boolean;
  /** Canonical IDs of the keys that leave `targets/releases`. */
  readonly removedKeys: readonly KeyId[];
  readonly releases: ReleasesFate;
  /** Tags that are pulled no more, or as what `targets` says of them. */
  readonly lost: readonly PullChange[];
}

/** A signer that is gone, as a stranger sees it. */
interface RemovedSigner {
  readonly removal: SignerRemovalPlan;
  /** What the stranger saw. */
  readonly view: TrustedView;
  readonly attempts: number;
}

/**
 * Plans the removal; what would be lost is a finding here, not a refusal.
 * @throws {TrustError} KEY_NOT_AUTHORIZED when the available keys may not sign `targets`.
 */
export function planSignerRemoval(
  view: TrustedView,
  name: string,
  signers: readonly Signer[],
  now: Date,
): SignerRemovalPlan {
  const role = roleOfSigner(name);
  const targets = targetsOf(view);
  if (!targets.delegations.roles.some((listed) => listed.name === role)) {
    const nothing = { roles: [], files: [], warnings: [], removedKeys: [], lost: [] };
    return { ...nothing, isListed: false, releases: 'untouched' };
  }
  const { chosen: signedBy, isEnough } = chooseSigners(targetsListing(view), signers);
  if (!isEnough) throw signerChangeNotAuthorized(view, signers);
  const { body, removed, shared } = withoutSigner(targets, name, now);
  const { fate, file } = releasesAfter(view, body, signers, now);
  const after = viewAfter(view, body, [role, ...(isDead(fate) ? [releasesRole] : [])]);
  return {
    isListed: true,
    roles: file ? ['targets', releasesRole] : ['targets'],
    files: [{ role: 'targets', body, signedBy }, ...(file ? [file] : [])],
    warnings: warningsOf(view, name, shared, fate),
    removedKeys: removed,
    releases: fate,
    lost: pullChanges(view, after).filter(({ before }) => before !== undefined),
  };
}

/**
 * Removes the signer in one publish, and reads back that its keys sign nothing any more.
 * @throws {TrustError} CONFIRMATION_MISSING when tags would be lost and that is not confirmed; as
 * publishChange; KEY_NOT_AUTHORIZED as {@link planSignerRemoval}.
 */
export async function removeSigner(
  server: TrustServer,
  options: RemoveSignerOptions,
): Promise<RemovedSigner> {
  const { name, signers, clock, isLossConfirmed } = options;
  let sent: SignerRemovalPlan | undefined;
  const { view, plan, carriedOut, attempts } = await publishChange(server, options, {
    keys: signers,
    plan: (current) => {
      const removal = planSignerRemoval(current, name, signers, clock());
      if (removal.lost.length > 0 && !isLossConfirmed) {
        throw tagLossNotConfirmed(current, name, removal.lost);
      }
      if (removal.isListed) sent = removal;
      return removal;
    },
    flaw: (seen) => flawOf(seen, name, sent),
  });
  return { removal: carriedOut ?? plan, view, attempts };
}

function flawOf(
  view: TrustedView,
  name: string,
  sent: SignerRemovalPlan | undefined,
): string | undefined {
  if (view.delegations.has(roleOfSigner(name))) return `${roleOfSigner(name)} is still listed`;
  const listed = canonicalIds([...(view.delegations.get(releasesRole)?.keys.values() ?? [])]);
  const still = sent?.removedKeys.find((id) => listed.includes(id));
  if (still !== undefined) return `${releasesRole} still lists the key ${still}`;
  const isKept = sent?.releases === 'signed again' || sent?.releases === 'stays signed';
  if (isKept && !view.targets.has(releasesRole)) return `${releasesRole} is not validly signed`;
  return undefined;
}

function releasesAfter(
  view: TrustedView,
  body: TargetsSigned,
  signers: readonly Signer[],
  now: Date,
): { readonly fate: ReleasesFate; readonly file?: PlannedFile } {
  const file = view.targets.get(releasesRole);
  const listing = listingIn(body, releasesRole);
  if (!listing) return { fate: view.delegations.has(releasesRole) ? 'removed' : 'untouched' };
  if (!file) return { fate: 'untouched' };
  const role = { keyids: listing.keys.map(({ id }) => id), threshold: listing.threshold };
  if (countSignatures(file, role, body.delegations.keys).isEnough) {
    const before = view.delegations.get(releasesRole);
    return { fate: before?.keys.size === listing.keys.length ? 'untouched' : 'stays signed' };
  }
  const { chosen: signedBy, isEnough } = chooseSigners(listing, signers);
  if (!isEnough) return { fate: 'unsigned' };
  return {
    fate: 'signed again',
    file: { role: releasesRole, body: renewedTargets(file.signed, now), signedBy },
  };
}

function isDead(fate: ReleasesFate): boolean {
  return fate === 'unsigned' || fate === 'removed';
}

/** What `view` would be; for looking only, as nothing is signed. */
function viewAfter(view: TrustedView, body: TargetsSigned, gone: readonly RoleName[]): TrustedView {
  const isGone = (role: RoleName) => gone.some((one) => role === one || role.startsWith(`${one}/`));
  return {
    ...view,
    targets: new Map(
      [...view.targets]
        .filter(([role]) => !isGone(role))
        .map(([role, file]) => [role, role === 'targets' ? { ...file, signed: body } : file]),
    ),
    delegations: new Map([...view.delegations].filter(([role]) => !isGone(role))),
  };
}

function warningsOf(
  view: TrustedView,
  name: string,
  shared: readonly KeyId[],
  fate: ReleasesFate,
): readonly string[] {
  const warnings = shared.map(
    (id) =>
      `The key ${id} of ${name} stays in ${releasesRole} of ${view.gun}: another signer has it as well.`,
  );
  if (fate === 'unsigned') {
    warnings.push(
      `${releasesRole} of ${view.gun} has no valid signature until a remaining signer signs a tag with this product. Docker's own client cannot sign before that.`,
    );
  }
  if (view.skipped.get(releasesRole)?.reason === 'expired') {
    warnings.push(
      `${releasesRole} of ${view.gun} has expired. Renewed after this, it may no longer carry the tags that ${name} signed: renew it first to keep them.`,
    );
  }
  return warnings;
}
