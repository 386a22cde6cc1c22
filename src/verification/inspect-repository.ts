/** What is signed in a repository, beside what its registry has. Reads only. */
import type { AccessRun, ScopedTrustServer } from '../access/index.js';
import { mapConcurrent } from '../concurrency.js';
import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { SignatureTrust } from '../notation/index.js';
import type { RegistryClient } from '../registry/index.js';
import {
  createTrustServer,
  listTags,
  lookUpTag,
  matchedPin,
  readRepository,
  rolesOf,
  type Gun,
  type Pin,
  type RoleFacts,
  type SignedTag,
  type TrustedView,
} from '../trust/index.js';
import { digestsOfTags, signaturesOf, type DigestSignatures } from './tag-signatures.js';

/** A repository, or one tag of it. */
export interface InspectionRequest {
  /** As the Docker CLI would name it: with the tag, if one is asked for. */
  readonly name: string;
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
}

/** One signed tag beside what the registry has. */
export interface TagFacts extends SignedTag {
  /** The Notary Project signatures of the signed digest. */
  readonly notaryProject: DigestSignatures | undefined;
  readonly registry: 'same' | 'differs' | 'missing';
  /** What the tag points to in the registry, where that differs. */
  readonly registryDigest?: string;
}

/** A tag of the registry that a pull with content trust refuses. */
export interface UnsignedTag {
  readonly tag: string;
  /** Why, if a role lists it nevertheless. */
  readonly reason?: string;
  /** What it points to. */
  readonly digest: string | undefined;
  readonly notaryProject: DigestSignatures | undefined;
}

/** Everything that is known of one repository. */
export interface RepositoryFacts {
  /** As it was asked for, with the tag if one was. */
  readonly name: string;
  readonly gun: Gun;
  readonly hasTrustData: boolean;
  readonly roles: readonly RoleFacts[];
  readonly tags: readonly TagFacts[];
  readonly unsignedTags: readonly UnsignedTag[];
  /** The pin that the root matched; absent when it was trusted on first use. */
  readonly pinnedBy?: string;
}

export interface Inspected {
  readonly facts: RepositoryFacts;
  readonly view: TrustedView | undefined;
}

/** How repositories are inspected. */
export interface Inspecting {
  readonly trustServer: ScopedTrustServer | undefined;
  readonly warnExpiryDays: number;
  readonly pins: readonly Pin[];
  /** Whose Notary Project signatures count; undefined where none are judged. */
  readonly trust: SignatureTrust | undefined;
}

/**
 * Looks at what is signed in a repository, beside what its registry has. Expired data, unsigned tags and
 * missing trust data are findings, not failures.
 * @throws {TrustError} MANIFEST_NOT_FOUND where there is no such repository, and what reading throws
 */
export async function inspectRepository(
  { name, gun, registry, repository, tag }: InspectionRequest,
  { trustServer, warnExpiryDays, pins, trust: signatureTrust }: Inspecting,
  run: AccessRun,
): Promise<Inspected> {
  const { access, clock, signal, log } = run;
  const session = await access.sessionToRead({ host: registry, repository }, trustServer);
  const { images, trust } = session;
  const now = clock();
  const [view, listed] = await Promise.all([
    readRepository(createTrustServer({ url: session.trustServer, gun, ...trust, log }), {
      pins,
      now,
      expiry: 'report',
      signal,
    }),
    images.listTags(repository),
  ]);
  for (const { message } of view?.warnings ?? []) log.warn(message);
  if (!view) log.info(`${gun}  no trust data`);
  if (!view && !listed) {
    throw new TrustError('MANIFEST_NOT_FOUND', `There is no repository ${gun}.`, {
      remedy: 'Check registry and repository, and that something was pushed to it.',
    });
  }
  const isMeant = (one: string): boolean => tag === undefined || one === tag;
  const signed = view ? listTags(view).filter((row) => isMeant(row.tag)) : [];
  const roles = view ? rolesOf(view, now, warnExpiryDays) : [];
  for (const { role, state, expires } of roles) {
    if (state !== 'expiring') continue;
    log.warn(`${role} of ${gun} expires on ${expires?.slice(0, 10) ?? ''}.`);
  }
  const compared = await compare(images, repository, signed, new Set(listed));
  const others = (listed ?? []).filter(isMeant).flatMap((one) => unsigned(view, one));
  const place = { gun, repository, session, trust: signatureTrust };
  const digests = await digestsOfTags(
    place,
    others.map((one) => one.tag),
    run,
  );
  const present = compared.filter((one) => one.registry !== 'missing');
  const found = await signaturesOf(
    place,
    [...present.map(({ digest }) => digest), ...digests.values()],
    run,
  );
  const pinnedBy = matchedPin(view);
  const facts = {
    name,
    gun,
    hasTrustData: view !== undefined,
    roles,
    tags: compared.map((one) => ({ ...one, notaryProject: found.get(one.digest) })),
    unsignedTags: others.map((one) => {
      const digest = digests.get(one.tag);
      return { ...one, digest, notaryProject: found.get(digest ?? '') };
    }),
    ...(pinnedBy === undefined ? {} : { pinnedBy }),
  };
  return { facts, view };
}

type ComparedTag = Omit<TagFacts, 'notaryProject'>;

/** Holds the signed digests against what the registry has under the tags. */
async function compare(
  images: RegistryClient,
  repository: string,
  signed: readonly SignedTag[],
  listed: ReadonlySet<string>,
): Promise<readonly ComparedTag[]> {
  return mapConcurrent(signed, limits.concurrentRepositories, async (row): Promise<ComparedTag> => {
    // A target of another client may have a name that is not a tag, and is in no registry then.
    const manifest = listed.has(row.tag)
      ? await images.getManifest(repository, row.tag)
      : undefined;
    if (!manifest) return { ...row, registry: 'missing' };
    return manifest.digest === row.digest
      ? { ...row, registry: 'same' }
      : { ...row, registry: 'differs', registryDigest: manifest.digest };
  });
}

function unsigned(
  view: TrustedView | undefined,
  tag: string,
): readonly Pick<UnsignedTag, 'tag' | 'reason'>[] {
  const found = view && lookUpTag(view, tag);
  if (found?.kind === 'signed') return [];
  return [found?.kind === 'refused' ? { tag, reason: found.reason } : { tag }];
}
