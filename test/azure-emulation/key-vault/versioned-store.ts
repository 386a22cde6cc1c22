/**
 * Named things with versions, as a vault keeps keys, secrets and certificates: the newest version
 * answers for the name, and a deleted name stays taken until it is recovered or purged.
 */

/** Attributes that every version of everything has; times in seconds since 1970. */
export interface Attributes {
  enabled: boolean;
  nbf?: number;
  exp?: number;
  readonly created: number;
  updated: number;
}

/** A version of something in a vault. */
export interface Version {
  /** 32 hexadecimal digits. */
  readonly version: string;
  readonly attributes: Attributes;
  tags: Readonly<Record<string, string>>;
}

/** A name and its versions, oldest first. */
export interface Entry<V extends Version> {
  readonly name: string;
  readonly versions: V[];
  /** Belongs to a certificate of the same name. */
  readonly managed: boolean;
  /** Seconds since 1970, when the entry was deleted. */
  deletedAt?: number;
}

/** A vault's collection of one kind. */
export interface VersionedStore<V extends Version> {
  /** Adds a version, making the name if needed; undefined when the name is deleted but taken. */
  add(name: string, version: V, managed?: boolean): V | undefined;
  /** The living entry of this name. */
  entry(name: string): Entry<V> | undefined;
  /** A version of a living entry; without `version` the newest. */
  get(name: string, version?: string): V | undefined;
  list(): readonly Entry<V>[];
  delete(name: string, now: number): Entry<V> | undefined;
  deleted(name: string): Entry<V> | undefined;
  listDeleted(): readonly Entry<V>[];
  recover(name: string): Entry<V> | undefined;
  purge(name: string): boolean;
  /** Puts a backup back; false when the name is taken. */
  restore(entry: Entry<V>): boolean;
}

/** Makes an empty collection. Names differ in case only never, as in Key Vault. */
export function createVersionedStore<V extends Version>(): VersionedStore<V> {
  const entries = new Map<string, Entry<V>>();
  const find = (name: string): Entry<V> | undefined => entries.get(name.toLowerCase());
  const living = (name: string): Entry<V> | undefined => {
    const entry = find(name);
    return entry?.deletedAt === undefined ? entry : undefined;
  };
  const deleted = (name: string): Entry<V> | undefined => {
    const entry = find(name);
    return entry?.deletedAt === undefined ? undefined : entry;
  };
  return {
    add: (name, version, managed = false) => {
      const known = find(name);
      if (known?.deletedAt !== undefined) return undefined;
      if (known === undefined) {
        entries.set(name.toLowerCase(), { name, versions: [version], managed });
      } else {
        known.versions.push(version);
      }
      return version;
    },
    entry: living,
    get: (name, version) => {
      const versions = living(name)?.versions;
      return version === undefined || version === ''
        ? versions?.at(-1)
        : versions?.find((v) => v.version === version);
    },
    list: () => [...entries.values()].filter((e) => e.deletedAt === undefined),
    delete: (name, now) => {
      const entry = living(name);
      if (entry !== undefined) entry.deletedAt = now;
      return entry;
    },
    deleted,
    listDeleted: () => [...entries.values()].filter((e) => e.deletedAt !== undefined),
    recover: (name) => {
      const entry = deleted(name);
      if (entry !== undefined) delete entry.deletedAt;
      return entry;
    },
    purge: (name) => deleted(name) !== undefined && entries.delete(name.toLowerCase()),
    restore: (entry) => {
      if (find(entry.name) !== undefined) return false;
      entries.set(entry.name.toLowerCase(), entry);
      return true;
    },
  };
}
