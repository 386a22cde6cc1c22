/**
 * A registry in memory for the loopback hosts of test/http: OCI distribution 1.1 with the referrers
 * API, or without it. All host names lead to the same content, as for runs on several machines.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient } from '../../src/http/index.js';
import { isRecord, parseJsonObject } from '../../src/json.js';
import type { RepositoryAccess } from '../../src/registry/index.js';
import { startLoopback, type Loopback, type LoopbackHandler } from '../http/loopback.js';

const indexType = 'application/vnd.oci.image.index.v1+json';

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** How the registry behaves. */
export interface RegistryBehaviour {
  /** Whether it has the referrers API. */
  api: boolean;
  /** Whether it says so when it takes a manifest with a subject. */
  subjectHeader: boolean;
  /** Whether the API leaves out other types, and says so. */
  filters: boolean;
  /** Entries of a page of the API; 0 for all. */
  pageSize: number;
  /** Milliseconds before it answers. */
  latencyMs: () => number;
  /** Answers instead of the registry, for whoever wants something to go wrong. */
  intercept: (method: string, path: string, host: string) => Failure | undefined;
}

export interface Failure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the registry does what it was asked for nevertheless. */
  readonly takesEffect?: boolean;
}

interface Stored {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface MemoryRegistry extends RegistryBehaviour {
  readonly loopback: Loopback;
  readonly manifests: Map<string, Stored>;
  readonly tags: Map<string, string>;
  readonly blobs: Map<string, Buffer>;
  /** The repository `app` as a run on a machine of its own sees it. */
  readonly at: (machine?: string) => RepositoryAccess;
  readonly putManifest: (content: object, mediaType?: string, tag?: string) => Stored & Subject;
}

interface Subject {
  readonly digest: string;
  readonly size: number;
}

/** Starts the registry; `close` of its loopback ends it. */
export async function startMemoryRegistry(
  behaviour: Partial<RegistryBehaviour> = {},
): Promise<MemoryRegistry> {
  const registry = storage(behaviour);
  return withAccess(registry, await startLoopback(serving(() => registry)));
}

/** Starts two registries: the host `contoso` leads to the first, `fabrikam` to the second. */
export async function startTwoRegistries(
  first: Partial<RegistryBehaviour>,
  second: Partial<RegistryBehaviour>,
): Promise<readonly [MemoryRegistry, MemoryRegistry]> {
  const [contoso, fabrikam] = [storage(first), storage(second)];
  const loopback = await startLoopback(
    serving((host) => (host.startsWith('fabrikam.') ? fabrikam : contoso)),
  );
  return [withAccess(contoso, loopback), withAccess(fabrikam, loopback, 'fabrikam')];
}

function storage(behaviour: Partial<RegistryBehaviour>): Content {
  return {
    api: true,
    subjectHeader: true,
    filters: true,
    pageSize: 0,
    latencyMs: () => 0,
    intercept: () => undefined,
    ...behaviour,
    manifests: new Map(),
    tags: new Map(),
    blobs: new Map(),
  };
}

function serving(registryOf: (host: string) => Content): LoopbackHandler {
  return (host, request, response) => {
    void answer(registryOf(host), host, request, response);
  };
}

function withAccess(registry: Content, loopback: Loopback, name = 'contoso'): MemoryRegistry {
  const http = createHttpClient({ userAgent: 'test/1', environment: process.env });
  return Object.assign(registry, {
    loopback,
    at: (machine = name) => ({
      host: `${machine}.azurecr.test`,
      repository: 'app',
      http,
      token: () => Promise.resolve(undefined),
    }),
    putManifest: (body: object, mediaType = indexType, tag?: string) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const digest = sha256(bytes);
      registry.manifests.set(digest, { mediaType, bytes });
      if (tag !== undefined) registry.tags.set(tag, digest);
      return { mediaType, bytes, digest, size: bytes.length };
    },
  });
}

type Content = RegistryBehaviour & Pick<MemoryRegistry, 'manifests' | 'tags' | 'blobs'>;

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

async function answer(
  registry: Content,
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = 'GET', url = '/' } = request;
  const failure = registry.intercept(method, url, host);
  await sleep(registry.latencyMs());
  let reply: Reply = failure ?? { status: 500 };
  if (!failure || failure.takesEffect === true) {
    const given = replyTo(
      registry,
      method,
      new URL(url, 'https://x'),
      request,
      Buffer.concat(chunks),
    );
    reply = failure ?? given;
  }
  await sleep(registry.latencyMs());
  response.writeHead(reply.status, reply.headers);
  response.end(method === 'HEAD' ? undefined : reply.body);
}

function replyTo(
  registry: Content,
  method: string,
  url: URL,
  request: IncomingMessage,
  body: Buffer,
): Reply {
  const [, kind = '', rest = ''] =
    /^\/v2\/app\/(blobs|manifests|referrers|tags)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ??
    [];
  if (kind === 'blobs') return blob(registry, method, url, rest, body);
  if (kind === 'manifests') return manifest(registry, method, rest, request, body);
  if (kind === 'tags') return json({ name: 'app', tags: [...registry.tags.keys()] });
  if (kind === 'referrers' && registry.api) return referrers(registry, url, rest);
  return missing('UNSUPPORTED');
}

function json(value: object, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = JSON.stringify(value);
  return { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

function missing(code: string): Reply {
  const errors = [{ code, message: code }];
  return { ...json({ errors }), status: 404 };
}

function blob({ blobs }: Content, method: string, url: URL, rest: string, body: Buffer): Reply {
  if (method === 'POST') {
    return { status: 202, headers: { Location: `/v2/app/blobs/uploads/${randomUUID()}` } };
  }
  if (rest.startsWith('uploads/')) {
    const id = rest.slice('uploads/'.length);
    const sofar = blobs.get(id) ?? Buffer.alloc(0);
    const bytes = Buffer.concat([sofar, body]);
    const digest = url.searchParams.get('digest');
    if (method === 'PATCH') {
      blobs.set(id, bytes);
      return { status: 202, headers: { Range: `0-${bytes.length - 1}` } };
    }
    if (digest === null || sha256(bytes) !== digest) return { status: 400 };
    blobs.delete(id);
    blobs.set(digest, bytes);
    return { status: 201 };
  }
  const found = blobs.get(rest);
  return found ? { status: 200, body: found } : missing('BLOB_UNKNOWN');
}

function manifest(
  registry: Content,
  method: string,
  reference: string,
  request: IncomingMessage,
  body: Buffer,
): Reply {
  const { manifests, tags, blobs, api, subjectHeader } = registry;
  if (method !== 'PUT') {
    const digest = reference.includes(':') ? reference : (tags.get(reference) ?? '');
    const found = manifests.get(digest);
    return found
      ? { status: 200, headers: { 'Content-Type': found.mediaType }, body: found.bytes }
      : missing('MANIFEST_UNKNOWN');
  }
  const content = parseJsonObject(body) ?? {};
  const needed = [
    content.config,
    ...(Array.isArray(content.layers) ? (content.layers as readonly unknown[]) : []),
  ];
  if (!needed.every((one) => !isRecord(one) || blobs.has(String(one.digest)))) {
    return { ...missing('MANIFEST_BLOB_UNKNOWN'), status: 400 };
  }
  const digest = sha256(body);
  manifests.set(digest, { mediaType: request.headers['content-type'] ?? '', bytes: body });
  if (!reference.includes(':')) tags.set(reference, digest);
  const subject = isRecord(content.subject) ? String(content.subject.digest) : undefined;
  const says = api && subjectHeader && subject !== undefined;
  return {
    status: 201,
    headers: { 'Docker-Content-Digest': digest, ...(says && { 'OCI-Subject': subject }) },
  };
}

function referrers(registry: Content, url: URL, digest: string): Reply {
  const wanted = url.searchParams.get('artifactType');
  const isFiltered = wanted !== null && registry.filters;
  const all = [...registry.manifests].flatMap(([own, { mediaType, bytes }]) => {
    const { subject, config, artifactType, annotations } = parseJsonObject(bytes) ?? {};
    if (!isRecord(subject) || subject.digest !== digest) return [];
    const type = artifactType ?? (isRecord(config) ? config.mediaType : undefined);
    if (isFiltered && type !== wanted) return [];
    return [{ mediaType, digest: own, size: bytes.length, artifactType: type, annotations }];
  });
  const from = Number(url.searchParams.get('from') ?? 0);
  const to = registry.pageSize === 0 ? all.length : from + registry.pageSize;
  const next = new URL(url);
  next.searchParams.set('from', String(to));
  return json(
    { schemaVersion: 2, mediaType: indexType, manifests: all.slice(from, to) },
    {
      'Content-Type': indexType,
      ...(isFiltered && { 'OCI-Filters-Applied': 'artifactType' }),
      ...(to < all.length && { Link: `<${next.pathname}${next.search}>; rel="next"` }),
    },
  );
}
