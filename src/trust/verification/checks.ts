/**
 * The checks every document goes through, one by one; ./collection.ts decides which and in what
 * order. Each throws a TrustError naming GUN, role and rule, or does nothing.
 */
import { messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  hashMismatch,
  getOwnProperty,
  type Envelope,
  type FileMeta,
  type Gun,
  type KeyId,
  type PublicKey,
  type RoleName,
  type RootSigned,
} from '../metadata/index.js';
import { SignatureBudget } from './budget.js';
import { expiryOf } from './expiries.js';
import { expiredData, invalidData } from './errors.js';
import { countSignatures, type SignatureCount, type RoleThreshold } from './signatures.js';

/** Checks for one GUN at one moment. */
export class DocumentChecks {
  readonly budget = new SignatureBudget();
  #bytes = 0;

  constructor(
    readonly gun: Gun,
    readonly now: Date,
    readonly enforcesExpiry: boolean,
  ) {}

  /** Runs a parser. */
  parse<T>(role: RoleName, bytes: Uint8Array, parse: (bytes: Uint8Array) => T): T {
    try {
      return parse(bytes);
    } catch (error) {
      throw invalidData(this.gun, role, messageOf(error), error);
    }
  }

  size(role: RoleName, bytes: Uint8Array, maxBytes: number): void {
    if (bytes.length > maxBytes) {
      throw invalidData(this.gun, role, `it is ${bytes.length} bytes long, more than ${maxBytes}`);
    }
    this.room(role, bytes.length);
    this.#bytes += bytes.length;
  }

  /** Whether so many bytes more may be read. */
  room(role: RoleName, bytes: number): void {
    if (this.#bytes + bytes <= limits.repositoryBytes) return;
    const rule = `with it all files come to more than ${limits.repositoryBytes} bytes`;
    throw invalidData(this.gun, role, rule);
  }

  /** Length, then hashes; a shorter file is for the hashes to judge (client/tufclient.go). */
  file(role: RoleName, bytes: Uint8Array, meta: FileMeta): void {
    this.size(role, bytes, Math.min(meta.length, limits.metadataBytes));
    const mismatch = hashMismatch(bytes, meta.hashes);
    if (mismatch !== undefined) throw invalidData(this.gun, role, mismatch);
  }

  /** The threshold of a base role, by the keys of the root. */
  baseSignatures(role: RoleName, file: Envelope, root: Envelope<RootSigned>): void {
    const signers = getOwnProperty(root.signed.roles, role) ?? { keyids: [], threshold: 1 };
    const count = this.count(role, file, signers, root.signed.keys);
    if (!count.isEnough) throw invalidData(this.gun, role, count.rule);
  }

  count(
    role: RoleName,
    file: Envelope,
    signers: RoleThreshold,
    keys: Readonly<Record<KeyId, PublicKey>>,
  ): SignatureCount {
    try {
      return countSignatures(file, signers, keys, this.budget);
    } catch (error) {
      throw invalidData(this.gun, role, messageOf(error), error);
    }
  }

  /**
   * Compares with the document known so far. Departure: the same version with other content is
   * refused too; Notary takes it, but one version number standing for two documents is a fork.
   */
  version(role: RoleName, file: Envelope, known: Envelope | undefined): void {
    if (known === undefined) return;
    const [version, least] = [file.signed.version, known.signed.version];
    if (version < least) {
      const rule = `version ${version} is lower than the version ${least} seen before`;
      throw invalidData(this.gun, role, `${rule} (rollback)`);
    }
    if (version === least && !file.canonical.equals(known.canonical)) {
      const rule = `version ${version} differs from the one seen before (fork)`;
      throw invalidData(this.gun, role, rule);
    }
  }

  /** Expired means earlier than now, without tolerance. */
  expiry(role: RoleName, file: Envelope): void {
    const at = expiryOf(file.signed);
    if (at < this.now && this.enforcesExpiry) throw expiredData(this.gun, role, at);
  }
}
