/**
 * Looks at what registry and notary-server hold, directly and with the stack's own tokens, so that
 * tests can prove what changed and what did not. Only reads.
 */
import type { Upstream } from '../front/upstream.js';
import { askServer } from './ask-server.js';
import type { OwnTokens } from './own-tokens.js';

/** The published metadata of a repository: bytes as base64, by role; empty without trust data. */
export type TrustState = Readonly<Record<string, string>>;

/** A manifest as the registry serves it. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes as base64. */
  readonly content: string;
}

const MANIFEST_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

/** Root, timestamp, snapshot, targets and every delegation that the targets files list. */
export async function readTrustState(
  notary: Upstream,
  tokens: OwnTokens,
  gun: string,
): Promise<TrustState> {
  const authorization = `Bearer ${await tokens.issue(gun, ['pull'])}`;
  const state: Record<string, string> = {};
  const queue = ['root', 'timestamp', 'snapshot', 'targets'];
  for (let role = queue.shift(); role !== undefined; role = queue.shift()) {
    const path = `/v2/${gun}/_trust/tuf/${role}.json`;
    const { status, body } = await askServer(notary, { path, headers: { authorization } });
    if (status === 404) continue;
    if (status !== 200) throw new Error(`notary-server answered ${status} for ${gun} ${role}`);
    state[role] = body.toString('base64');
    if (role.startsWith('targets')) queue.push(...delegationsIn(body));
  }
  return state;
}

function delegationsIn(targets: Buffer): string[] {
  const { signed } = JSON.parse(targets.toString('utf8')) as {
    signed: { delegations?: { roles?: readonly { name: string }[] } };
  };
  return (signed.delegations?.roles ?? []).map(({ name }) => name);
}

/** The manifest under a tag or digest; null when there is none. */
export async function readManifest(
  registry: Upstream,
  tokens: OwnTokens,
  repository: string,
  reference: string,
): Promise<StoredManifest | null> {
  const { status, headers, body } = await askServer(registry, {
    path: `/v2/${repository}/manifests/${reference}`,
    headers: {
      authorization: `Bearer ${await tokens.issue(repository, ['pull'])}`,
      accept: MANIFEST_TYPES,
    },
  });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`the registry answered ${status} for ${repository}`);
  return {
    digest: String(headers['docker-content-digest']),
    mediaType: String(headers['content-type']),
    content: body.toString('base64'),
  };
}

/** All tags of a repository; empty when there is no such repository. */
export async function readTags(
  registry: Upstream,
  tokens: OwnTokens,
  repository: string,
): Promise<string[]> {
  const { status, body } = await askServer(registry, {
    path: `/v2/${repository}/tags/list`,
    headers: { authorization: `Bearer ${await tokens.issue(repository, ['pull'])}` },
  });
  if (status === 404) return [];
  if (status !== 200) throw new Error(`the registry answered ${status} for ${repository}`);
  const { tags } = JSON.parse(body.toString('utf8')) as { tags: string[] | null };
  return [...(tags ?? [])].sort();
}
