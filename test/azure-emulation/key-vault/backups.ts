/**
 * Backups of keys and secrets. The blob is only a name for a copy that the emulator keeps, so it
 * gives nothing away and restores nowhere else.
 */
import { randomBytes } from 'node:crypto';

import type { Entry, Version } from './versioned-store.js';

/** Copies of entries by blob; a certificate comes with the key and the secret that belong to it. */
export interface Backups {
  /** Copies entries and returns the blob, base64url. */
  take(collection: string, entries: readonly Entry<Version>[]): string;
  /** Fresh copies of what the blob stands for, in the same order, or undefined. */
  open(collection: string, blob: string): readonly Entry<Version>[] | undefined;
}

/** Makes an empty set of backups. */
export function createBackups(): Backups {
  const kept = new Map<string, readonly Entry<Version>[]>();
  return {
    take: (collection, entries) => {
      const blob = randomBytes(48).toString('base64url');
      kept.set(`${collection}/${blob}`, entries.map(copy));
      return blob;
    },
    open: (collection, blob) => kept.get(`${collection}/${blob.replace(/=+$/, '')}`)?.map(copy),
  };
}

function copy(entry: Entry<Version>): Entry<Version> {
  const { name, managed, versions } = entry;
  return {
    name,
    managed,
    versions: versions.map((v) => ({ ...v, attributes: { ...v.attributes } })),
  };
}
