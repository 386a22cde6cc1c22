/** The trust data of a repository as plain facts, so that it can be made again. */
import { sha256HexOf, type Gun, type RoleName, type TargetsSigned } from '../metadata/index.js';
import { keyNameOf, keyNamesOf, type KeyName } from './key-names.js';
import { listTags, signersOf, type SignedTag } from './tags.js';
import type { TrustedView } from './view.js';

/** A file of the repository, with all that it states. */
interface ExportedRole {
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

/** All that a repository holds. */
export interface ExportedTrustData {
  readonly gun: Gun;
  readonly tags: readonly Pick<SignedTag, 'tag' | 'digest' | 'length' | 'signers' | 'isPulled'>[];
  readonly signers: ReturnType<typeof signersOf>;
  readonly rootKeys: readonly KeyName[];
  readonly repositoryKeys: readonly KeyName[];
  readonly rootVersion: number;
  readonly roles: readonly ExportedRole[];
}

/** All that `view` holds. */
export function exportTrustData(view: TrustedView): ExportedTrustData {
  return {
    gun: view.gun,
    tags: listTags(view).map(({ roles: _, ...tag }) => tag),
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
  state: ExportedRole['state'],
): ExportedRole {
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
