/**
 * A signature on its way: bytes to be signed out, signature in, envelope out. The private key stays
 * where it is, in a vault or in memory; what comes back is checked before it goes into an envelope.
 */
import { TrustError } from '../errors.js';
import { digestToSign, isSignedBy, type SignatureAlgorithm } from './algorithms.js';
import type { SigningChain } from './certificates/index.js';
import {
  openEnvelope,
  payloadOf,
  type EnvelopeFormat,
  type SignedDescriptor,
} from './envelope/index.js';

/** What is signed, and how. */
export interface SignatureOrder {
  readonly format: EnvelopeFormat;
  readonly target: SignedDescriptor;
  readonly signer: SigningChain;
  readonly signingTime: Date;
  readonly expiry?: Date;
  /** What the envelope names as its maker, such as `acr-content-trust/1.1.0`. */
  readonly agent: string;
}

/** A signature that is to be made. */
export interface PendingSignature {
  readonly algorithm: SignatureAlgorithm;
  readonly input: Buffer;
  /** Digest of {@link input}, which is all that Key Vault takes. */
  readonly digest: Buffer;
  /**
   * Takes the signature: ECDSA as raw r||s, PSS with a salt of the hash's length.
   * @throws {TrustError} SIGNATURE_INVALID for one that no verifier would accept.
   */
  readonly finish: (signature: Uint8Array) => FinishedSignature;
}

/** A good signature; a time stamp may be added before it is closed. */
export interface FinishedSignature {
  readonly signature: Uint8Array;
  readonly close: (timestampToken?: Uint8Array) => Buffer;
}

/** @throws {RuleError} for metadata or times that cannot be signed; inputs are checked before. */
export function prepareSignature(order: SignatureOrder): PendingSignature {
  const { format, target, signer, signingTime, expiry, agent } = order;
  const { algorithm, chain } = signer;
  const { signingInput, close } = openEnvelope(format, {
    algorithm,
    payload: payloadOf(target),
    chain: chain.map(({ der }) => der),
    agent,
    scheme: 'notary.x509',
    signingTime,
    expiry,
  });
  return {
    algorithm,
    input: signingInput,
    digest: digestToSign(algorithm, signingInput),
    finish: (signature) => {
      if (!isSignedBy(chain[0].x509.publicKey, algorithm, signingInput, signature)) {
        throw new TrustError(
          'SIGNATURE_INVALID',
          `The signature that was made for ${target.digest} does not verify with the certificate ${JSON.stringify(chain[0].subjectText)} (${algorithm.name})`,
          {
            remedy:
              'Check that `signing-key` and its certificate are of the same version: the key may have been replaced in the meantime. Nothing was stored.',
          },
        );
      }
      return { signature, close: (token) => close(signature, token) };
    },
  };
}
