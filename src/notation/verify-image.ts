/**
 * Verifies the signatures of a manifest by a trust policy: one outcome for each, with one reason
 * where it is rejected. One good signature is enough, and one that cannot be read hides no other.
 */
import { isTrustError, unreachableCodes, type ErrorCode, type TrustError } from '../errors.js';
import { limits } from '../limits.js';
import {
  brief,
  describe,
  eachSignature,
  type SignatureDescription,
} from './describe-signatures.js';
import {
  anchorsOf,
  statementFor,
  type TrustAnchors,
  type TrustPolicy,
  type TrustStore,
} from './policy/index.js';
import { maybeSignedBy } from './storage/signature-manifest.js';
import {
  readStored,
  type ManifestDescriptor,
  type SignatureStore,
} from './storage/signature-store.js';
import {
  verifySignature,
  type Check,
  type FailedCheck,
  type SignatureFacts,
  type SignatureToVerify,
} from './verification/index.js';

/** Whose signatures count: a trust policy and the stores that it names. */
export interface SignatureTrust {
  readonly policy: TrustPolicy;
  readonly store: TrustStore;
}

/** A signature that was looked at. */
export type SignatureOutcome = {
  /** Digest of the signature's manifest. */
  readonly signature: string;
} & (
  | {
      readonly isAccepted: true;
      readonly description: SignatureDescription;
      /** The time that its time stamp proves, where the policy asks for one. */
      readonly stampedAt: Date | undefined;
      /** Until when it is accepted, if the policy and the certificates' status stay as they are. */
      readonly validUntil: Date | undefined;
      /** Failures that the level of the policy only notes. */
      readonly noted: readonly FailedCheck[];
    }
  | {
      readonly isAccepted: false;
      /** What it says, which is not to be believed; undefined where it cannot be read. */
      readonly description: SignatureDescription | undefined;
      /** `retrieval`: it could not be read. */
      readonly check: Check | 'retrieval';
      /** The second half of a sentence about the signature. */
      readonly reason: string;
      /** Where the registry is to blame. */
      readonly error?: TrustError;
    }
);

/** What the signatures of a manifest come to. */
export interface ImageVerdict {
  /**
   * `skipped`: the policy says to look at nothing. `uncovered`: no statement of it is for the
   * repository. Neither is verified.
   */
  readonly kind: 'accepted' | 'rejected' | 'unsigned' | 'skipped' | 'uncovered';
  /** Name of the policy's statement for the repository. */
  readonly statement: string | undefined;
  readonly signatures: readonly SignatureOutcome[];
  /** Signatures that are listed beyond those that are looked at. */
  readonly unread: number;
}

/** What is verified. */
export interface ImageToVerify {
  /** `registry/repository`. */
  readonly gun: string;
  readonly target: ManifestDescriptor;
}

/**
 * @param asked what a signature must have besides what the policy asks for.
 * @throws {TrustError} TRUST_POLICY_INVALID for a store that is not there, INTERRUPTED, and what keeps
 * the signatures from being listed.
 */
export async function verifyImage(
  store: SignatureStore,
  { gun, target }: ImageToVerify,
  trust: SignatureTrust,
  asked: Pick<SignatureToVerify, 'metadata' | 'now' | 'checkRevocation'>,
): Promise<ImageVerdict> {
  const statement = statementFor(trust.policy, gun);
  const nothing = { statement: statement?.name, signatures: [], unread: 0 };
  if (!statement) return { kind: 'uncovered', ...nothing };
  if (statement.level === 'skip') return { kind: 'skipped', ...nothing };
  const anchors = anchorsOf(statement, trust.store);
  const trusted = [...anchors.ca, ...anchors.signingAuthority];
  const listed = await eachSignature(
    store,
    target.digest,
    async (signature): Promise<SignatureOutcome> => {
      const stored = await readStored(store, signature);
      if ('flaw' in stored) {
        const { flaw, ...blame } = stored;
        const reason = brief(flaw);
        return {
          signature,
          description: undefined,
          isAccepted: false,
          check: 'retrieval',
          reason,
          ...blame,
        };
      }
      const verdict = await verifySignature({ ...stored, ...asked, target, statement, anchors });
      if (verdict.isAccepted) {
        const { envelope, chain, noted, timestamp } = verdict;
        return {
          signature,
          description: describe(envelope, chain, true),
          isAccepted: true,
          stampedAt: timestamp?.time,
          validUntil: endOf(verdict, anchors),
          noted: noted.map(({ check, reason }) => ({ check, reason: brief(reason) })),
        };
      }
      const { check, reason, facts } = verdict;
      const description = facts && describe(facts.envelope, facts.chain);
      return { signature, description, isAccepted: false, check, reason: brief(reason) };
    },
    (annotations) => trusted.some(({ thumbprint }) => maybeSignedBy(annotations, thumbprint)),
  );
  const isAccepted = listed.signatures.some((outcome) => outcome.isAccepted);
  const kind = isAccepted ? 'accepted' : listed.signatures.length > 0 ? 'rejected' : 'unsigned';
  return { kind, statement: statement.name, ...listed };
}

/** What outlives its certificates has a time stamp that counts, or an authority that states the time. */
function endOf(
  { envelope: { expiry, scheme, timestamp }, chain }: SignatureFacts,
  { tsa }: TrustAnchors,
): Date | undefined {
  const isTimeProven = scheme === 'notary.x509.signingAuthority' || (tsa && timestamp);
  const ends = [
    ...(expiry ? [expiry] : []),
    ...(isTimeProven ? [] : chain.map((one) => one.notAfter)),
  ];
  return ends.sort((a, b) => a.getTime() - b.getTime())[0];
}

/** Why an image is not verified. */
export interface ImageProblem {
  readonly code: ErrorCode;
  /** A sentence that names the image. */
  readonly message: string;
  readonly remedy: string;
}

/** Rejected signatures that a message names one by one. */
const mostTold = 10;

/**
 * What keeps an image from being verified; undefined where a signature of it is accepted.
 * @param reference the image, for messages.
 */
export function imageProblem(reference: string, verdict: ImageVerdict): ImageProblem | undefined {
  const { kind, statement = '', signatures, unread } = verdict;
  const name = JSON.stringify(statement);
  switch (kind) {
    case 'accepted':
      return undefined;
    case 'uncovered':
      return {
        code: 'TRUST_POLICY_INVALID',
        message: `${reference} is not verified: no statement of the trust policy is for its repository.`,
        remedy: 'Add the repository, or "*", to the registryScopes of a statement.',
      };
    case 'skipped':
      return {
        code: 'SIGNATURE_MISSING',
        message: `${reference} is not verified: the statement ${name} of the trust policy has the level skip.`,
        remedy:
          'Give the statement another level. If the image needs no signature, name it in `allow-unsigned`.',
      };
    case 'unsigned':
      return {
        code: 'SIGNATURE_MISSING',
        message: `${reference} has no Notary Project signature.`,
        remedy: 'Have it signed by its publisher, or use an image that is.',
      };
    case 'rejected': {
      const rejected = signatures.filter((outcome) => !outcome.isAccepted);
      const unreachable = rejected
        .map(({ error }) => error)
        .find((error) => isTrustError(error, ...unreachableCodes));
      const hidden = rejected.length - mostTold;
      const more =
        unread === 0
          ? ''
          : ` ${unread} more were not looked at: at most ${limits.signaturesPerImage} signatures of an image are verified.`;
      return {
        code: unreachable?.code ?? 'SIGNATURE_REJECTED',
        message: `${reference} has no Notary Project signature that is accepted: ${rejected
          .slice(0, mostTold)
          .map(({ signature, reason }) => `${signature}: ${reason}`)
          .join('; ')}${hidden > 0 ? `; and ${hidden} more, which the report names` : ''}.${more}`,
        remedy:
          unreachable?.remedy ??
          'Have it signed by an identity that the trust policy names, or change the trust policy.',
      };
    }
  }
}
