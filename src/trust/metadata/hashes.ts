/** Lengths and hashes of metadata files and targets (tuf/data/types.go, client/tufclient.go). */
import { createHash } from 'node:crypto';
import { decodeBase64 } from './base64.js';
import { getOwnProperty } from './guards.js';
import type { FileMeta, Hashes } from './types.js';

/** The algorithms a reader knows, with the length of their digests in bytes. */
const knownHashes = { sha256: 32, sha512: 64 } as const;

/** The SHA-256 of `meta` in lower-case hex, as URLs carry it; undefined if it has none. */
export function sha256HexOf(meta: FileMeta): string | undefined {
  const sha256 = getOwnProperty(meta.hashes, 'sha256');
  if (sha256 === undefined || !hasLength('sha256', sha256)) return undefined;
  return Buffer.from(sha256, 'base64').toString('hex');
}

/** Why `bytes` do not hash to what `hashes` says, or undefined if they do. */
export function hashMismatch(bytes: Uint8Array, hashes: Hashes): string | undefined {
  let known = 0;
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const expected = getOwnProperty(hashes, algorithm);
    if (expected === undefined) continue;
    known += 1;
    if (digestOf(algorithm, bytes) !== expected) {
      const hex = Buffer.from(expected, 'base64').toString('hex');
      return `its ${algorithm} does not match, expected ${hex}`;
    }
  }
  return known === 0 ? 'no known hash is listed for it' : undefined;
}

/** Why `hashes` cannot bind a file, or undefined: a SHA-256 is needed, known ones of full length. */
export function hashesFlaw(hashes: Hashes): string | undefined {
  if (getOwnProperty(hashes, 'sha256') === undefined) return 'without a sha256';
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const value = getOwnProperty(hashes, algorithm);
    if (value !== undefined && !hasLength(algorithm, value)) {
      return `with a ${algorithm} of the wrong length`;
    }
  }
  return undefined;
}

function hasLength(algorithm: keyof typeof knownHashes, base64: string): boolean {
  return decodeBase64(base64, algorithm).length === knownHashes[algorithm];
}

function digestOf(algorithm: keyof typeof knownHashes, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('base64');
}
