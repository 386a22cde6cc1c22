/**
 * What is attached to an image (OCI distribution specification 1.1, "Listing Referrers"): asked of
 * the registry's referrers API, or read from the tag that stands in for it where there is none.
 */
import { TrustError } from '../errors.js';
import { parseErrorResponse, type HttpResponse } from '../http/index.js';
import { isRecord, parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import { readDescriptor, recordsIn, textsIn, type Descriptor } from './content.js';
import { unexpectedResponse } from './error-mapping.js';
import { parseDigest, parseRepository } from './image-name.js';
import { bareMediaType, manifestMediaTypes } from './media-types.js';
import { readReferrersTag } from './referrers-tag.js';
import { pagesOf, sendToRepository } from './send.js';
import type { RepositoryAccess } from './types.js';

/** An artifact that is attached to an image. */
export interface Referrer extends Descriptor {
  readonly artifactType: string | undefined;
  /** As the registry copied them: a hint, and no proof. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Artifacts of an image, and where the registry keeps the list of them. */
export interface Referrers {
  readonly source: 'api' | 'tag';
  readonly referrers: readonly Referrer[];
}

const [indexMediaType] = manifestMediaTypes;

/**
 * All artifacts that are attached to `digest`.
 * @param artifactType theirs; without it those of all types.
 * @throws {TrustError} REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED, REGISTRY_UNREACHABLE, INTERRUPTED
 */
export async function listReferrers(
  access: RepositoryAccess,
  digest: string,
  artifactType?: string,
): Promise<Referrers> {
  const query =
    artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const entries = await askApi(access, digest, query);
  const found = entries ?? (await readReferrersTag(access, digest)).entries.map(asListed);
  const wanted = found.filter(
    ({ entry, isFiltered }) =>
      artifactType === undefined ||
      entry.artifactType === artifactType ||
      (isFiltered && entry.artifactType === undefined),
  );
  const referrers = new Map(
    wanted.flatMap(({ entry }) => readReferrer(entry)).map((one) => [one.digest, one]),
  );
  return { source: entries ? 'api' : 'tag', referrers: [...referrers.values()] };
}

/** Whether the registry has the API: it answers for a digest that no image can have. */
export async function hasReferrersApi(access: RepositoryAccess): Promise<boolean> {
  const nothing = `sha256:${'0'.repeat(64)}`;
  return (await askApi(access, nothing, '')) !== undefined;
}

interface Listed {
  readonly entry: Readonly<Record<string, unknown>>;
  /** Whether the registry says that it has left out other types. */
  readonly isFiltered: boolean;
}

function asListed(entry: Listed['entry']): Listed {
  return { entry, isFiltered: false };
}

/** The entries of all pages; undefined where there is no API. */
async function askApi(
  access: RepositoryAccess,
  digest: string,
  query: string,
): Promise<readonly Listed[] | undefined> {
  const { host, repository } = access;
  const found: Listed[] = [];
  const first = `${referrersUrl(access, digest)}${query}`;
  const what = `The list of what is attached to ${host}/${repository}@${digest}`;
  const ask = (url: string): Promise<HttpResponse> =>
    sendToRepository(
      access,
      { action: 'pull' },
      { method: 'GET', url, maxBytes: limits.manifestBytes },
    );
  let isFirst = true;
  for await (const response of pagesOf(host, what, first, ask)) {
    if (isFirst && isWithoutApi(response)) return undefined;
    isFirst = false;
    const entries = entriesIn(response);
    if (!entries) {
      // The specification's answer for a repository that nothing was pushed to.
      if (parseErrorResponse(response).code === 'NAME_UNKNOWN') return [];
      throw unexpectedResponse(host, `GET of the referrers of ${repository}@${digest}`, response);
    }
    const isFiltered = isFilterApplied(response);
    found.push(...entries.map((entry) => ({ entry, isFiltered })));
    if (found.length > limits.referrers) {
      throw tooMany(access, digest);
    }
  }
  return found;
}

function referrersUrl({ host, repository }: RepositoryAccess, digest: string): string {
  return `https://${host}/v2/${parseRepository(repository)}/referrers/${parseDigest(digest)}`;
}

/** 404, or something else than an index: the registry does not know the question. */
function isWithoutApi(response: HttpResponse): boolean {
  const { status } = response;
  if (status === 404) return parseErrorResponse(response).code !== 'NAME_UNKNOWN';
  if (status === 405 || status === 501) return true;
  return status === 200 && bareMediaType(response.header('content-type')) !== indexMediaType;
}

function entriesIn({ status, body }: HttpResponse): readonly Listed['entry'][] | undefined {
  return status === 200 ? recordsIn(parseJsonObject(body)?.manifests) : undefined;
}

/** By the header, or as earlier drafts of the specification had it, by an annotation. */
function isFilterApplied(response: HttpResponse): boolean {
  const annotations = parseJsonObject(response.body)?.annotations;
  const annotation = isRecord(annotations)
    ? annotations['org.opencontainers.referrers.filtersApplied']
    : undefined;
  return [response.header('oci-filters-applied'), annotation].some(
    (filters) => typeof filters === 'string' && filters.split(/[\s,]+/).includes('artifactType'),
  );
}

/** None for an entry that names no manifest: it must not hide the others. */
function readReferrer(entry: Listed['entry']): readonly Referrer[] {
  const { artifactType, annotations } = entry;
  const descriptor = readDescriptor(entry);
  if (!descriptor || descriptor.mediaType === '') return [];
  const isText = typeof artifactType === 'string' && artifactType !== '';
  return [
    {
      ...descriptor,
      artifactType: isText ? artifactType : undefined,
      annotations: textsIn(annotations),
    },
  ];
}

function tooMany({ host, repository }: RepositoryAccess, digest: string): TrustError {
  return new TrustError(
    'REGISTRY_FAILED',
    `${host}/${repository}@${digest} has more than ${limits.referrers} attached artifacts`,
    { remedy: 'Delete artifacts that nobody needs, or ask who attached them.' },
  );
}
