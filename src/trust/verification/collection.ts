/**
 * The TUF client workflow as Notary v1 has it: bytes in, trusted view out (theupdateframework/notary
 * v0.7.0, tuf/builder.go and client/tufclient.go). Does no I/O: whoever reads decides where bytes
 * come from. A document that is refused leaves the state as it was.
 */
import { messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  hashMismatch,
  own,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  sha256HexOf,
  type Envelope,
  type FileMeta,
  type Gun,
  type RoleName,
  type RootSigned,
  type SnapshotSigned,
  type TargetsSigned,
  type TimestampSigned,
} from '../metadata/index.js';
import { delegationsOf, targetsAsDelegation } from './delegations.js';
import { expiryOf } from './expiries.js';
import { expiredData, invalidData, pinMismatch } from './failures.js';
import { preparePin, type Pin, type PreparedPin } from './pins.js';
import {
  certificateExpiry,
  isSignedBy,
  matchPins,
  rootKeyIds,
  timelessRootKeyIds,
  validateRoot,
} from './root.js';
import { countSignatures } from './signatures.js';
import type {
  EarlierState,
  EffectiveRole,
  PinnedBy,
  SkippedRole,
  TrustedView,
  TrustWarning,
} from './view.js';

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

/** Accepts documents in the order root(s), timestamp, snapshot, targets, delegations. */
export class TrustedCollection {
  readonly gun: Gun;
  readonly #now: Date;
  readonly #pins: readonly PreparedPin[];
  readonly #earlier: EarlierState | undefined;
  readonly #allowWildcard: boolean;
  readonly #refuseUnusableReleases: boolean;
  readonly #enforceExpiry: boolean;
  readonly #targets = new Map<RoleName, Envelope<TargetsSigned>>();
  readonly #delegations = new Map<RoleName, EffectiveRole>();
  readonly #skipped = new Map<RoleName, SkippedRole>();
  readonly #warnings: TrustWarning[] = [];
  #root: Envelope<RootSigned> | undefined;
  #timestamp: Envelope<TimestampSigned> | undefined;
  #snapshot: Envelope<SnapshotSigned> | undefined;
  #pinnedBy: PinnedBy | undefined;

  /** @throws {TrustError} INPUT_INVALID for a pin that cannot be used. */
  constructor(options: VerificationOptions) {
    this.gun = options.gun;
    this.#now = options.now;
    this.#pins = (options.pins ?? []).map(preparePin);
    this.#earlier = options.earlier;
    this.#allowWildcard = options.allowWildcardCertificates ?? false;
    this.#refuseUnusableReleases = options.unusableReleases === 'refuse';
    this.#enforceExpiry = options.expiry !== 'report';
    if (this.#earlier !== undefined) this.#beginFrom(this.#earlier.root);
  }

  /** The root trusted so far, if any. */
  get root(): Envelope<RootSigned> | undefined {
    return this.#root;
  }

  /** The root in force, once a pin, earlier state or first use vouches for it. @throws {TrustError} */
  anchoredRoot(): Envelope<RootSigned> {
    const root = this.#root;
    this.#require(root !== undefined, 'the root comes first');
    if (this.#pinnedBy === undefined) {
      const expected = this.#pins.map(({ description }) => description).join(' or ');
      throw pinMismatch(this.gun, expected, `key ID ${rootKeyIds(root).join(', ')}`);
    }
    return root;
  }

  /**
   * The root versions to fetch and accept (as `intermediate`) before `bytes` can be accepted: empty
   * when it stands on its own or the trusted root signed it directly.
   * @throws {TrustError} TRUST_DATA_INVALID when `bytes` are no root or too many versions away.
   */
  rootsBefore(bytes: Uint8Array): readonly number[] {
    const trusted = this.#root;
    const root = this.#parse('root', bytes, parseRoot);
    if (trusted === undefined) return [];
    const missing = root.signed.version - trusted.signed.version - 1;
    if (missing <= 0) return [];
    if (isSignedBy(root, trusted, { gun: this.gun, allowWildcard: this.#allowWildcard })) return [];
    if (missing > limits.rootRotations) {
      const rule = `version ${root.signed.version} is more than ${limits.rootRotations} rotations`;
      throw invalidData(this.gun, 'root', `${rule} ahead of version ${trusted.signed.version}`);
    }
    return Array.from({ length: missing }, (_, index) => trusted.signed.version + 1 + index);
  }

  /**
   * Accepts a root: the first one by pins or first use, later ones because the root before signed
   * them. `intermediate` roots may have expired; the last must not.
   * @throws {TrustError} TRUST_DATA_INVALID, TRUST_DATA_EXPIRED or TRUST_PIN_MISMATCH.
   */
  acceptRoot(bytes: Uint8Array, options: { readonly intermediate?: boolean } = {}): void {
    this.#require(this.#timestamp === undefined, 'roots come before the timestamp');
    this.#checkSize('root', bytes, limits.rootBytes);
    const root = this.#parse('root', bytes, parseRoot);
    const isIntermediate = options.intermediate === true;
    const pinnedBy = validateRoot(root, {
      gun: this.gun,
      now: this.#now,
      allowWildcard: this.#allowWildcard,
      previous: this.#root,
      pins: this.#pinnedBy === undefined ? this.#pins : undefined,
      ignoreValidity: isIntermediate || !this.#enforceExpiry,
    });
    // TUF 1.0, 5.3.5: no rollback of the root. Departure: gaps are allowed when the old keys signed
    // the new root directly (client/tufclient.go updateRoot).
    this.#checkVersion('root', root, this.#root);
    // TUF 1.0, 5.3.10: the last root must not have expired, those on the way may.
    if (!isIntermediate) this.#checkExpiry('root', root);
    this.#root = root;
    this.#pinnedBy ??= pinnedBy;
  }

  /** Accepts the timestamp; from here on the root stands. @throws {TrustError} */
  acceptTimestamp(bytes: Uint8Array): void {
    this.#require(this.#snapshot === undefined, 'the timestamp comes before the snapshot');
    const root = this.anchoredRoot();
    this.#checkExpiry('root', root);
    this.#checkSize('timestamp', bytes, limits.timestampBytes);
    const timestamp = this.#parse('timestamp', bytes, parseTimestamp);
    // TUF 1.0, 5.4.2: signed by the threshold of the root's timestamp keys.
    this.#checkBaseSignatures('timestamp', timestamp, root);
    // TUF 1.0, 5.4.3.1: no rollback. 5.4.3.2 has nothing to compare: Notary's timestamp names the
    // snapshot by hash, without a version (tuf/data/timestamp.go).
    this.#checkVersion('timestamp', timestamp, this.#earlierUnlessRotated('timestamp', root));
    // TUF 1.0, 5.4.4: not expired.
    this.#checkExpiry('timestamp', timestamp);
    this.#timestamp = timestamp;
  }

  /** Accepts the snapshot that the timestamp names. @throws {TrustError} */
  acceptSnapshot(bytes: Uint8Array): void {
    this.#require(this.#targets.size === 0, 'the snapshot comes before the targets');
    const root = this.anchoredRoot();
    // TUF 1.0, 5.5.2: length and hashes as the timestamp says.
    this.#checkFile('snapshot', bytes);
    const snapshot = this.#parse('snapshot', bytes, parseSnapshot);
    // TUF 1.0, 5.5.3: signed by the threshold of the root's snapshot keys. 5.5.4 (the version the
    // timestamp states) does not exist in Notary: the hash alone binds.
    this.#checkBaseSignatures('snapshot', snapshot, root);
    // TUF 1.0, 5.5.5: no rollback. Departure: per-file versions are not in Notary's snapshot, the
    // versions of the files themselves are compared when they are accepted.
    this.#checkVersion('snapshot', snapshot, this.#earlierUnlessRotated('snapshot', root));
    // TUF 1.0, 5.5.6: not expired.
    this.#checkExpiry('snapshot', snapshot);
    // Notary only (tuf/builder.go loadSnapshot): the snapshot binds the root in use as well.
    const rootMeta = own(snapshot.signed.meta, 'root');
    const mismatch = rootMeta && hashMismatch(root.bytes, rootMeta.hashes);
    if (mismatch !== undefined) {
      throw invalidData(this.gun, 'root', `it is not the root of this snapshot: ${mismatch}`);
    }
    this.#snapshot = snapshot;
  }

  /** Accepts `targets`. @throws {TrustError} */
  acceptTargets(bytes: Uint8Array): void {
    this.#require(this.#targets.size === 0, 'targets are accepted once');
    const root = this.anchoredRoot();
    // TUF 1.0, 5.6.2: length and hashes as the snapshot says.
    this.#checkFile('targets', bytes);
    const targets = this.#parse('targets', bytes, parseTargets);
    // TUF 1.0, 5.6.3: signed by the threshold of the root's targets keys; 5.6.4 as 5.5.4.
    this.#checkBaseSignatures('targets', targets, root);
    // Instead of TUF 1.0, 5.5.5: the version in the file must not fall behind.
    this.#checkVersion('targets', targets, this.#earlierTargets('targets', root));
    // TUF 1.0, 5.6.5: not expired.
    this.#checkExpiry('targets', targets);
    this.#targets.set('targets', targets);
    this.#list(targets, targetsAsDelegation);
  }

  /**
   * Accepts the file of a delegation from {@link pendingDelegations}. One that has expired or lacks
   * valid signatures is skipped with a warning, with all below it, as Docker skips it
   * (client/tufclient.go downloadTargets); every other fault is an error.
   * @throws {TrustError}
   */
  acceptDelegation(role: RoleName, bytes: Uint8Array): 'trusted' | 'skipped' {
    const delegation = this.#delegations.get(role);
    this.#require(delegation !== undefined, `no trusted role lists ${role}`);
    this.#require(!this.#isHandled(role), `${role} is accepted once`);
    // tuf/builder.go loadDelegation: hashes, structure, version, signatures, expiry.
    // TUF 1.0, 5.6.2, for a delegation.
    this.#checkFile(role, bytes);
    const file = this.#parse(role, bytes, (input) => parseTargets(input, role));
    // Departure: Notary misses a rollback when the parent is unchanged; we compare always.
    this.#checkVersion(role, file, this.#earlier?.targets?.get(role));
    // TUF 1.0, 5.6.3, with the keys of the parent.
    const count = this.#count(role, file, delegation, Object.fromEntries(delegation.keys));
    if (!count.isEnough) return this.#skip(role, 'signatures', file, count.rule);
    // TUF 1.0, 5.6.5.
    const expiry = expiryOf(file.signed);
    if (expiry < this.#now && this.#enforceExpiry) {
      return this.#skip(role, 'expired', file, `it expired at ${expiry.toISOString()}`);
    }
    this.#targets.set(role, file);
    this.#list(file, delegation);
    return 'trusted';
  }

  /** What the timestamp or snapshot says about a file; undefined when it is not listed (yet). */
  expected(role: RoleName): FileMeta | undefined {
    const list = role === 'snapshot' ? this.#timestamp : this.#snapshot;
    return list && own<FileMeta>(list.signed.meta, role);
  }

  /** Tells whether `bytes` are what the accepted timestamp or snapshot names as `role`. */
  fits(role: RoleName, bytes: Uint8Array): boolean {
    const meta = this.expected(role);
    if (meta === undefined || bytes.length > meta.length) return false;
    return hashMismatch(bytes, meta.hashes) === undefined;
  }

  /** Lower-case hex SHA-256 by which the server serves the file of `role`; undefined if unlisted. */
  sha256Of(role: RoleName): string | undefined {
    const meta = this.expected(role);
    return meta && sha256HexOf(meta);
  }

  /**
   * The delegations to fetch and accept next, in listed order, parents before children. Only those
   * the snapshot lists: the file of a new delegation does not exist yet, and a server may answer
   * 500 for it.
   */
  pendingDelegations(): readonly RoleName[] {
    return [...this.#delegations.keys()].filter(
      (role) => !this.#isHandled(role) && this.expected(role) !== undefined,
    );
  }

  /** Ends the workflow. @throws {TrustError} TRUST_DATA_INVALID when `targets/releases` vanished. */
  finish(): TrustedView {
    const [root, timestamp, snapshot] = [this.anchoredRoot(), this.#timestamp, this.#snapshot];
    this.#require(timestamp !== undefined && snapshot !== undefined, 'documents are missing');
    this.#require(this.#targets.has('targets'), 'targets are missing');
    this.#require(this.pendingDelegations().length === 0, 'delegations are missing');
    this.#require(this.#pinnedBy !== undefined, 'the root has no anchor');
    return {
      gun: this.gun,
      root,
      timestamp,
      snapshot,
      targets: this.#targets,
      delegations: this.#delegations,
      skipped: this.#skipped,
      warnings: [...this.#warnings, ...this.#vanished(), ...this.#expired()],
      pinnedBy: this.#pinnedBy,
    };
  }

  /** The earlier root is the anchor; pins, if any, must vouch for it or for the root that follows. */
  #beginFrom(root: Envelope<RootSigned>): void {
    this.#root = root;
    const rules = { gun: this.gun, allowWildcard: this.#allowWildcard };
    const [match] = matchPins(root, timelessRootKeyIds(root, rules), this.#pins, this.#now);
    if (match !== undefined) this.#pinnedBy = { kind: 'pin', ...match };
    else if (this.#pins.length === 0) {
      this.#pinnedBy = { kind: 'earlier-root', version: root.signed.version };
    }
  }

  #isHandled(role: RoleName): boolean {
    return this.#targets.has(role) || this.#skipped.has(role);
  }

  #parse<T>(role: RoleName, bytes: Uint8Array, parse: (bytes: Uint8Array) => T): T {
    try {
      return parse(bytes);
    } catch (error) {
      throw invalidData(this.gun, role, messageOf(error), error);
    }
  }

  #checkSize(role: RoleName, bytes: Uint8Array, maxBytes: number): void {
    if (bytes.length <= maxBytes) return;
    throw invalidData(this.gun, role, `it is ${bytes.length} bytes long, more than ${maxBytes}`);
  }

  /** Length, then hashes; a shorter file is for the hashes to judge (client/tufclient.go). */
  #checkFile(role: RoleName, bytes: Uint8Array): void {
    const meta = this.expected(role);
    this.#require(meta !== undefined, `${role} is not listed`);
    this.#checkSize(role, bytes, Math.min(meta.length, limits.metadataBytes));
    const mismatch = hashMismatch(bytes, meta.hashes);
    if (mismatch !== undefined) throw invalidData(this.gun, role, mismatch);
  }

  #checkBaseSignatures(role: RoleName, file: Envelope, root: Envelope<RootSigned>): void {
    const keys = own(root.signed.roles, role) ?? { keyids: [], threshold: 1 };
    const count = this.#count(role, file, keys, root.signed.keys);
    if (!count.isEnough) throw invalidData(this.gun, role, count.rule);
  }

  #count(
    role: RoleName,
    file: Envelope,
    ...[signers, keys]: [
      Parameters<typeof countSignatures>[1],
      Parameters<typeof countSignatures>[2],
    ]
  ): ReturnType<typeof countSignatures> {
    try {
      return countSignatures(file, signers, keys);
    } catch (error) {
      throw invalidData(this.gun, role, messageOf(error), error);
    }
  }

  /**
   * Departure: the same version with other content is refused too; Notary takes it, but one version
   * number standing for two documents is a fork.
   */
  #checkVersion(role: RoleName, file: Envelope, known: Envelope | undefined): void {
    if (known === undefined) return;
    const [version, least] = [file.signed.version, known.signed.version];
    if (version < least) {
      const rule = `version ${version} is lower than the version ${least} seen before`;
      throw invalidData(this.gun, role, `${rule} (rollback)`);
    }
    if (version === least && !file.canonical.equals(known.canonical)) {
      throw invalidData(
        this.gun,
        role,
        `version ${version} differs from the one seen before (fork)`,
      );
    }
  }

  #checkExpiry(role: RoleName, file: Envelope): void {
    const at = expiryOf(file.signed);
    if (at < this.#now && this.#enforceExpiry) throw expiredData(this.gun, role, at);
  }

  /**
   * TUF 1.0, 5.3.11: once the root has replaced the keys of timestamp or snapshot, their earlier
   * versions no longer count, or a stolen key could have driven them beyond reach.
   */
  #earlierUnlessRotated(
    role: 'timestamp' | 'snapshot',
    root: Envelope<RootSigned>,
  ): Envelope | undefined {
    const roles = ['timestamp', 'snapshot'];
    return roles.some((name) => this.#isRotated(name, root)) ? undefined : this.#earlier?.[role];
  }

  #earlierTargets(role: RoleName, root: Envelope<RootSigned>): Envelope | undefined {
    return this.#isRotated('targets', root) ? undefined : this.#earlier?.targets?.get(role);
  }

  #isRotated(role: RoleName, root: Envelope<RootSigned>): boolean {
    const before = this.#earlier && own(this.#earlier.root.signed.roles, role)?.keyids;
    const after = own(root.signed.roles, role)?.keyids ?? [];
    return before !== undefined && !before.some((id) => after.includes(id));
  }

  /** Adds what a trusted role delegates; of two entries for one role the first counts. */
  #list(file: Envelope<TargetsSigned>, parent: Pick<EffectiveRole, 'name' | 'paths'>): void {
    for (const delegation of delegationsOf(file.signed, parent)) {
      if (this.#delegations.has(delegation.name)) continue;
      // TUF 1.0, 5.6.7.1: bound the number of delegations that are visited.
      if (this.#delegations.size >= limits.delegations) {
        throw invalidData(this.gun, parent.name, `more than ${limits.delegations} delegations`);
      }
      if (delegation.name.split('/').length - 1 > limits.delegationDepth) {
        throw invalidData(
          this.gun,
          delegation.name,
          `deeper than ${limits.delegationDepth} levels`,
        );
      }
      this.#delegations.set(delegation.name, delegation);
    }
  }

  #skip(
    role: RoleName,
    reason: SkippedRole['reason'],
    envelope: Envelope<TargetsSigned>,
    rule: string,
  ): 'skipped' {
    if (role === 'targets/releases' && this.#refuseUnusableReleases) {
      throw reason === 'expired'
        ? expiredData(this.gun, role, expiryOf(envelope.signed))
        : invalidData(this.gun, role, rule);
    }
    this.#skipped.set(role, { reason, envelope });
    this.#warnings.push({
      kind: `delegation-${reason}`,
      role,
      message: `${role} of ${this.gun} is left out, as Docker leaves it out: ${rule}`,
    });
    return 'skipped';
  }

  /** Whoever holds the snapshot and timestamp keys could hide a delegation by not listing it. */
  #vanished(): readonly TrustWarning[] {
    const gone = [...this.#delegations.keys()].filter(
      (role) => this.#earlier?.targets?.has(role) === true && this.expected(role) === undefined,
    );
    if (gone.includes('targets/releases') && this.#refuseUnusableReleases) {
      throw invalidData(this.gun, 'targets/releases', 'it was there before, the snapshot lacks it');
    }
    return gone.map((role) => ({
      kind: 'delegation-vanished',
      role,
      message: `${role} of ${this.gun} was there before; its parent lists it, the snapshot does not`,
    }));
  }

  /** Only with `expiry: 'report'` is there anything to find here. */
  #expired(): readonly TrustWarning[] {
    const root = this.anchoredRoot();
    const files: [RoleName, Envelope | undefined][] = [
      ['root', root],
      ['timestamp', this.#timestamp],
      ['snapshot', this.#snapshot],
      ...this.#targets,
    ];
    const warnings = files.flatMap(([role, file]): TrustWarning[] => {
      const at = file && expiryOf(file.signed);
      if (at === undefined || at >= this.#now) return [];
      const message = `${role} of ${this.gun} expired at ${at.toISOString()}`;
      return [{ kind: 'expired', role, message }];
    });
    const flaw = certificateExpiry(root, {
      gun: this.gun,
      allowWildcard: this.#allowWildcard,
      now: this.#now,
    });
    if (flaw === undefined) return warnings;
    const message = `no root certificate of ${this.gun} is valid any more: ${flaw}`;
    return [...warnings, { kind: 'certificate-expired', role: 'root', message }];
  }

  /** Guards the order of calls: breaking it is a mistake of ours, not of the data. */
  #require(condition: boolean, order: string): asserts condition {
    if (!condition) throw new Error(`TrustedCollection used out of order: ${order}`);
  }
}
