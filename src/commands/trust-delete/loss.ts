/** What is lost with the trust data of a repository. Pure: a view in, plain facts out. */
import {
  keyNameOf,
  keyNamesOf,
  listTags,
  sha256HexOf,
  signersOf,
  type Gun,
  type KeyId,
  type KeyName,
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
  readonly keys: readonly KeyName[];
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
  readonly rootKeys: readonly KeyName[];
  readonly repositoryKeys: readonly KeyName[];
  readonly rootVersion: number;
  readonly roles: readonly LostRole[];
}

/** All that `view` holds. */
export function lossOf(view: TrustedView): Loss {
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
    rootKeys: keyNamesOf(view.root, 'root'),
    repositoryKeys: keyNamesOf(view.root, 'targets'),
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
    keys: delegation
      ? [...delegation.keys].map(([id, key]) => keyNameOf(id, key))
      : keyNamesOf(view.root, 'targets'),
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
