/**
 * The TUF client workflow as Notary v1 has it: bytes in, trusted view out (theupdateframework/notary
 * v0.7.0, tuf/builder.go and client/tufclient.go). Does no I/O: whoever reads decides where bytes
 * come from. A document that is refused leaves the state as it was.
 */
import { limits } from '../../limits.js';
import {
  delegationCertificateFlaw,
  hashMismatch,
  getOwnProperty,
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
import { DocumentChecks } from './checks.js';
import { DelegationRegistry, targetsAsDelegation } from './delegations.js';
import { earlierOf } from './earlier.js';
import { expiryOf } from './expiries.js';
import { expiredData, invalidData } from './errors.js';
import type { VerificationOptions } from './options.js';
import { certificateExpiry } from './root.js';
import { TrustedRoots } from './trusted-roots.js';
import type { EarlierState, SkippedRole, TrustedView, TrustWarning } from './view.js';
import {
  certificateWarning,
  expiredWarnings,
  skippedWarning,
  vanishedWarning,
} from './warnings.js';

type BaseDocuments = [Envelope<RootSigned>, Envelope<TimestampSigned>, Envelope<SnapshotSigned>];

/** Accepts documents in the order root(s), timestamp, snapshot, targets, delegations. */
export class TrustedCollection {
  readonly gun: Gun;
  readonly #checks: DocumentChecks;
  readonly #roots: TrustedRoots;
  readonly #earlier: EarlierState | undefined;
  readonly #refuseUnusableReleases: boolean;
  readonly #targets = new Map<RoleName, Envelope<TargetsSigned>>();
  readonly #delegations: DelegationRegistry;
  readonly #skipped = new Map<RoleName, SkippedRole>();
  readonly #warnings: TrustWarning[] = [];
  #timestamp: Envelope<TimestampSigned> | undefined;
  #snapshot: Envelope<SnapshotSigned> | undefined;

  /** @throws {TrustError} INPUT_INVALID for a pin that cannot be used. */
  constructor(options: VerificationOptions) {
    this.gun = options.gun;
    this.#checks = new DocumentChecks(options.gun, options.now, options.expiry !== 'report');
    this.#delegations = new DelegationRegistry(options.gun);
    this.#roots = new TrustedRoots(options, this.#checks);
    this.#earlier = options.earlier;
    this.#refuseUnusableReleases = options.unusableReleases === 'refuse';
  }

  /** The root trusted so far, if any. */
  get root(): Envelope<RootSigned> | undefined {
    return this.#roots.current;
  }

  /** The root in force: a pin, earlier state or first use vouches for it. @throws {TrustError} */
  anchoredRoot(): Envelope<RootSigned> {
    const anchored = this.#roots.anchored();
    this.#require(anchored !== undefined, 'the root comes first');
    return anchored.root;
  }

  /** As {@link TrustedRoots.versionsBefore}. @throws {TrustError} */
  rootsBefore(bytes: Uint8Array): readonly number[] {
    return this.#roots.versionsBefore(bytes);
  }

  /** As {@link TrustedRoots.accept}, before any other document. @throws {TrustError} */
  acceptRoot(bytes: Uint8Array, options?: { readonly intermediate?: boolean }): void {
    this.#require(this.#timestamp === undefined, 'roots come before the timestamp');
    this.#roots.accept(bytes, options);
  }

  /** Accepts the timestamp; from here on the root stands. @throws {TrustError} */
  acceptTimestamp(bytes: Uint8Array): void {
    this.#require(this.#snapshot === undefined, 'the timestamp comes before the snapshot');
    const root = this.anchoredRoot();
    this.#checks.expiry('root', root);
    this.#checks.size('timestamp', bytes, limits.timestampBytes);
    const timestamp = this.#checks.parse('timestamp', bytes, parseTimestamp);
    // TUF 1.0, 5.4.2: signed by the threshold of the root's timestamp keys.
    this.#checks.baseSignatures('timestamp', timestamp, root);
    // TUF 1.0, 5.4.3.1: no rollback. 5.4.3.2 has nothing to compare: Notary's timestamp names the
    // snapshot by hash, without a version (tuf/data/timestamp.go).
    this.#checks.version('timestamp', timestamp, earlierOf('timestamp', this.#earlier));
    // TUF 1.0, 5.4.4: not expired.
    this.#checks.expiry('timestamp', timestamp);
    this.#timestamp = timestamp;
  }

  /** Accepts the snapshot that the timestamp names. @throws {TrustError} */
  acceptSnapshot(bytes: Uint8Array): void {
    this.#require(this.#targets.size === 0, 'the snapshot comes before the targets');
    const root = this.anchoredRoot();
    // TUF 1.0, 5.5.2: length and hashes as the timestamp says.
    this.#checkFile('snapshot', bytes);
    const snapshot = this.#checks.parse('snapshot', bytes, parseSnapshot);
    // TUF 1.0, 5.5.3: signed by the threshold of the root's snapshot keys. 5.5.4 (the version the
    // timestamp states) does not exist in Notary: the hash alone binds.
    this.#checks.baseSignatures('snapshot', snapshot, root);
    // TUF 1.0, 5.5.5: no rollback. Departure: per-file versions are not in Notary's snapshot, the
    // versions of the files themselves are compared when they are accepted.
    this.#checks.version('snapshot', snapshot, earlierOf('snapshot', this.#earlier));
    // TUF 1.0, 5.5.6: not expired.
    this.#checks.expiry('snapshot', snapshot);
    // Notary only (tuf/builder.go loadSnapshot): the snapshot binds the root in use as well.
    const rootMeta = getOwnProperty(snapshot.signed.meta, 'root');
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
    const targets = this.#checks.parse('targets', bytes, parseTargets);
    // TUF 1.0, 5.6.3: signed by the threshold of the root's targets keys; 5.6.4 as 5.5.4.
    this.#checks.baseSignatures('targets', targets, root);
    // Instead of TUF 1.0, 5.5.5: the version in the file must not fall behind.
    this.#checks.version('targets', targets, earlierOf('targets', this.#earlier));
    // TUF 1.0, 5.6.5: not expired.
    this.#checks.expiry('targets', targets);
    this.#targets.set('targets', targets);
    this.#delegations.add(targets, targetsAsDelegation);
  }

  /**
   * Accepts the file of a delegation from {@link pendingDelegations}. One that has expired or lacks
   * valid signatures is skipped with a warning, with all below it, as Docker skips it
   * (client/tufclient.go downloadTargets); every other fault is an error.
   * @throws {TrustError}
   */
  acceptDelegation(role: RoleName, bytes: Uint8Array): 'trusted' | 'skipped' {
    const delegation = this.#delegations.roles.get(role);
    this.#require(delegation !== undefined, `no trusted role lists ${role}`);
    this.#require(!this.#isHandled(role), `${role} is accepted once`);
    // tuf/tuf.go GetDelegationRole: one weak certificate among the keys spoils everything.
    for (const key of delegation.keys.values()) {
      const flaw = delegationCertificateFlaw(key);
      if (flaw !== undefined)
        throw invalidData(this.gun, role, `the certificate of a key: ${flaw}`);
    }
    // tuf/builder.go loadDelegation: hashes, structure, version, signatures, expiry.
    // TUF 1.0, 5.6.2, for a delegation.
    this.#checkFile(role, bytes);
    const file = this.#checks.parse(role, bytes, (input) => parseTargets(input, role));
    // Departure: Notary misses a rollback when the parent is unchanged; we compare always.
    this.#checks.version(role, file, this.#earlier?.targets?.get(role));
    // TUF 1.0, 5.6.3, with the keys of the parent.
    const count = this.#checks.count(role, file, delegation, Object.fromEntries(delegation.keys));
    if (!count.isEnough) {
      // Whoever holds the snapshot key could list any file to have the known one passed over.
      this.#refuseWithdrawal(role, `${count.rule}, while the version seen before still does`);
      return this.#skip(role, 'signatures', file, count.rule);
    }
    // TUF 1.0, 5.6.5.
    const expiry = expiryOf(file.signed);
    if (expiry < this.#checks.now && this.#checks.enforcesExpiry) {
      return this.#skip(role, 'expired', file, `it expired at ${expiry.toISOString()}`);
    }
    // tuf/builder.go loadDelegation: a role is loaded once for each time it is listed, and the second
    // time is an error. One that is skipped may be listed as often as one likes.
    if (this.#delegations.repeated.has(role)) {
      throw invalidData(this.gun, role, `${delegation.parent} lists it more than once`);
    }
    this.#targets.set(role, file);
    this.#delegations.add(file, delegation);
    return 'trusted';
  }

  /** What the timestamp or snapshot says about a file; undefined when it is not listed (yet). */
  expected(role: RoleName): FileMeta | undefined {
    const list = role === 'snapshot' ? this.#timestamp : this.#snapshot;
    return list && getOwnProperty<FileMeta>(list.signed.meta, role);
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
    return [...this.#delegations.roles.keys()].filter(
      (role) => !this.#isHandled(role) && this.expected(role) !== undefined,
    );
  }

  /**
   * Makes sure, by the lengths that the snapshot states, that the files of `roles` are no more than
   * may be read. @throws {TrustError} TRUST_DATA_INVALID
   */
  requireRoom(roles: readonly RoleName[]): void {
    const lengths = roles.map((role) => this.expected(role)?.length ?? 0);
    this.#checks.room(
      'snapshot',
      lengths.reduce((sum, length) => sum + length, 0),
    );
  }

  /** Ends the workflow. @throws {TrustError} TRUST_DATA_INVALID when a delegation was withdrawn. */
  finish(): TrustedView {
    const [timestamp, snapshot] = [this.#timestamp, this.#snapshot];
    const anchored = this.#roots.anchored();
    this.#require(anchored !== undefined, 'the root comes first');
    const { root, pinnedBy } = anchored;
    this.#require(timestamp !== undefined && snapshot !== undefined, 'documents are missing');
    this.#require(this.#targets.has('targets'), 'targets are missing');
    this.#require(this.pendingDelegations().length === 0, 'delegations are missing');
    return {
      gun: this.gun,
      root,
      timestamp,
      snapshot,
      targets: this.#targets,
      delegations: this.#delegations.roles,
      skipped: this.#skipped,
      warnings: [
        ...this.#warnings,
        ...this.#vanished(),
        ...this.#expired(root, timestamp, snapshot),
      ],
      pinnedBy,
    };
  }

  #isHandled(role: RoleName): boolean {
    return this.#targets.has(role) || this.#skipped.has(role);
  }

  #checkFile(role: RoleName, bytes: Uint8Array): void {
    const meta = this.expected(role);
    this.#require(meta !== undefined, `${role} is not listed`);
    this.#checks.file(role, bytes, meta);
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
    this.#warnings.push(skippedWarning(this.gun, role, reason, rule));
    return 'skipped';
  }

  /** Whoever holds the snapshot and timestamp keys could hide a delegation by not listing it. */
  #vanished(): readonly TrustWarning[] {
    const gone = [...this.#delegations.roles.keys()].filter(
      (role) => this.#earlier?.targets?.has(role) === true && this.expected(role) === undefined,
    );
    for (const role of gone) {
      this.#refuseWithdrawal(role, 'it existed before, but the snapshot does not list it');
    }
    if (gone.includes('targets/releases') && this.#refuseUnusableReleases) {
      throw invalidData(
        this.gun,
        'targets/releases',
        'it existed before, but the snapshot does not list it',
      );
    }
    return gone.map((role) => vanishedWarning(this.gun, role));
  }

  /**
   * Refuses to go on without a delegation whose file of before its parent's keys still vouch for: an
   * honest server has that one or a newer one. Departure: Notary goes on with what is left, so that
   * a tag falls back to what an ancestor says of it. Keys that were changed are no withdrawal: what
   * they signed falls away until the new ones sign.
   */
  #refuseWithdrawal(role: RoleName, rule: string): void {
    const before = this.#earlier?.targets?.get(role);
    const delegation = this.#delegations.roles.get(role);
    if (before === undefined || delegation === undefined) return;
    const keys = Object.fromEntries(delegation.keys);
    if (!this.#checks.count(role, before, delegation, keys).isEnough) return;
    throw invalidData(this.gun, role, `${rule} (rollback)`);
  }

  /** Only with `expiry: 'report'` is there anything to find here. */
  #expired(...[root, timestamp, snapshot]: BaseDocuments): readonly TrustWarning[] {
    const { gun } = this;
    const { now } = this.#checks;
    const { allowWildcard } = this.#roots;
    const warnings = expiredWarnings(gun, now, [
      ['root', root],
      ['timestamp', timestamp],
      ['snapshot', snapshot],
      ...this.#targets,
    ]);
    const flaw = certificateExpiry(root, { gun, now, allowWildcard });
    return flaw === undefined ? warnings : [...warnings, certificateWarning(gun, flaw)];
  }

  /** Guards the order of calls: breaking it is a mistake of ours, not of the data. */
  #require(condition: boolean, order: string): asserts condition {
    if (!condition) throw new Error(`TrustedCollection used out of order: ${order}`);
  }
}
