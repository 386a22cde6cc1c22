/** The roles of a verified repository, as data. */
import {
  expiresWithin,
  getOwnProperty,
  type KeyId,
  type PublicKey,
  type RoleName,
} from '../metadata/index.js';
import { expiryOf } from './expiries.js';
import { keyNameOf, type KeyName } from './key-names.js';
import type { TrustedView } from './view.js';

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

/** A timestamp lasts two weeks; that it expires soon says nothing. */
const renewedByServer: readonly RoleName[] = ['snapshot', 'timestamp'];

/** Every role: those of the root first, then delegations in listed order. */
export function rolesOf(view: TrustedView, now: Date, warnDays: number): readonly RoleFacts[] {
  const { keys, roles } = view.root.signed;
  const stateAt = (role: RoleName, expires: Date): RoleFacts['state'] => {
    if (expires < now) return 'expired';
    if (renewedByServer.includes(role)) return 'valid';
    return expiresWithin(expires, now, warnDays) ? 'expiring' : 'valid';
  };
  const published = (
    role: RoleName,
    signed: SignedRole | undefined,
    isSigned = true,
  ): Pick<RoleFacts, 'version' | 'expires' | 'state' | 'tags'> => {
    if (!signed) return { state: 'not published' };
    const expires = expiryOf(signed);
    const targets = view.targets.get(role)?.signed.targets;
    return {
      version: signed.version,
      expires: expires.toISOString(),
      state: isSigned ? stateAt(role, expires) : 'not validly signed',
      ...(targets && { tags: Object.keys(targets).length }),
    };
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
      ...published(role, file?.signed),
    };
  });
  const delegations = [...view.delegations.values()].map((delegation): RoleFacts => {
    const { name, parent, threshold, paths } = delegation;
    const skipped = view.skipped.get(name);
    const { signed } = view.targets.get(name) ?? skipped?.envelope ?? {};
    return {
      role: name,
      parent,
      threshold,
      paths,
      keys: [...delegation.keys].map(keyFacts),
      ...published(name, signed, skipped?.reason !== 'signatures'),
    };
  });
  return [...base, ...delegations];
}

/** What all files of roles state. */
type SignedRole = Parameters<typeof expiryOf>[0] & { readonly version: number };

function keyFacts([id, key]: readonly [KeyId, PublicKey]): KeyFacts {
  return { ...keyNameOf(id, key), type: key.keytype };
}
