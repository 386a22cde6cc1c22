/**
 * Decides what a publish must sign so that a set of tags stands in every role our key may sign, as
 * Docker does it (docker-cli cli/trust/trust.go, GetSignableRoles). Pure: a view and a wish in, new
 * bodies out. It refuses what could be signed but would not be seen by `docker pull`.
 */
import { TrustError } from '../../errors.js';
import { expiresSoon, tagTarget, withTargets } from '../edits/index.js';
import { getOwnProperty, releasesRole } from '../metadata/index.js';
import type { Gun, KeyId, RoleName, RootSigned, Target, TargetsSigned } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import {
  lookUpTag,
  pullRoles,
  signingRoles,
  visibilityOf,
  type SigningCandidate,
  type TrustedView,
} from '../verification/index.js';
import { keyIdsFor, stateOf } from './roles.js';
import type { TagContent, Tags } from './types.js';

/** A key that signs a file, and how the role that judges the file calls it. */
export interface FileSigner {
  readonly signer: Signer;
  /** The IDs under which the role lists the key: its own, those of certificates for it, or both. */
  readonly keyIds: readonly KeyId[];
}

/** One file to sign. */
export interface PlannedFile<B extends RootSigned | TargetsSigned = RootSigned | TargetsSigned> {
  readonly role: RoleName;
  readonly body: B;
  readonly signedBy: readonly FileSigner[];
}

/** What has to happen. */
export interface Plan {
  /** Every role that is to state the tags, in order of their names. */
  readonly roles: readonly RoleName[];
  /** The files that must change; empty when everything stands there already. */
  readonly files: readonly PlannedFile[];
  readonly warnings: readonly string[];
}

type Wanted = Pick<Signer, 'keyId' | 'description'>;

/**
 * The roles into which `signer` would sign each of `names`, in order of their names.
 * @throws {TrustError} KEY_NOT_AUTHORIZED when its key may not sign one of them anywhere, or only
 * where no Docker client looks.
 */
export function rolesFor(
  view: TrustedView,
  names: Iterable<string>,
  signer: Wanted,
): ReadonlyMap<string, readonly RoleName[]> {
  return new Map([...names].map((tag) => [tag, rolesForTag(view, tag, signer)]));
}

/** Plans the signing of `tags`. @throws {TrustError} KEY_NOT_AUTHORIZED, as {@link rolesFor}. */
export function planTags(view: TrustedView, tags: Tags, signer: Signer, now: Date): Plan {
  const wanted = new Map<RoleName, Map<string, Target>>();
  for (const [tag, content] of tags) {
    const target = tagTarget(content.digest, content.length);
    for (const role of rolesForTag(view, tag, signer, content)) {
      wanted.set(role, (wanted.get(role) ?? new Map<string, Target>()).set(tag, target));
    }
  }
  const warnings: string[] = [];
  const files = [...wanted].sort(byName).flatMap(([role, targets]): PlannedFile[] => {
    const state = stateOf(view, role);
    if (state.isTrusted && stands(state.body, targets, now)) return [];
    if (state.published > 0 && !state.isTrusted) {
      warnings.push(
        state.body
          ? `${role} of ${view.gun} had expired; it is signed again with all its tags`
          : `${role} of ${view.gun} was not validly signed; the tags it held are not carried over`,
      );
    }
    const kept = new Map<string, Target>();
    for (const [tag, target] of targets) {
      const { custom, lost } = customOf(
        state.body && getOwnProperty(state.body.targets, tag),
        target,
      );
      kept.set(tag, custom === undefined ? target : { ...target, custom });
      if (lost) warnings.push(lostCustom(view, role, tag));
    }
    const body = withTargets(state.body, kept, now, state.published);
    return [{ role, body, signedBy: [{ signer, keyIds: keyIdsFor(view, role, signer.keyId) }] }];
  });
  return { roles: [...wanted.keys()].sort(), files, warnings };
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

function rolesForTag(
  view: TrustedView,
  tag: string,
  signer: Wanted,
  content?: TagContent,
): readonly RoleName[] {
  const { roles, candidates, explanation } = signingRoles(view, [signer.keyId], tag);
  if (roles.length === 0) {
    throw notAuthorised(
      `${signer.description} may not sign the tag ${tag} of ${view.gun}. ${explanation}`,
      remedyFor(view.gun, candidates),
    );
  }
  const visibility = visibilityOf(view, roles, tag);
  if (visibility.isVisible || (content && isSeen(view, tag, content))) return roles;
  throw notAuthorised(
    `${signer.description} may sign the tag ${tag} of ${view.gun}, but docker pull would not see ` +
      `it: ${visibility.reason}`,
    remedyFor(
      view.gun,
      candidates.filter(({ role }) => pullRoles.includes(role)),
    ),
  );
}

/** Whether pull gets the wanted image already, whoever signed it. */
function isSeen(view: TrustedView, tag: string, { digest, length }: TagContent): boolean {
  const found = lookUpTag(view, tag);
  return found.kind === 'signed' && found.digest === digest && found.length === length;
}

/** What somebody stated beside the digest stays with the content it was stated of, and only with it. */
function customOf(
  present: Target | undefined,
  wanted: Target,
): { readonly custom: unknown; readonly lost: boolean } {
  const custom = present?.custom;
  if (present === undefined || custom === undefined) return { custom: undefined, lost: false };
  return isSameContent(present, wanted)
    ? { custom, lost: false }
    : { custom: undefined, lost: true };
}

function lostCustom({ gun }: TrustedView, role: RoleName, tag: string): string {
  return `${role} of ${gun} held custom data with the tag ${tag}; it was stated of another image and is not carried over`;
}

/** Whether both are of the same bytes, whatever else they state. */
export function isSameContent(present: Target | undefined, { hashes, length }: Target): boolean {
  return present?.length === length && getOwnProperty(present.hashes, 'sha256') === hashes.sha256;
}

function notAuthorised(message: string, remedy: string): TrustError {
  return new TrustError('KEY_NOT_AUTHORIZED', message, { remedy });
}

/**
 * What helps, by what is in the way. A signer can be added, and its roles are widened to every tag;
 * but a role that needs several signatures stays so, whoever is added to it.
 */
function remedyFor(gun: Gun, candidates: readonly SigningCandidate[]): string {
  const demanding = candidates.filter(
    ({ role, threshold, ours }) =>
      threshold > 1 && role !== 'targets' && (ours.length > 0 || role === releasesRole),
  );
  if (demanding.length === 0) {
    return (
      'Give the key that the repository lists, or let the owner of its repository key add this ' +
      'one as a signer: "signers add", or "docker trust signer add", lists it in targets/<signer> ' +
      'and in targets/releases, which docker pull reads.'
    );
  }
  const names = demanding.map(({ role, threshold }) => `${role} needs ${threshold} signatures`);
  return [
    `One key alone cannot sign here: ${names.join(', ')}. Adding signers does not change that.`,
    'Let the owner of the repository key remove such a role with the notary client, and add its signers again, which makes it one of one signature:',
    ...demanding.map(
      ({ role }) =>
        `notary --server https://${gun.split('/')[0] ?? ''} delegation remove ${gun} ${role} --yes --publish`,
    ),
    'Then run "signers add" for each signer.',
  ].join('\n');
}

/** Whether every target is there as wanted and the file has a long life before it. */
function stands(
  body: TargetsSigned | undefined,
  targets: ReadonlyMap<string, Target>,
  now: Date,
): boolean {
  if (!body || expiresSoon(body.expires, now)) return false;
  return [...targets].every(([name, target]) =>
    isSameContent(getOwnProperty(body.targets, name), target),
  );
}
