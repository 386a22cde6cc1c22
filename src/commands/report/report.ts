/** What the trust report says of an image that was built, pushed or signed. Types only. */
import type { BaseImageReport } from '../../docker/index.js';
import { code, escape } from './markdown.js';
import type { ErrorFacts } from './report-model.js';
import type { TagState } from '../signing/registry-state.js';

export { code, escape };

/** One tag as it stands after the run. */
export interface TagReport {
  readonly tag: string;
  /** Undefined when the run ended before it was known. */
  readonly digest: string | undefined;
  /** Size of the manifest in bytes. */
  readonly length: number | undefined;
  readonly signed: boolean;
  readonly state: TagState;
}

/** The content of the trust report; `formatVersion` changes when a field changes its meaning. */
export interface TrustReport {
  readonly formatVersion: 1;
  readonly command: string;
  /** When the run ended. */
  readonly at: string;
  readonly outcome: 'done' | 'failed';
  /** Why the run failed. */
  readonly error: ErrorFacts | undefined;
  readonly registry: string;
  readonly repository: string;
  readonly gun: string;
  readonly digest: string | undefined;
  readonly image: string | undefined;
  /** Whether this run has put the image into the registry, under whatever name. */
  readonly pushed: 'yes' | 'no' | 'unknown';
  readonly tags: readonly TagReport[];
  readonly engine: 'native' | 'docker' | undefined;
  readonly key:
    { readonly id: string; readonly method: string; readonly description: string } | undefined;
  readonly roles: readonly string[];
  /** True when this run created the repository's trust data. */
  readonly initialised: boolean;
  /** The pin that the root matched; absent when it was trusted on first use. */
  readonly pinnedBy: string | undefined;
  /** When each role expires, soonest first. */
  readonly expires: readonly { readonly role: string; readonly expires: string }[];
  readonly baseImages: readonly BaseImageReport[];
  readonly warnings: readonly string[];
}
