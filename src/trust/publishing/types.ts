/** What publishing is given and what it gives back. Types only. */
import type { Clock, Log } from '../../ports.js';
import type { RoleName } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import type { Pin, TrustedView } from '../verification/index.js';

/** What a tag is to point to. */
export interface TagContent {
  /** `sha256:` and the lower-case hex digest of the manifest. */
  readonly digest: string;
  /** Size of the manifest in bytes. */
  readonly length: number;
}

/** Tags by name. */
export type Tags = ReadonlyMap<string, TagContent>;

/** What every operation here needs besides the server. */
export interface PublishingContext {
  /** What is known about the root beforehand; none means trust on first use. */
  readonly pins: readonly Pin[];
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn' | 'debug'>;
  readonly signal?: AbortSignal | undefined;
  /** How long to go on meeting conflicts and breakdowns; default limits.publishDeadlineMs. */
  readonly deadlineMs?: number;
}

/** What any change of an existing repository needs, and what makes it quick and safe. */
export interface ChangeOptions extends PublishingContext {
  /**
   * `report` lets the change begin from expired data, so that it can be renewed, and end in a view
   * in which other roles may have expired still; default: `enforce`.
   */
  readonly expiry?: 'enforce' | 'report' | undefined;
  /**
   * What was read and verified in this run: spares the first reading. The server's version check
   * makes it safe, as whatever came since is met as a conflict.
   */
  readonly known?: TrustedView | undefined;
  /**
   * Asked before every publish, after the trust data was read that it is made from: throws where the
   * change is not wanted any more. In this order nobody comes between unseen: whoever published
   * before the reading is noticed here, and whoever publishes after it is met as a conflict. Gets
   * what the change is made from.
   */
  readonly recheck?: ((view: TrustedView) => Promise<void>) | undefined;
  /** Told when the read-back begins, so that other looks at the result can run beside it. */
  readonly onReadBack?: (() => void) | undefined;
}

/** What {@link publishTags} needs. */
export interface PublishTagsOptions extends ChangeOptions {
  readonly signer: Signer;
  readonly tags: Tags;
  /** Asks the registry whether the tags still point to what is to be signed. Never left out. */
  readonly recheck: (view: TrustedView) => Promise<void>;
  /** Told which of the tags another run has signed since, before that is thrown. */
  readonly onOvertaken?: ((tags: readonly string[]) => void) | undefined;
}

/** Tags that were read back, as a stranger, with the digests that were asked for. */
export interface PublishedTags {
  /** What the stranger saw. */
  readonly view: TrustedView;
  /** Every role that states the tags, in order of their names. */
  readonly roles: readonly RoleName[];
  /** How many publishes were sent. */
  readonly attempts: number;
  /** Whether everything stood there before we came, so that nothing was sent. */
  readonly alreadySigned: boolean;
}
