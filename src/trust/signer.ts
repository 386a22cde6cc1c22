/** What the publisher asks of whoever holds a private key; src/signing and src/azure provide it. */
import type { KeyId, PublicKey, SignatureMethod } from './metadata/types.js';

export interface Signer {
  /** The raw key (`ecdsa`, `rsa` or `ed25519`), never an x509 one. */
  readonly publicKey: PublicKey;
  /** Canonical key ID: the ID of {@link publicKey}. Metadata may list the key under an x509 ID. */
  readonly keyId: KeyId;
  readonly method: SignatureMethod;
  /** For logs, such as `Key Vault key contoso-keys/app (ES256)`. */
  readonly description: string;
  /**
   * Canonical IDs of the root keys that the key's own vault names for it, where the trust server
   * cannot write: whoever signs with the key is held to them. Undefined or empty: no record.
   */
  readonly recordedRoots?: readonly KeyId[] | undefined;
  /**
   * Signs `message` (not its digest) and returns the signature as TUF wants it: ECDSA as raw r||s,
   * RSA-PSS with a 32-byte salt.
   */
  sign(message: Uint8Array): Promise<Buffer>;
}
