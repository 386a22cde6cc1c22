/** What verifying one signature comes to. Types only. */
import type { CertificateChain } from '../certificates/index.js';
import type { Envelope } from '../envelope/index.js';
import type { VerifiedTimestamp } from '../timestamp/index.js';

/** The checks of a signature in their order (trust policy specification, "Signature Verification"). */
export type Check =
  | 'integrity'
  | 'authenticity'
  | 'expiry'
  | 'authenticTimestamp'
  | 'revocation'
  | 'target'
  | 'metadata';

/** A check that a signature did not pass. */
export interface FailedCheck {
  readonly check: Check;
  /** The second half of a sentence about the signature. */
  readonly reason: string;
}

/** What an envelope says of itself; believed only with an accepted signature. */
export interface SignatureFacts {
  readonly envelope: Envelope;
  readonly chain: CertificateChain;
  /** Where the policy asked for one and it is good. */
  readonly timestamp: VerifiedTimestamp | undefined;
}

/** A signature that the policy accepts. */
export interface AcceptedSignature extends SignatureFacts {
  readonly isAccepted: true;
  /** Failures that the policy's level only notes. */
  readonly noted: readonly FailedCheck[];
}

/** A signature that the policy rejects, for the first reason there is. */
export interface RejectedSignature extends FailedCheck {
  readonly isAccepted: false;
  /** Of an envelope that could be read. */
  readonly facts: SignatureFacts | undefined;
}

export type Verdict = AcceptedSignature | RejectedSignature;
