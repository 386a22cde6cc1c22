/** The signed tags and the signers as `docker trust inspect` shows them (cli/command/trust/inspect). */
import { getOwnProperty, sha256HexOf, type KeyId, type RoleName } from '../metadata/index.js';
import { canonicalIds } from './key-names.js';
import { lookUpTag, pullRoles } from './look-up.js';
import { natural } from './natural-order.js';
import type { TrustedView } from './view.js';
import { walkRoles } from './walk.js';

/** What Docker shows as the signer of a tag that no delegation vouches for. */
const repositoryAdmin = 'Repo Admin';

/** One row of `SignedTags`. A tag has two when `targets` and `targets/releases` disagree. */
export interface SignedTag {
  readonly tag: string;
  /** `sha256:` and lower-case hex. */
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly length: number;
  /** Every role that lists the tag with this digest. */
  readonly roles: readonly RoleName[];
  /** Delegations without `targets/` that list it with this digest, descending; or `Repo Admin`. */
  readonly signers: readonly string[];
  /** Whether this row is what a pull of the tag would get. */
  readonly isPulled: boolean;
}

/** A delegation with its keys as Docker shows them. */
interface SignerKeys {
  readonly name: string;
  /** Canonical key IDs. */
  readonly keyIds: readonly KeyId[];
}

/** The rows of `SignedTags`, tags in natural order. */
export function listTags(view: TrustedView): readonly SignedTag[] {
  const rows = new Map<string, { tag: string; hex: string; length: number; roles: RoleName[] }>();
  // Docker asks for all targets at once, for which no path limits apply (client/reader.go
  // GetAllTargetMetadataByName); isPulled says what is left of a row when they do.
  for (const role of walkRoles(view, { from: 'targets' })) {
    for (const [tag, target] of Object.entries(view.targets.get(role)?.signed.targets ?? {})) {
      const hex = sha256HexOf(target);
      if (hex === undefined) continue;
      const key = `${hex} ${tag}`;
      const row = rows.get(key) ?? { tag, hex, length: target.length, roles: [] };
      row.roles.push(role);
      rows.set(key, row);
    }
  }
  return [...rows.values()]
    .filter(({ roles }) => roles.some((role) => pullRoles.includes(role)))
    .map(({ tag, hex, length, roles }): SignedTag => {
      const pulled = lookUpTag(view, tag);
      const digest = `sha256:${hex}`;
      const isPulled = pulled.kind === 'signed' && pulled.digest === digest;
      return { tag, digest, length, roles, signers: signersAmong(roles), isPulled };
    })
    .sort((a, b) => natural(a.tag, b.tag) || (a.digest < b.digest ? -1 : 1));
}

/** `Signers` of the inspection: every delegation but `targets/releases`, by name, descending. */
export function signersOf(view: TrustedView): readonly SignerKeys[] {
  return [...view.delegations.values()]
    .filter(({ name }) => name !== 'targets/releases')
    .map(({ name, keys }) => ({ name: signerName(name), keyIds: canonicalIds([...keys.values()]) }))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

/**
 * `AdministrativeKeys` as Docker prints them: IDs of the root certificates, and of the repository
 * key. For everything that is not Docker's own format see ./key-names.ts.
 */
export function adminKeysOf(view: TrustedView): {
  readonly root: readonly KeyId[];
  readonly repository: readonly KeyId[];
} {
  const { keys, roles } = view.root.signed;
  const idsOf = (role: RoleName): readonly KeyId[] => getOwnProperty(roles, role)?.keyids ?? [];
  const repository = idsOf('targets').flatMap((id) => getOwnProperty(keys, id) ?? []);
  return { root: [...idsOf('root')].sort(), repository: canonicalIds(repository) };
}

/** The signers among roles, descending; `Repo Admin` if there are none. */
export function signersAmong(roles: readonly RoleName[]): readonly string[] {
  const signers = roles.filter((role) => !pullRoles.includes(role)).map(signerName);
  return signers.length === 0 ? [repositoryAdmin] : signers.sort().reverse();
}

function signerName(role: RoleName): string {
  return role.replace(/^targets\//, '');
}
