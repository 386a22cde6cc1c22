/** The signatures of a repository in memory. */
import { createHash } from 'node:crypto';
import { RuleError, type SignatureStore, type StoredEnvelope } from '../../src/notation/index.js';

export function makeStore() {
  const stored = new Map<string, StoredEnvelope>();
  const annotated = new Map<string, Readonly<Record<string, string>>>();
  const read: string[] = [];
  const store: SignatureStore = {
    list: () =>
      Promise.resolve(
        [...stored.keys()].map((digest) => ({
          digest,
          annotations: annotated.get(digest) ?? {},
        })),
      ),
    read: (digest) => {
      read.push(digest);
      const found = stored.get(digest);
      return found ? Promise.resolve(found) : Promise.reject(new RuleError('nothing is there'));
    },
    attach: ({ manifest, annotations, blobs: [, bytes] }) => {
      const digest = `sha256:${createHash('sha256').update(manifest.bytes).digest('hex')}`;
      const { layers } = JSON.parse(manifest.bytes.toString()) as {
        readonly layers: readonly [{ readonly mediaType: string }];
      };
      stored.set(digest, { mediaType: layers[0].mediaType, bytes });
      annotated.set(digest, annotations);
      return Promise.resolve(digest);
    },
  };
  return { store, stored, annotated, read };
}
