/**
 * Two or more registries in this process, as strict as real ones where a copy could go wrong: each
 * request needs its right in the token, a piece has to begin where the last one ended, a manifest
 * needs all it refers to, and storage refuses credentials.
 */
import { createHash } from 'node:crypto';
import { HttpError } from '../../src/http/index.js';
import type { HttpRequest } from '../../src/http/index.js';
import { isRecord, parseJsonObject } from '../../src/json.js';
import type { Manifest, RepositoryAccess } from '../../src/registry/index.js';
import { fakeHttp, type Answer } from './fake-http.js';

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
}

interface Upload {
  readonly repository: string;
  bytes: Buffer;
}

/** What goes wrong with a request: nothing, an answer instead, or a cut before or after its effect. */
export type Fault = Answer | 'cut-before' | 'cut-after' | undefined;

/** A registry; `storage` makes it send readers of blobs to that host. */
export interface FakeRegistry {
  readonly repository: (name: string) => Repository;
  storage?: string;
  /** Whether parts of blobs can be asked for. */
  ranges: boolean;
}

/** All registries of a test, by host, behind one HTTP client. */
export function fakeRegistries() {
  const registries = new Map<string, FakeRegistry>();
  const uploads = new Map<string, Upload>();
  let fault: (request: HttpRequest, url: URL) => Fault = () => undefined;

  const registry = (host: string): FakeRegistry => {
    const repositories = new Map<string, Repository>();
    const made: FakeRegistry = registries.get(host) ?? {
      ranges: true,
      repository: (name) => {
        const found = repositories.get(name) ?? { blobs: new Map(), manifests: new Map() };
        repositories.set(name, found);
        return found;
      },
    };
    registries.set(host, made);
    return made;
  };

  const handle = (request: HttpRequest, url: URL): Answer => {
    const found = registries.get(url.host);
    if (found) return answer(found, uploads, request, url);
    const owner = [...registries.values()].find(({ storage }) => storage === url.host);
    if (!owner) throw new HttpError('unreachable', `no host ${url.host}`);
    if (request.headers?.Authorization !== undefined) return { status: 400 };
    const [, name = '', digest = ''] = /^\/(.+)@(.+)$/.exec(url.pathname) ?? [];
    return part(owner, request, owner.repository(name).blobs.get(digest));
  };

  const { http, requests } = fakeHttp((request, url) => {
    const wrong = fault(request, url);
    if (wrong === 'cut-before') throw new HttpError('unreachable', 'the connection was cut');
    if (wrong !== undefined && wrong !== 'cut-after') return wrong;
    const given = handle(request, url);
    if (wrong === 'cut-after') throw new HttpError('unreachable', 'the connection was cut');
    return given;
  });

  return {
    requests,
    registry,
    /** Lets requests go wrong; asked once for each. */
    failWith: (body: typeof fault): void => {
      fault = body;
    },
    /** The repository as a copy sees it; its token is the scope itself. */
    at: (host: string, repository: string): RepositoryAccess => ({
      host,
      repository,
      http,
      token: (scope) => Promise.resolve(scope),
    }),
  };
}

function answer(
  registry: FakeRegistry,
  uploads: Map<string, Upload>,
  request: HttpRequest,
  url: URL,
): Answer {
  const { method } = request;
  const [, name = '', kind = '', rest = ''] =
    /^\/v2\/(.+?)\/(blobs|manifests|referrers|tags)\/(.*)$/.exec(url.pathname) ?? [];
  const isRead = method === 'GET' || method === 'HEAD';
  const isUpload = kind === 'blobs' && rest.startsWith('uploads/');
  if (!isAllowed(request, name, isRead && !isUpload ? 'pull' : 'push')) return { status: 401 };
  const repository = registry.repository(name);
  if (isUpload) return upload(registry, uploads, request, url, name);
  if (kind === 'manifests') return manifest(repository, request, decodeURIComponent(rest));
  if (kind === 'tags') return tagList(repository, name);
  if (kind !== 'blobs') return { status: 404 };
  const blob = repository.blobs.get(rest);
  if (!blob) return { status: 404 };
  if (method === 'HEAD') return { status: 200 };
  return registry.storage === undefined
    ? part(registry, request, blob)
    : { status: 307, headers: { Location: `https://${registry.storage}/${name}@${rest}` } };
}

/** A registry knows no repository that nothing was pushed to. */
function tagList({ manifests }: Repository, name: string): Answer {
  const tags = [...manifests.keys()].filter((key) => !key.startsWith('sha256:'));
  return manifests.size === 0 ? { status: 404 } : { body: { name, tags } };
}

function isAllowed({ headers }: HttpRequest, name: string, action: string): boolean {
  const scopes = (headers?.Authorization ?? '').replace(/^Bearer /, '').split(' ');
  return scopes.some((scope) => {
    const [, repository, actions = ''] = scope.split(':');
    return repository === name && actions.split(',').includes(action);
  });
}

function part({ ranges }: FakeRegistry, { headers }: HttpRequest, blob?: Buffer): Answer {
  if (!blob) return { status: 404 };
  const start = Number(/^bytes=(\d+)-$/.exec(headers?.Range ?? '')?.[1] ?? 0);
  return ranges && start > 0 ? { status: 206, body: blob.subarray(start) } : { body: blob };
}

function upload(
  registry: FakeRegistry,
  uploads: Map<string, Upload>,
  request: HttpRequest,
  url: URL,
  name: string,
): Answer {
  const { blobs } = registry.repository(name);
  const id = url.pathname.split('/').at(-1) ?? '';
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount') ?? '';
    const from = url.searchParams.get('from') ?? '';
    const found = registry.repository(from).blobs.get(mount);
    if (found && isAllowed(request, from, 'pull')) {
      blobs.set(mount, found);
      return { status: 201 };
    }
    const next = `upload-${uploads.size}`;
    uploads.set(next, { repository: name, bytes: Buffer.alloc(0) });
    return { status: 202, headers: { Location: `${next}?state=0` } };
  }
  const open = uploads.get(id);
  if (open?.repository !== name) return { status: 404 };
  const where = () => ({
    Location: `https://${url.host}${url.pathname}?state=${open.bytes.length}`,
    Range: `0-${Math.max(open.bytes.length - 1, 0)}`,
  });
  if (request.method === 'GET') return { status: 204, headers: where() };
  if (request.method === 'PATCH') {
    const body = Buffer.from(request.body ?? '');
    const end = open.bytes.length + body.length - 1;
    if (request.headers?.['Content-Range'] !== `${open.bytes.length}-${end}`) {
      return { status: 416 };
    }
    open.bytes = Buffer.concat([open.bytes, body]);
    return { status: 202, headers: where() };
  }
  open.bytes = Buffer.concat([open.bytes, Buffer.from(request.body ?? '')]);
  const digest = url.searchParams.get('digest') ?? '';
  if (sha256(open.bytes) !== digest) {
    return { status: 400, body: { errors: [{ code: 'DIGEST_INVALID', message: 'other' }] } };
  }
  uploads.delete(id);
  blobs.set(digest, open.bytes);
  return { status: 201 };
}

function manifest(repository: Repository, request: HttpRequest, reference: string): Answer {
  if (request.method !== 'PUT') {
    const found = repository.manifests.get(reference);
    if (!found) return { status: 404 };
    const headers = { 'Content-Type': found.mediaType };
    return request.method === 'HEAD' ? { headers } : { headers, body: found.bytes };
  }
  const bytes = Buffer.from(request.body ?? '');
  const content = parseJsonObject(bytes) ?? {};
  const listed = (value: unknown): readonly Record<string, unknown>[] =>
    Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
  const blobs = [...listed([content.config]), ...listed(content.layers)];
  const isWhole =
    listed(content.manifests).every(({ digest }) => repository.manifests.has(String(digest))) &&
    blobs.every(({ digest, urls }) => urls !== undefined || repository.blobs.has(String(digest)));
  if (!isWhole) return { status: 400, body: { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] } };
  const mediaType = request.headers?.['Content-Type'] ?? '';
  repository.manifests.set(reference, { bytes, mediaType });
  return { status: 201, headers: { 'Docker-Content-Digest': sha256(bytes) } };
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

/** Puts an image of these layers into a repository, as though pushed by digest. */
export function putImage(
  repository: Repository,
  layers: readonly Buffer[],
  more: readonly object[] = [],
): Manifest {
  const config = Buffer.from(JSON.stringify({ layers: layers.map(sha256) }));
  const refer = (bytes: Buffer, mediaType: string): object => {
    repository.blobs.set(sha256(bytes), bytes);
    return { mediaType, digest: sha256(bytes), size: bytes.length };
  };
  return put(repository, ociManifest, {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: refer(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [
      ...layers.map((bytes) => refer(bytes, 'application/vnd.oci.image.layer.v1.tar+gzip')),
      ...more,
    ],
  });
}

/** Puts an index of `images`. */
export function putIndex(repository: Repository, images: readonly Manifest[]): Manifest {
  return put(repository, ociIndex, {
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: images.map(({ mediaType, digest, length }) => ({ mediaType, digest, size: length })),
  });
}

/** Stores anything as a manifest of this type. */
export function put(repository: Repository, mediaType: string, content: object): Manifest {
  // The bytes are the image's, so they are not what JSON.stringify would make of them again.
  const bytes = Buffer.from(`${JSON.stringify(content, null, 3)}\n`);
  const digest = sha256(bytes);
  repository.manifests.set(digest, { bytes, mediaType });
  return { digest, length: bytes.length, mediaType, bytes };
}
