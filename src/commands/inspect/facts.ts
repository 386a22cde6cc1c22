/** What a verified repository says of itself, as data. Pure: nothing is asked or decided here. */
import {
  expiryOf,
  keyNameOf,
  listTags,
  getOwnProperty,
  type KeyId,
  type KeyName,
  type PublicKey,
  type RoleName,
  type SignedTag,
  type TrustedView,
} from '../../trust/index.js';

/** One key of a role. */
export interface KeyFacts extends KeyName {
  /** Such as `ecdsa` or `rsa-x509`. */
  readonly type: string;
}

/** One role, whether or not anything is signed in it. */
export interface RoleFacts {
  readonly role: RoleName;
  /** Absent for the roles that the root itself names. */
  readonly parent?: RoleName;
  readonly threshold: number;
  readonly keys: readonly KeyFacts[];
  /** Beginnings of the tags a delegation may sign; an empty one is every tag. */
  readonly paths?: readonly string[];
  /** Absent while nothing was published. */
  readonly version?: number;
  /** ISO 8601. */
  readonly expires?: string;
  readonly state: 'valid' | 'expiring' | 'expired' | 'not published' | 'not validly signed';
  /** How many tags the role lists. */
  readonly tags?: number;
}

/** One signed tag beside what the registry has. */
export interface TagFacts extends SignedTag {
  /** `not read` when the registry could not be asked. */
  readonly registry: 'same' | 'differs' | 'missing' | 'not read';
  /** What the tag stands for in the registry, where that differs. */
  readonly registryDigest?: string;
}

/** A tag of the registry that a pull with content trust refuses. */
export interface UnsignedTag {
  readonly tag: string;
  /** Why, if a role lists it all the same. */
  readonly reason?: string;
}

/** Everything that is known of one repository. */
export interface RepositoryFacts {
  /** As it was asked for, with the tag if one was. */
  readonly name: string;
  readonly gun: string;
  readonly hasTrustData: boolean;
  readonly roles: readonly RoleFacts[];
  readonly tags: readonly TagFacts[];
  readonly unsignedTags: readonly UnsignedTag[];
  /** The pin that the root matched; absent when it was trusted on first use. */
  readonly pinnedBy?: string;
}

/** A timestamp lasts two weeks; that its end is near says nothing. */
const renewedByServer: readonly RoleName[] = ['snapshot', 'timestamp'];

const dayMs = 24 * 60 * 60 * 1000;

/** Every role: those of the root first, then delegations in listed order. */
export function rolesOf(view: TrustedView, now: Date, warnDays: number): readonly RoleFacts[] {
  const { keys, roles } = view.root.signed;
  const stateAt = (role: RoleName, expires: Date): RoleFacts['state'] => {
    if (expires < now) return 'expired';
    if (renewedByServer.includes(role)) return 'valid';
    return expires.getTime() < now.getTime() + warnDays * dayMs ? 'expiring' : 'valid';
  };
  const documents = {
    root: view.root,
    targets: view.targets.get('targets'),
    snapshot: view.snapshot,
    timestamp: view.timestamp,
  };
  const base = Object.entries(documents).map(([role, file]): RoleFacts => {
    const listed = getOwnProperty(roles, role);
    const known = (listed?.keyids ?? []).flatMap((id): [KeyId, PublicKey][] => {
      const key = getOwnProperty(keys, id);
      return key ? [[id, key]] : [];
    });
    return {
      role,
      threshold: listed?.threshold ?? 1,
      keys: known.map(keyFacts),
      ...(file
        ? {
            version: file.signed.version,
            expires: expiryOf(file.signed).toISOString(),
            state: stateAt(role, expiryOf(file.signed)),
          }
        : { state: 'not published' as const }),
      ...(role === 'targets' && file ? { tags: countOf(view, role) } : {}),
    };
  });
  const delegations = [...view.delegations.values()].map((delegation): RoleFacts => {
    const { name, threshold, paths } = delegation;
    const skipped = view.skipped.get(name);
    const file = view.targets.get(name) ?? skipped?.envelope;
    return {
      role: name,
      parent: delegation.parent,
      threshold,
      paths,
      keys: [...delegation.keys].map(keyFacts),
      ...(file
        ? {
            version: file.signed.version,
            expires: expiryOf(file.signed).toISOString(),
            state:
              skipped?.reason === 'signatures'
                ? ('not validly signed' as const)
                : stateAt(name, expiryOf(file.signed)),
          }
        : { state: 'not published' as const }),
      ...(view.targets.has(name) ? { tags: countOf(view, name) } : {}),
    };
  });
  return [...base, ...delegations];
}

/** The signed tags as Docker lists them; only `tag`, if that is given. */
export function signedTagsOf(view: TrustedView, tag: string | undefined): readonly SignedTag[] {
  const all = listTags(view);
  return tag === undefined ? all : all.filter((row) => row.tag === tag);
}

function countOf(view: TrustedView, role: RoleName): number {
  return Object.keys(view.targets.get(role)?.signed.targets ?? {}).length;
}

function keyFacts([id, key]: readonly [KeyId, PublicKey]): KeyFacts {
  return { ...keyNameOf(id, key), type: key.keytype };
}
