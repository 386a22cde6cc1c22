/** Where signatures are kept, as this folder needs it: src/commands/access has the one of registries. */
import { isTrustError, type TrustError } from '../../errors.js';
import { RuleError } from '../rule-error.js';
import type { StoredSignature } from './signature-manifest.js';

/** A manifest as its registry describes it. */
export interface ManifestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** An envelope as it is stored. */
export interface StoredEnvelope {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A signature in the list of an image. */
export interface ListedSignature {
  readonly digest: string;
  /** As the registry has them: a hint, and no proof. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The signatures of one repository. */
export interface SignatureStore {
  /** The signatures that are attached to `subject`. */
  list(subject: string): Promise<readonly ListedSignature[]>;
  /**
   * The envelope of a signature.
   * @throws {RuleError} where it is not a signature that can be read
   * @throws {TrustError} what the registry refuses
   */
  read(signature: string): Promise<StoredEnvelope>;
  /** Stores a signature; its digest, once the list that was read again has it. */
  attach(signature: StoredSignature): Promise<string>;
}

/** A signature that cannot be read. */
export interface Unreadable {
  /** The second half of a sentence about the signature. */
  readonly flaw: string;
  /** Where the registry is to blame. */
  readonly error?: TrustError;
}

/**
 * Reads a signature; one that cannot be read hides no other.
 * @throws {TrustError} INTERRUPTED
 */
export async function readStored(
  store: SignatureStore,
  signature: string,
): Promise<StoredEnvelope | Unreadable> {
  try {
    return await store.read(signature);
  } catch (error) {
    if (error instanceof RuleError) return { flaw: error.message };
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return { flaw: `it cannot be read: ${error.message}`, error };
  }
}
