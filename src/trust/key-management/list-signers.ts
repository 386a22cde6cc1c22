/** The signers of a repository as it is, and what is odd about them. Pure: a view in, findings out. */
import { signerNamesOf } from '../edits/index.js';
import { releasesRole, roleOfSigner } from '../metadata/index.js';
import type { KeyId, RoleName } from '../metadata/types.js';
import {
  adminKeysOf,
  canonicalIdOrNone,
  canonicalIds,
  countSignatures,
  type EffectiveRole,
  type TrustedView,
} from '../verification/index.js';
import { targetsOf } from './signer-errors.js';

/** One signer. */
interface ListedSigner {
  /** Without `targets/`. */
  readonly name: string;
  readonly role: RoleName;
  /** Canonical IDs, each once. */
  readonly keyIds: readonly KeyId[];
  /** Those that `targets/releases` does not list: what they sign is not pulled. */
  readonly notInReleases: readonly KeyId[];
  /** Canonical IDs of the keys that have signed the role as it stands. */
  readonly signedBy: readonly KeyId[];
}

/** All of them. */
export interface SignerListing {
  readonly signers: readonly ListedSigner[];
  /** Undefined where Docker's pull reads `targets` alone. */
  readonly releases:
    | {
        /** Canonical IDs, each once. */
        readonly keyIds: readonly KeyId[];
        /** Those that no signer has; they can sign all the same. */
        readonly ofNobody: readonly KeyId[];
        /** Those of the repository key that no signer has: whoever has it decides over all others. */
        readonly ofRepository: readonly KeyId[];
        readonly signedBy: readonly KeyId[];
      }
    | undefined;
  /** What should be known, as sentences. */
  readonly warnings: readonly string[];
}

/** The signers of `view`, by name. */
export function listSigners(view: TrustedView): SignerListing {
  const releases = view.delegations.get(releasesRole);
  const inReleases = keyIdsOf(releases);
  const signers = signerNamesOf(targetsOf(view)).map((name): ListedSigner => {
    const role = roleOfSigner(name);
    const keyIds = keyIdsOf(view.delegations.get(role));
    return {
      name,
      role,
      keyIds,
      notInReleases: keyIds.filter((id) => !inReleases.includes(id)),
      signedBy: signedBy(view, role),
    };
  });
  signers.sort((a, b) => (a.name < b.name ? -1 : 1));
  const owned = new Set(signers.flatMap(({ keyIds }) => keyIds));
  const { repository } = adminKeysOf(view);
  const rest = inReleases.filter((id) => !owned.has(id));
  const ofNobody = rest.filter((id) => !repository.includes(id));
  return {
    signers,
    releases: releases && {
      keyIds: inReleases,
      ofNobody,
      ofRepository: rest.filter((id) => repository.includes(id)),
      signedBy: signedBy(view, releasesRole),
    },
    warnings: [
      ...signers.flatMap(({ name, keyIds, notInReleases }) =>
        oddities(view, name, keyIds, notInReleases),
      ),
      ...ofNobody.map(
        (id) =>
          `${releasesRole} of ${view.gun} lists the key ${id}, which belongs to no signer: that key can sign.`,
      ),
      ...twice(view, releasesRole),
    ],
  };
}

function oddities(
  view: TrustedView,
  name: string,
  keyIds: readonly KeyId[],
  notInReleases: readonly KeyId[],
): readonly string[] {
  const role = roleOfSigner(name);
  const what = `The signer ${name} of ${view.gun}`;
  if (keyIds.length === 0) return [`${what} has no key.`];
  const hidden =
    notInReleases.length === 0
      ? []
      : [
          `${what} has keys that are not in ${releasesRole}, so Docker does not pull what they sign: ${notInReleases.join(', ')}.`,
        ];
  return [...hidden, ...twice(view, role)];
}

/** Listed as itself and in a certificate, one private key counts as two. */
function twice(view: TrustedView, role: RoleName): readonly string[] {
  const all = canonicalIds([...(view.delegations.get(role)?.keys.values() ?? [])]);
  const repeated = new Set(all.filter((id, index) => all.indexOf(id) !== index));
  return [...repeated].map(
    (id) => `${role} of ${view.gun} lists the key ${id} more than once, in different forms.`,
  );
}

function keyIdsOf(role: EffectiveRole | undefined): readonly KeyId[] {
  return [...new Set(canonicalIds([...(role?.keys.values() ?? [])]))];
}

function signedBy(view: TrustedView, role: RoleName): readonly KeyId[] {
  const file = view.targets.get(role);
  const listed = view.delegations.get(role);
  if (!file || !listed) return [];
  const { valid } = countSignatures(file, listed, Object.fromEntries(listed.keys));
  const ids = valid.flatMap((id) => {
    const key = listed.keys.get(id);
    return (key && canonicalIdOrNone(key)) ?? [];
  });
  return [...new Set(ids)];
}
