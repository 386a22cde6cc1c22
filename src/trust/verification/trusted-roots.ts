/**
 * The first part of the workflow of ./collection.ts: from pins, an earlier state or first use to the
 * root in force, one root after the other. A root that is refused leaves the state as it was.
 */
import { limits } from '../../limits.js';
import { parseRoot, type Envelope, type Gun, type RootSigned } from '../metadata/index.js';
import type { DocumentChecks } from './checks.js';
import { invalidData } from './errors.js';
import type { VerificationOptions } from './options.js';
import { preparePin, type PreparedPin } from './pins.js';
import { isSignedBy, validateRoot, type RootVerdict } from './root.js';
import type { PinnedBy } from './view.js';

/** The root of one GUN, and what vouches for it. */
export class TrustedRoots {
  readonly #gun: Gun;
  readonly #checks: DocumentChecks;
  readonly #pins: readonly PreparedPin[];
  /** The root that was trusted before anything was read, if any. */
  readonly #earlier: Envelope<RootSigned> | undefined;
  readonly allowWildcard: boolean;
  #root: Envelope<RootSigned> | undefined;
  #pinnedBy: PinnedBy | undefined;

  /** @throws {TrustError} INPUT_INVALID for a pin that cannot be used. */
  constructor(options: VerificationOptions, checks: DocumentChecks) {
    this.#gun = options.gun;
    this.#checks = checks;
    this.#pins = (options.pins ?? []).map(preparePin);
    this.allowWildcard = options.allowWildcardCertificates ?? false;
    this.#earlier = this.#root = options.earlier?.root;
  }

  /** The root trusted so far, if any. */
  get current(): Envelope<RootSigned> | undefined {
    return this.#root;
  }

  /**
   * The root in force with what vouches for it; undefined until one that may be last was accepted.
   * Where none was fetched that is the earlier one, held to the same rules. @throws {TrustError}
   */
  anchored(): { readonly root: Envelope<RootSigned>; readonly pinnedBy: PinnedBy } | undefined {
    if (this.#earlier !== undefined && this.#root === this.#earlier) this.#take(this.#earlier);
    if (this.#root === undefined || this.#pinnedBy === undefined) return undefined;
    return { root: this.#root, pinnedBy: this.#pinnedBy };
  }

  /**
   * The root versions to fetch and accept (as `intermediate`) before `bytes` can be accepted: empty
   * when it stands on its own or the trusted root signed it directly.
   * @throws {TrustError} TRUST_DATA_INVALID when `bytes` are no root or too many versions away.
   */
  versionsBefore(bytes: Uint8Array): readonly number[] {
    const trusted = this.#root;
    const root = this.#checks.parse('root', bytes, parseRoot);
    if (trusted === undefined) return [];
    const missing = root.signed.version - trusted.signed.version - 1;
    if (missing <= 0) return [];
    const { budget } = this.#checks;
    const rules = { gun: this.#gun, allowWildcard: this.allowWildcard, budget };
    if (isSignedBy(root, trusted, rules)) return [];
    if (missing > limits.rootRotations) {
      const rule = `version ${root.signed.version} is more than ${limits.rootRotations} rotations`;
      throw invalidData(this.#gun, 'root', `${rule} ahead of version ${trusted.signed.version}`);
    }
    return Array.from({ length: missing }, (_, index) => trusted.signed.version + 1 + index);
  }

  /**
   * Accepts a root: the first one by first use or an earlier state, later ones because the root
   * before signed them. `intermediate` roots may have expired, and pins say nothing of them; the
   * last must not have expired, and enough of those who signed it must be pinned, if there are pins:
   * whether it was fetched just now, kept from another run, or follows from one that was.
   * @throws {TrustError} TRUST_DATA_INVALID, TRUST_DATA_EXPIRED or TRUST_PIN_MISMATCH.
   */
  accept(bytes: Uint8Array, options: { readonly intermediate?: boolean } = {}): void {
    this.#checks.size('root', bytes, limits.rootBytes);
    this.#take(this.#checks.parse('root', bytes, parseRoot), options.intermediate);
  }

  #take(root: Envelope<RootSigned>, isIntermediate = false): void {
    const verdict = validateRoot(root, {
      gun: this.#gun,
      now: this.#checks.now,
      allowWildcard: this.allowWildcard,
      budget: this.#checks.budget,
      previous: this.#root,
      pins: isIntermediate ? [] : this.#pins,
      ignoreValidity: isIntermediate || !this.#checks.enforcesExpiry,
    });
    // TUF 1.0, 5.3.5: no rollback of the root. Departure: gaps are allowed when the old keys signed
    // the new root directly; on the way every version counts (client/tufclient.go updateRoot).
    this.#checks.version('root', root, this.#root);
    const next = isIntermediate && this.#root ? this.#root.signed.version + 1 : undefined;
    if (next !== undefined && root.signed.version !== next) {
      const rule = `version ${root.signed.version} is in the place of version ${next}`;
      throw invalidData(this.#gun, 'root', rule);
    }
    // TUF 1.0, 5.3.10: the last root must not have expired, those on the way may.
    if (!isIntermediate) this.#checks.expiry('root', root);
    this.#root = root;
    this.#pinnedBy = isIntermediate ? undefined : this.#reasonOf(verdict);
  }

  #reasonOf({ pin, rootKeys }: RootVerdict): PinnedBy {
    const [rootKey] = rootKeys;
    if (pin !== undefined && rootKey !== undefined) return { kind: 'pin', pin, rootKey };
    if (this.#earlier) return { kind: 'earlier-root', version: this.#earlier.signed.version };
    return { kind: 'first-use', rootKeys };
  }
}
