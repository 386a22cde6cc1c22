/** What a signature says of itself, for people and reports. Believed only if it was verified. */
import { mapConcurrent } from '../concurrency.js';
import { limits } from '../limits.js';
import { readChain, type Certificate, type CertificateChain } from './certificates/index.js';
import { readEnvelope, type Envelope, type EnvelopeFormat } from './envelope/index.js';
import { ruleOf } from './rule-error.js';
import {
  readStored,
  type ListedSignature,
  type ManifestDescriptor,
  type SignatureStore,
} from './storage/signature-store.js';
import { stampedTime } from './timestamp/index.js';

/** A signature as people are shown it; none of its bytes. */
export interface SignatureDescription {
  readonly format: EnvelopeFormat;
  /** The manifest that was signed. */
  readonly target: ManifestDescriptor;
  /** Its signed metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Subject of the certificate that signed. */
  readonly signer: string;
  /** From that certificate up to the root. */
  readonly certificates: readonly Pick<Certificate, 'subjectText' | 'thumbprint' | 'notAfter'>[];
  readonly signedAt: Date;
  /** Undefined where it has no end of its own. */
  readonly expires: Date | undefined;
  /** The time in its time stamp, if it has one that can be read. */
  readonly timestamp: Date | undefined;
  /** The program that made it; unsigned. */
  readonly agent: string | undefined;
}

/** A signature that is listed, and what is in it or why that cannot be read. */
export type DescribedSignature = {
  /** Digest of the signature's manifest. */
  readonly signature: string;
} & ({ readonly description: SignatureDescription } | { readonly flaw: string });

/** Signatures that were read, and how many more are listed. */
export interface SignatureList<T> {
  readonly signatures: readonly T[];
  /** Signatures beyond {@link limits.signaturesPerImage}. */
  readonly unread: number;
}

/**
 * Describes the signatures that are attached to a manifest. Nothing is verified: they are claims.
 * @throws {TrustError} what listing them throws, INTERRUPTED
 */
export async function describeSignatures(
  store: SignatureStore,
  digest: string,
): Promise<SignatureList<DescribedSignature>> {
  return eachSignature(store, digest, async (signature) => {
    const stored = await readStored(store, signature);
    if ('flaw' in stored) return { signature, flaw: brief(stored.flaw) };
    try {
      const envelope = readEnvelope(stored.mediaType, stored.bytes);
      return { signature, description: describe(envelope, readChain(envelope.chain)) };
    } catch (error) {
      return { signature, flaw: brief(ruleOf(error)) };
    }
  });
}

/**
 * Does the same with every signature of a manifest, up to the limit.
 * @param isLikely whose turn comes first, so that signatures that nobody asked for keep none out.
 */
export async function eachSignature<T>(
  store: SignatureStore,
  digest: string,
  body: (signature: string) => Promise<T>,
  isLikely: (annotations: ListedSignature['annotations']) => boolean = () => true,
): Promise<SignatureList<T>> {
  const listed = await store.list(digest);
  const [likely, others] = [true, false].map((wanted) =>
    listed.filter(({ annotations }) => isLikely(annotations) === wanted),
  );
  const read = [...(likely ?? []), ...(others ?? [])].slice(0, limits.signaturesPerImage);
  const signatures = await mapConcurrent(read, limits.concurrentSignatures, (one) =>
    body(one.digest),
  );
  return { signatures, unread: listed.length - signatures.length };
}

/** The beginning of a text that whoever pushes may have written, of any length. */
export function brief(text: string): string {
  return text.length > limits.claimLength ? `${text.slice(0, limits.claimLength)}...` : text;
}

/** The first pairs, as many as are shown. */
function briefMetadata(metadata: SignatureDescription['metadata']): typeof metadata {
  let left = limits.claimedMetadataLength;
  const shown = Object.entries(metadata).filter(([name, value]) => {
    left -= name.length + value.length;
    return left >= 0;
  });
  return Object.fromEntries(shown);
}

/**
 * What an envelope says, without its bytes.
 * @param isAccepted whether its signer is trusted, so that all of it is told.
 */
export function describe(
  { format, payload, signingTime, expiry, agent, timestamp, signature }: Envelope,
  chain: CertificateChain,
  isAccepted = false,
): SignatureDescription {
  const { annotations, mediaType, digest, size } = payload;
  return {
    format,
    target: { mediaType: brief(mediaType), digest: brief(digest), size },
    metadata: isAccepted ? annotations : briefMetadata(annotations),
    signer: brief(chain[0].subjectText),
    certificates: chain.map(({ subjectText, thumbprint, notAfter }) => ({
      subjectText: brief(subjectText),
      thumbprint,
      notAfter,
    })),
    signedAt: signingTime,
    expires: expiry,
    timestamp: timestamp && stampedTime(timestamp, signature),
    agent: agent === undefined ? undefined : brief(agent),
  };
}
