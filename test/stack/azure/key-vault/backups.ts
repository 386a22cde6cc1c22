/**
 * Backups of keys and secrets. The blob is only a name for a copy that the emulator keeps, so it
 * gives nothing away and restores nowhere else.
 */
import { randomBytes } from 'node:crypto';

import type { Entry, Version } from './versioned-store.js';

/** Copies of entries by blob. */
export interface Backups {
  /** Copies an entry and returns the blob, base64url. */
  take<V extends Version>(collection: string, entry: Entry<V>): string;
  /** A fresh copy of what the blob stands for, or undefined. */
  open(collection: string, blob: string): Entry<Version> | undefined;
}

/** Makes an empty set of backups. */
export function createBackups(): Backups {
  const kept = new Map<string, Entry<Version>>();
  return {
    take: (collection, entry) => {
      const blob = randomBytes(48).toString('base64url');
      kept.set(`${collection}/${blob}`, copy(entry));
      return blob;
    },
    open: (collection, blob) => {
      const entry = kept.get(`${collection}/${blob.replace(/=+$/, '')}`);
      return entry && copy(entry);
    },
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
