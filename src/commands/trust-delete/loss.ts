/** What is lost with the trust data of a repository. Pure: a view in, plain facts out. */
import {
  adminKeysOf,
  listTags,
  sha256HexOf,
  signersOf,
  type Gun,
  type KeyId,
  type RoleName,
  type TargetsSigned,
  type TrustedView,
} from '../../trust/index.js';

/** A tag as a pull gets it, ready for the input `images` of `sign`. */
export interface LostTag {
  readonly tag: string;
  readonly digest: string;
  readonly length: number;
  readonly signers: readonly string[];
  /** Whether a pull of the tag gets this. */
  readonly isPulled: boolean;
}

/** A file of the repository, with all that it states. */
export interface LostRole {
  readonly role: RoleName;
  readonly version: number;
  readonly expires: string;
  /** `untrusted`: lacks valid signatures, so that its content may be anybody's. */
  readonly state: 'trusted' | 'untrusted';
  readonly paths?: readonly string[];
  readonly threshold?: number;
  /** As the role is listed with them. */
  readonly keyIds: readonly KeyId[];
  readonly targets: readonly {
    readonly name: string;
    readonly digest: string | undefined;
    readonly length: number;
    readonly custom?: unknown;
  }[];
}

/** Everything that is lost. */
export interface Loss {
  readonly gun: Gun;
  readonly tags: readonly LostTag[];
  readonly signers: readonly { readonly name: string; readonly keyIds: readonly KeyId[] }[];
  /** IDs of the root certificates, as `docker trust inspect` shows them. */
  readonly rootKeyIds: readonly KeyId[];
  readonly repositoryKeyIds: readonly KeyId[];
  readonly rootVersion: number;
  readonly roles: readonly LostRole[];
}

/** All that `view` holds. */
export function lossOf(view: TrustedView): Loss {
  const { root, repository } = adminKeysOf(view);
  return {
    gun: view.gun,
    tags: listTags(view).map(({ tag, digest, length, signers, isPulled }) => ({
      tag,
      digest,
      length,
      signers,
      isPulled,
    })),
    signers: signersOf(view),
    rootKeyIds: root,
    repositoryKeyIds: repository,
    rootVersion: view.root.signed.version,
    roles: [
      ...[...view.targets].map(([role, { signed }]) => roleOf(view, role, signed, 'trusted')),
      ...[...view.skipped].map(([role, { envelope }]) =>
        roleOf(view, role, envelope.signed, 'untrusted'),
      ),
    ],
  };
}

function roleOf(
  view: TrustedView,
  role: RoleName,
  { version, expires, targets }: TargetsSigned,
  state: LostRole['state'],
): LostRole {
  const delegation = view.delegations.get(role);
  return {
    role,
    version,
    expires,
    state,
    ...(delegation && { paths: delegation.paths, threshold: delegation.threshold }),
    keyIds: delegation
      ? [...delegation.keys.keys()]
      : (view.root.signed.roles.targets?.keyids ?? []),
    targets: Object.entries(targets).map(([name, target]) => {
      const hex = sha256HexOf(target);
      return {
        name,
        digest: hex === undefined ? undefined : `sha256:${hex}`,
        length: target.length,
        ...(target.custom !== undefined && { custom: target.custom }),
      };
    }),
  };
}
