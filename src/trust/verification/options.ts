/** What a caller decides about verification. Types only. */
import type { Gun } from '../metadata/index.js';
import type { Pin } from './pins.js';
import type { EarlierState } from './view.js';

/** How a collection is to be verified. */
export interface VerificationOptions {
  readonly gun: Gun;
  readonly now: Date;
  /** Any one suffices; none means trust on first use. */
  readonly pins?: readonly Pin[] | undefined;
  /** What was trusted before: new data must follow from it and not fall behind it. */
  readonly earlier?: EarlierState | undefined;
  /** Accepts root certificates whose common name ends in `*`, as Notary does. Default: false. */
  readonly allowWildcardCertificates?: boolean | undefined;
  /**
   * Whether a listed `targets/releases` that is unusable is left out with a warning, as Docker does
   * (its pull then falls back to `targets`), or is an error. Default: `skip`.
   */
  readonly unusableReleases?: 'skip' | 'refuse' | undefined;
  /** `report` loads expired data and turns expiry into warnings: for diagnosis, never for trust. */
  readonly expiry?: 'enforce' | 'report' | undefined;
}
