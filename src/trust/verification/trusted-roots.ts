/**
 * The first part of the workflow of ./collection.ts: from pins, an earlier state or first use to the
 * root in force, one root after the other. A root that is refused leaves the state as it was.
 */
import { limits } from '../../limits.js';
import { own, parseRoot, type Envelope, type Gun, type RootSigned } from '../metadata/index.js';
import type { DocumentChecks } from './checks.js';
import { invalidData, pinMismatch } from './failures.js';
import { describeKeys, keyNameOf, keyNamesOf } from './key-names.js';
import type { VerificationOptions } from './options.js';
import { preparePin, type PreparedPin } from './pins.js';
import { isSignedBy, matchPins, timelessRootKeyIds, validateRoot } from './root.js';
import type { PinnedBy } from './view.js';

/** The root of one GUN, and what vouches for it. */
export class TrustedRoots {
  readonly #gun: Gun;
  readonly #checks: DocumentChecks;
  readonly #pins: readonly PreparedPin[];
  readonly allowWildcard: boolean;
  #root: Envelope<RootSigned> | undefined;
  #pinnedBy: PinnedBy | undefined;

  /** @throws {TrustError} INPUT_INVALID for a pin that cannot be used. */
  constructor(options: VerificationOptions, checks: DocumentChecks) {
    this.#gun = options.gun;
    this.#checks = checks;
    this.#pins = (options.pins ?? []).map(preparePin);
    this.allowWildcard = options.allowWildcardCertificates ?? false;
    if (options.earlier !== undefined) this.#beginFrom(options.earlier.root);
  }

  /** The root trusted so far, if any. */
  get current(): Envelope<RootSigned> | undefined {
    return this.#root;
  }

  /** `root`, the current one, with what vouches for it. @throws {TrustError} TRUST_PIN_MISMATCH */
  anchored(root: Envelope<RootSigned>): {
    readonly root: Envelope<RootSigned>;
    readonly pinnedBy: PinnedBy;
  } {
    if (this.#pinnedBy !== undefined) return { root, pinnedBy: this.#pinnedBy };
    const expected = this.#pins.map(({ description }) => description).join(' or ');
    throw pinMismatch(this.#gun, expected, describeKeys(keyNamesOf(root, 'root')));
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
    if (isSignedBy(root, trusted, { gun: this.#gun, allowWildcard: this.allowWildcard })) return [];
    if (missing > limits.rootRotations) {
      const rule = `version ${root.signed.version} is more than ${limits.rootRotations} rotations`;
      throw invalidData(this.#gun, 'root', `${rule} ahead of version ${trusted.signed.version}`);
    }
    return Array.from({ length: missing }, (_, index) => trusted.signed.version + 1 + index);
  }

  /**
   * Accepts a root: the first one by pins or first use, later ones because the root before signed
   * them. `intermediate` roots may have expired; the last must not.
   * @throws {TrustError} TRUST_DATA_INVALID, TRUST_DATA_EXPIRED or TRUST_PIN_MISMATCH.
   */
  accept(bytes: Uint8Array, options: { readonly intermediate?: boolean } = {}): void {
    this.#checks.size('root', bytes, limits.rootBytes);
    const root = this.#checks.parse('root', bytes, parseRoot);
    const isIntermediate = options.intermediate === true;
    const pinnedBy = validateRoot(root, {
      gun: this.#gun,
      now: this.#checks.now,
      allowWildcard: this.allowWildcard,
      previous: this.#root,
      pins: this.#pinnedBy === undefined ? this.#pins : undefined,
      ignoreValidity: isIntermediate || !this.#checks.enforcesExpiry,
    });
    // TUF 1.0, 5.3.5: no rollback of the root. Departure: gaps are allowed when the old keys signed
    // the new root directly; on the way every version counts (client/tufclient.go updateRoot).
    this.#checks.version('root', root, this.#root);
    const next = isIntermediate && this.#root ? this.#root.signed.version + 1 : undefined;
    if (next !== undefined && root.signed.version !== next) {
      const rule = `version ${root.signed.version} stands where version ${next} belongs`;
      throw invalidData(this.#gun, 'root', rule);
    }
    // TUF 1.0, 5.3.10: the last root must not have expired, those on the way may.
    if (!isIntermediate) this.#checks.expiry('root', root);
    this.#root = root;
    this.#pinnedBy ??= pinnedBy;
  }

  /** The earlier root is the anchor; pins, if any, must vouch for it or for the root that follows. */
  #beginFrom(root: Envelope<RootSigned>): void {
    this.#root = root;
    const rules = { gun: this.#gun, allowWildcard: this.allowWildcard };
    const [match] = matchPins(root, timelessRootKeyIds(root, rules), this.#pins, this.#checks.now);
    if (match !== undefined) {
      const rootKey = keyNameOf(match.keyId, own(root.signed.keys, match.keyId));
      this.#pinnedBy = { kind: 'pin', pin: match.pin, rootKey };
    } else if (this.#pins.length === 0) {
      this.#pinnedBy = { kind: 'earlier-root', version: root.signed.version };
    }
  }
}
