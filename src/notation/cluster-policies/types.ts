/** What the files of this folder hand to each other. Types only. */
import type { TrustedSigners } from '../policy/index.js';

/** Whose Notary Project signatures a cluster is to accept; always at the level `strict`. */
export type TrustedInCluster = Pick<
  TrustedSigners,
  'certificates' | 'identities' | 'timestampRoots'
> & {
  /** `registry/repository`, or patterns of such names with `*`. */
  readonly images: readonly string[];
};

/** Contents of files by their path, which is relative and has `/` on every system. */
export type PolicyFiles = ReadonlyMap<string, string>;

/** A way to tell a program what it is to accept. */
export interface PolicyFormat {
  /** What the program cannot check of all that is asked for; undefined where it can check all. */
  readonly lacks: (trusted: TrustedInCluster) => string | undefined;
  readonly write: (trusted: TrustedInCluster) => PolicyFiles;
}
