/**
 * The referrers API (OCI distribution 1.1) in front of the real registry, which has none: notes
 * which manifests name a subject as they are pushed, and lists them. Where a registry of the
 * emulation has no such API, nothing here is asked, and everything reaches the real registry.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { probe, type Answered, type OnTheWay, type Upstream } from './upstream.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/?]+)$/;
const REFERRERS = /^\/v2\/(?<name>.+)\/referrers\/(?<digest>[^/?]+)(?:\?(?<query>.*))?$/;
/** The real service's is not known: small enough that a test sees several pages. */
const PAGE_SIZE = 10;

interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface PushedManifest {
  readonly subject?: { readonly digest: string };
  readonly artifactType?: string;
  readonly config?: { readonly mediaType: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The referrers of all registries. */
export interface Referrers {
  /** What to do with the real registry's answer to a push or a deletion; undefined for other requests. */
  watch(host: string, req: IncomingMessage): ((answer: Answered) => void) | undefined;
  /** Answers a request for a list; false when it is another request. */
  list(
    upstream: Upstream,
    host: string,
    req: IncomingMessage,
    res: ServerResponse,
    cut?: OnTheWay['cut'],
  ): boolean;
}

/** Makes an empty index. */
export function createReferrers(): Referrers {
  /** By `<host>/<repository>`, then by the digest of the subject, in the order of the pushes. */
  const repositories = new Map<string, Map<string, Referrer[]>>();
  const of = (repository: string) => {
    const subjects = repositories.get(repository) ?? new Map<string, Referrer[]>();
    repositories.set(repository, subjects);
    return subjects;
  };
  const add = (repository: string, mediaType: string, body: Buffer): string | undefined => {
    const manifest = JSON.parse(body.toString()) as PushedManifest;
    const subject = manifest.subject?.digest;
    if (subject === undefined) return undefined;
    const { config, annotations, artifactType = config?.mediaType } = manifest;
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const others = (of(repository).get(subject) ?? []).filter((one) => one.digest !== digest);
    const entry = {
      mediaType,
      digest,
      size: body.length,
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations !== undefined && { annotations }),
    };
    of(repository).set(subject, [...others, entry]);
    return subject;
  };
  /** As in the real service, what refers to an image goes with it. */
  const remove = (repository: string, digest: string): void => {
    const subjects = of(repository);
    subjects.delete(digest);
    for (const [subject, list] of subjects) {
      const rest = list.filter((one) => one.digest !== digest);
      subjects.set(subject, rest);
    }
  };
  return {
    watch(host, req) {
      const { name, reference = '' } = MANIFEST.exec(req.url ?? '')?.groups ?? {};
      if (name === undefined) return undefined;
      const repository = `${host}/${name}`;
      if (req.method === 'DELETE') {
        return ({ status }) => {
          if (status === 202) remove(repository, reference);
        };
      }
      if (req.method !== 'PUT') return undefined;
      const pieces: Buffer[] = [];
      req.on('data', (piece: Buffer) => pieces.push(piece));
      return ({ status, headers }) => {
        if (status !== 201) return;
        const mediaType = req.headers['content-type'] ?? '';
        const subject = add(repository, mediaType, Buffer.concat(pieces));
        if (subject !== undefined) headers['oci-subject'] = subject;
      };
    },
    list(upstream, host, req, res, cut) {
      const { name = '', digest = '', query } = REFERRERS.exec(req.url ?? '')?.groups ?? {};
      if (req.method !== 'GET' || digest === '') return false;
      req.resume();
      // Who may read the manifest may read the list; the real registry says who that is.
      probe(upstream, host, `/v2/${name}/manifests/${digest}`, req, (refused) => {
        if (refused !== undefined) {
          res.writeHead(refused.status, refused.headers).end();
          return;
        }
        if (cut !== undefined) {
          req.socket.destroy();
          return;
        }
        const asked = new URLSearchParams(query);
        const all = of(`${host}/${name}`).get(digest) ?? [];
        answer(res, `/v2/${name}/referrers/${digest}`, asked, all);
      });
      return true;
    },
  };
}

/** One page of the list, with the address of the next one. */
function answer(
  res: ServerResponse,
  path: string,
  asked: URLSearchParams,
  all: readonly Referrer[],
): void {
  const type = asked.get('artifactType');
  const wanted = type === null ? all : all.filter((one) => one.artifactType === type);
  const from = Number(asked.get('from') ?? 0);
  const next = new URLSearchParams(asked);
  next.set('from', String(from + PAGE_SIZE));
  res.writeHead(200, {
    'content-type': INDEX,
    ...(type !== null && { 'oci-filters-applied': 'artifactType' }),
    ...(from + PAGE_SIZE < wanted.length && { link: `<${path}?${next.toString()}>; rel="next"` }),
  });
  const manifests = wanted.slice(from, from + PAGE_SIZE);
  res.end(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
}
