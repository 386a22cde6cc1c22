/**
 * Signers as Docker has them: a delegation `targets/<name>` with the signer's keys, which stand in
 * `targets/releases` as well (docker-cli cli/command/trust/signer_add.go, signer_remove.go). Pure: the
 * verified body of `targets` in, the next one out. Who has to sign what is not decided here.
 */
import { canonicalKeyIdOf, keyIdOf, MetadataError, getOwnProperty } from '../metadata/index.js';
import { isSignerName, releasesRole, roleOfSigner } from '../metadata/index.js';
import type {
  DelegationRole,
  Delegations,
  KeyId,
  PublicKey,
  RoleName,
  TargetsSigned,
} from '../metadata/types.js';
import { renewedTargets } from './renewed.js';

/**
 * The next version of `targets` with `keys` for the signer `name`. A role that is new takes one
 * signature and may sign every tag. One that exists keeps its threshold, and may sign every tag from
 * then on, as `docker trust signer add` makes it.
 */
export function withSigner(
  current: TargetsSigned,
  name: string,
  keys: readonly PublicKey[],
  now: Date,
): TargetsSigned {
  const added = new Map(keys.map((key) => [keyIdOf(key), key]));
  const { delegations } = current;
  const roles = [roleOfSigner(name), releasesRole].reduce(
    (list, role) => withKeys(list, role, [...added.keys()]),
    delegations.roles,
  );
  const all = { ...delegations.keys, ...Object.fromEntries(added) };
  return { ...renewedTargets(current, now), delegations: inUse({ keys: all, roles }) };
}

/** What taking a signer away comes to. */
interface SignerRemoval {
  readonly body: TargetsSigned;
  /** Canonical IDs of the signer's keys that are in `targets/releases` no more. */
  readonly removed: readonly KeyId[];
  /** Canonical IDs of those that stay there, because other signers have the same. */
  readonly shared: readonly KeyId[];
}

/**
 * The next version of `targets` without the signer `name`. Its keys leave `targets/releases`, unless
 * another signer has them too; a `targets/releases` without keys goes as well, because it would keep
 * Docker from signing into `targets` while nobody could sign into it.
 */
export function withoutSigner(current: TargetsSigned, name: string, now: Date): SignerRemoval {
  const { keys, roles } = current.delegations;
  const gone = roleOfSigner(name);
  const idsOf = (role: DelegationRole) => role.keyids.map((id) => canonicalOf(keys, id));
  const theirs = new Set(roles.filter((role) => role.name === gone).flatMap(idsOf));
  const others = new Set(
    roles.filter((role) => role.name !== gone && role.name !== releasesRole).flatMap(idsOf),
  );
  const releases = new Set(roles.filter((role) => role.name === releasesRole).flatMap(idsOf));
  const inReleases = [...theirs].filter((id) => releases.has(id)).sort();
  const removed = inReleases.filter((id) => !others.has(id));
  const left = roles
    .filter((role) => role.name !== gone)
    .map((role) =>
      role.name === releasesRole
        ? { ...role, keyids: role.keyids.filter((id) => !removed.includes(canonicalOf(keys, id))) }
        : role,
    )
    .filter((role) => role.name !== releasesRole || role.keyids.length > 0);
  return {
    body: { ...renewedTargets(current, now), delegations: inUse({ keys, roles: left }) },
    removed,
    shared: inReleases.filter((id) => others.has(id)),
  };
}

/** The names of the signers that a body of `targets` lists, in listed order. */
export function signerNamesOf(targets: TargetsSigned): readonly string[] {
  const names = targets.delegations.roles.map(({ name }) => name.slice('targets/'.length));
  return [...new Set(names.filter(isSignerName))];
}

function withKeys(
  roles: readonly DelegationRole[],
  name: RoleName,
  keyids: readonly KeyId[],
): readonly DelegationRole[] {
  const at = roles.findIndex((role) => role.name === name);
  const present = roles[at];
  // Of a role that is listed twice the first entry counts (tuf/tuf.go GetDelegationRole).
  if (!present) return [...roles, { keyids, name, paths: [''], threshold: 1 }];
  const role: DelegationRole = {
    ...present,
    keyids: [...new Set([...present.keyids, ...keyids])],
    paths: [...new Set([...present.paths, ''])],
  };
  return roles.map((one, index) => (index === at ? role : one));
}

/** Keys that no role uses any more are dropped, as Notary drops them (tuf/utils RemoveUnusedKeys). */
function inUse({ keys, roles }: Delegations): Delegations {
  const used = new Set(roles.flatMap(({ keyids }) => keyids));
  return { keys: Object.fromEntries(Object.entries(keys).filter(([id]) => used.has(id))), roles };
}

/** A key that is missing or cannot be read is told from others by the ID it is listed under. */
function canonicalOf(keys: Delegations['keys'], id: KeyId): KeyId {
  const key = getOwnProperty(keys, id);
  if (!key) return id;
  try {
    return canonicalKeyIdOf(key);
  } catch (error) {
    if (error instanceof MetadataError) return id;
    throw error;
  }
}
