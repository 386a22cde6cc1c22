/** Adds a signer to a repository, as Docker does it; the key of `targets` signs, nobody else. */
import { signerNamesOf, withSigner } from '../edits/index.js';
import { keyIdOf, getOwnProperty, releasesRole, roleOfSigner } from '../metadata/index.js';
import type { KeyId, PublicKey, RoleName, TargetsSigned } from '../metadata/types.js';
import { publishChange, type ChangeOptions, type Plan } from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import { canonicalIds, type TrustedView } from '../verification/index.js';
import { pullChanges, type PullChange } from './pull-changes.js';
import { chooseSigners } from './role-listing.js';
import { signerChangeNotAuthorized, targetsListing, targetsOf } from './signer-errors.js';

/** A signer that is wanted. */
interface WantedSigner {
  /** Without `targets/`. */
  readonly name: string;
  /** As roles are to list them: raw, or x509. */
  readonly keys: readonly PublicKey[];
}

/** What {@link addSigner} needs. */
interface AddSignerOptions extends ChangeOptions {
  readonly wanted: WantedSigner;
  /** The available keys: the repository key, or as many as `targets` asks for. */
  readonly signers: readonly Signer[];
}

/** What adding comes to. */
export interface SignerAddition extends Plan {
  /** `unchanged`: both roles list all the keys already, for every tag. */
  readonly state: 'new' | 'extended' | 'unchanged';
  /** Canonical IDs of the keys that one of the two roles did not list, or not for every tag. */
  readonly added: readonly KeyId[];
  /** Other signers that have one of the keys. */
  readonly sharedWith: readonly string[];
  /** Roles that come back with what was signed in them once, as far as these keys signed it. */
  readonly returning: readonly RoleName[];
}

/** A signer that is there, as a stranger sees it. */
interface AddedSigner {
  readonly addition: SignerAddition;
  /** What the stranger saw. */
  readonly view: TrustedView;
  /** Tags that an earlier signing brought back, or changed, because its key is listed again. */
  readonly changes: readonly PullChange[];
  readonly attempts: number;
}

/**
 * Plans the addition.
 * @throws {TrustError} KEY_NOT_AUTHORIZED when the available keys may not sign `targets`.
 */
export function planSignerAddition(
  view: TrustedView,
  wanted: WantedSigner,
  signers: readonly Signer[],
  now: Date,
): SignerAddition {
  const targets = targetsOf(view);
  const role = roleOfSigner(wanted.name);
  const added = wanted.keys.filter((key) => lacking(targets, role, key).length > 0);
  const sharedWith = othersWith(view, wanted);
  const state = added.length === 0 ? 'unchanged' : view.delegations.has(role) ? 'extended' : 'new';
  const warnings = warningsOf(view, role);
  const what = { state, added: canonicalIds(added), sharedWith, warnings } as const;
  if (added.length === 0) return { ...what, roles: [], files: [], returning: [] };
  const { chosen: signedBy, isEnough } = chooseSigners(targetsListing(view), signers);
  if (!isEnough) throw signerChangeNotAuthorized(view, signers);
  const body = withSigner(targets, wanted.name, wanted.keys, now);
  return {
    ...what,
    roles: [role, releasesRole],
    // A server keeps the files of roles that are gone, and lists them (notary tuf/tuf.go).
    returning: [role, releasesRole].filter(
      (name) =>
        !view.delegations.has(name) &&
        getOwnProperty(view.snapshot.signed.meta, name) !== undefined,
    ),
    files: [{ role: 'targets', body, signedBy }],
  };
}

/**
 * Lists the keys in `targets/<name>` and in `targets/releases`, in one publish, and reads back that
 * they are. Sends nothing when they are there.
 * @throws {TrustError} as publishChange; KEY_NOT_AUTHORIZED as {@link planSignerAddition}.
 */
export async function addSigner(
  server: TrustServer,
  options: AddSignerOptions,
): Promise<AddedSigner> {
  const { wanted, signers, clock } = options;
  const role = roleOfSigner(wanted.name);
  let before: TrustedView | undefined;
  const { view, plan, carriedOut, attempts } = await publishChange(server, options, {
    keys: signers,
    plan: (current) => {
      const addition = planSignerAddition(current, wanted, signers, clock());
      if (addition.files.length > 0) before = current;
      return addition;
    },
    flaw: (seen) => {
      const missing = wanted.keys.flatMap((key) => lacking(targetsOf(seen), role, key));
      const [first] = missing;
      return first && `${first} does not list the key`;
    },
  });
  const changes = before ? pullChanges(before, view) : [];
  return { addition: carriedOut ?? plan, view, changes, attempts };
}

/** Which of the two roles do not list `key`, or may not sign every tag with it. */
function lacking(targets: TargetsSigned, role: RoleName, key: PublicKey): readonly RoleName[] {
  const id = keyIdOf(key);
  return [role, releasesRole].filter((name) => {
    const listed = targets.delegations.roles.find((one) => one.name === name);
    return !listed?.keyids.includes(id) || !listed.paths.includes('');
  });
}

function othersWith(view: TrustedView, { name, keys }: WantedSigner): readonly string[] {
  const ids = canonicalIds(keys);
  return signerNamesOf(targetsOf(view)).filter((other) => {
    const listed = view.delegations.get(roleOfSigner(other));
    return (
      other !== name &&
      canonicalIds([...(listed?.keys.values() ?? [])]).some((id) => ids.includes(id))
    );
  });
}

/** What stands in the way of the signer, though its keys are listed; and what it may do more now. */
function warningsOf(view: TrustedView, role: RoleName): readonly string[] {
  const warnings: string[] = [];
  for (const { name, threshold, paths } of targetsOf(view).delegations.roles) {
    if (name !== role && name !== releasesRole) continue;
    if (threshold > 1) {
      warnings.push(
        `${name} of ${view.gun} needs ${threshold} signatures: one signer alone cannot sign.`,
      );
    }
    if (!paths.includes('') && paths.length > 0) {
      warnings.push(
        `${name} of ${view.gun} was limited to tags that begin with ${paths.join(' or ')}. All its keys may sign every tag from now on, as "docker trust signer add" makes it.`,
      );
    }
  }
  return warnings;
}
