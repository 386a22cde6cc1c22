/**
 * Puts a small real image into docker-registry, past the front: for tests of what is there already,
 * however it came. An engine takes a second for the same.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { packTar } from 'modern-tar';

import type { Upstream } from '../front/upstream.js';
import { askServer, type ServerAnswer } from './ask-server.js';
import type { OwnTokens } from './own-tokens.js';

const DOCKER = 'application/vnd.docker';

/** The same for all, so that the same content is the same image. */
const created = new Date().toISOString();

const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Stores an image that holds `marker` in a file, under every tag; its digest. */
export async function storeImage(
  registry: Upstream,
  tokens: OwnTokens,
  repository: string,
  tags: readonly string[],
  marker: string,
): Promise<string> {
  const authorization = `Bearer ${await tokens.issue(repository, ['pull', 'push'])}`;
  const send = async (
    method: string,
    path: string,
    body?: Buffer,
    type = 'application/octet-stream',
  ): Promise<ServerAnswer> => {
    const headers = { authorization, 'content-type': type };
    const answer = await askServer(registry, { method, path, headers, ...(body && { body }) });
    if (answer.status > 299) {
      throw new Error(
        `the registry answered ${answer.status} to ${method} ${path}: ${answer.body.toString()}`,
      );
    }
    return answer;
  };
  const store = async (bytes: Buffer, mediaType: string) => {
    const { headers } = await send('POST', `/v2/${repository}/blobs/uploads/`);
    const upload = new URL(String(headers.location), 'http://registry');
    const digest = sha256(bytes);
    upload.searchParams.set('digest', digest);
    await send('PUT', upload.pathname + upload.search, bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const body = Buffer.from(marker);
  const mtime = new Date(created);
  const tar = Buffer.from(
    await packTar([{ header: { name: 'marker', size: body.length, type: 'file', mtime }, body }]),
  );
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: {},
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    history: [{ created, created_by: 'COPY marker /marker' }],
  };
  const mediaType = `${DOCKER}.distribution.manifest.v2+json`;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: await store(Buffer.from(JSON.stringify(config)), `${DOCKER}.container.image.v1+json`),
      layers: [await store(gzipSync(tar), `${DOCKER}.image.rootfs.diff.tar.gzip`)],
    }),
  );
  for (const tag of tags) {
    await send('PUT', `/v2/${repository}/manifests/${tag}`, manifest, mediaType);
  }
  return sha256(manifest);
}
