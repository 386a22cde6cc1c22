/**
 * Verifies one signature (Notary Project, trust store and trust policy specification, "Signature
 * Verification Details"), check by check in the order of the specification. Bytes in, verdict out:
 * the envelope was fetched before, and revocation is found out by whoever calls.
 */
import { isSignedBy, algorithmOfKey } from '../algorithms.js';
import {
  comparable,
  isPartOf,
  isValidAt,
  readChain,
  requireSigningChain,
  type CertificateChain,
} from '../certificates/index.js';
import { readEnvelope, type Envelope } from '../envelope/index.js';
import type { CheckAction, TrustAnchors, VerifyingStatement } from '../policy/index.js';
import { RuleError, ruleOf } from '../rule-error.js';
import { verifyToken, type VerifiedTimestamp } from '../timestamp/index.js';
import { revocationFlaw, type RevocationCheck } from './revocation.js';
import type { Check, FailedCheck, SignatureFacts, Verdict } from './verdict.js';

/** What is to be verified, and by what. */
export interface SignatureToVerify {
  /** Media type of the layer, and its bytes. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** The manifest that was asked for, as the registry has it. */
  readonly target: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly statement: VerifyingStatement;
  readonly anchors: TrustAnchors;
  /** Metadata that the signature must have; it may have more. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly now: Date;
  readonly checkRevocation: RevocationCheck;
}

/** @throws what `checkRevocation` throws, and nothing else. */
export async function verifySignature(signature: SignatureToVerify): Promise<Verdict> {
  let opened: { readonly envelope: Envelope; readonly chain: CertificateChain };
  try {
    opened = openSignature(signature);
  } catch (error) {
    const reason = ruleOf(error);
    return { isAccepted: false, check: 'integrity', reason, facts: undefined };
  }
  const { envelope, chain } = opened;
  const noted: FailedCheck[] = [];
  let timestamp: VerifiedTimestamp | undefined;
  const checks: readonly (readonly [Check, CheckAction, () => Promise<void> | void])[] = [
    [
      'authenticity',
      signature.statement.level.authenticity,
      () => {
        requireTrusted(signature, envelope, chain);
      },
    ],
    [
      'expiry',
      signature.statement.level.expiry,
      () => {
        requireUnexpired(envelope, signature.now);
      },
    ],
    [
      'authenticTimestamp',
      signature.statement.level.authenticTimestamp,
      async () => {
        timestamp = await requireTime(signature, envelope, chain);
      },
    ],
    ['revocation', signature.statement.level.revocation, () => requireNotRevoked(signature, chain)],
    [
      'target',
      'enforce',
      () => {
        requireTarget(signature, envelope);
      },
    ],
    [
      'metadata',
      'enforce',
      () => {
        requireMetadata(signature, envelope);
      },
    ],
  ];
  const facts = (): SignatureFacts => ({ envelope, chain, timestamp });
  for (const [check, action, require] of checks) {
    if (action === 'skip') continue;
    try {
      await require();
    } catch (error) {
      const reason = ruleOf(error);
      if (action === 'enforce') return { isAccepted: false, check, reason, facts: facts() };
      noted.push({ check, reason });
    }
  }
  return { isAccepted: true, noted, ...facts() };
}

/** Integrity: form, chain, algorithm, signature. */
function openSignature({ mediaType, bytes }: SignatureToVerify) {
  const envelope = readEnvelope(mediaType, bytes);
  const chain = readChain(envelope.chain);
  requireSigningChain(chain);
  const { publicKey } = chain[0].x509;
  const algorithm = algorithmOfKey(publicKey);
  if (algorithm?.name !== envelope.algorithm.name) {
    throw new RuleError(
      `the algorithm is ${envelope.algorithm.name}, but the key of the certificate is for ${algorithm?.name ?? 'none'}`,
    );
  }
  if (!isSignedBy(publicKey, algorithm, envelope.signingInput, envelope.signature)) {
    throw new RuleError('the signature is not of the key of its certificate');
  }
  requireTimeOfSigning(envelope, chain);
  return { envelope, chain };
}

/** "Signed Attributes": a time of signing outside of a certificate's validity is invalid. */
function requireTimeOfSigning({ signingTime }: Envelope, chain: CertificateChain): void {
  const outside = chain.find((certificate) => !isValidAt(certificate, signingTime));
  if (!outside) return;
  throw new RuleError(
    `the time of signing (${signingTime.toISOString()}) lies outside the validity of the certificate ${JSON.stringify(outside.subjectText)}`,
  );
}

/** Authenticity: a certificate of the chain is trusted, and so is the name of the leaf. */
function requireTrusted(
  { anchors, statement }: SignatureToVerify,
  { scheme }: Envelope,
  chain: CertificateChain,
): void {
  const trusted = scheme === 'notary.x509' ? anchors.ca : anchors.signingAuthority;
  if (trusted.length === 0) {
    throw new RuleError(`the trust policy names no trust store for the signing scheme ${scheme}`);
  }
  if (!chain.some(({ der }) => trusted.some((anchor) => anchor.der.equals(der)))) {
    throw new RuleError('no certificate of its chain is in the trust stores');
  }
  if (statement.identities === 'any') return;
  const [{ subject, subjectText }] = chain;
  let attributes: ReturnType<typeof comparable>;
  try {
    attributes = comparable(subject);
  } catch (error) {
    throw new RuleError(
      `the subject ${JSON.stringify(subjectText)} cannot be compared with trusted identities: ${ruleOf(error)}`,
      { cause: error },
    );
  }
  if (!statement.identities.some((identity) => isPartOf(identity, attributes))) {
    throw new RuleError(`the subject ${JSON.stringify(subjectText)} is not a trusted identity`);
  }
}

function requireUnexpired({ expiry }: Envelope, now: Date): void {
  if (expiry && now >= expiry) throw new RuleError(`it expired at ${expiry.toISOString()}`);
}

/**
 * Authentic time: a time stamp where the policy asks for one, else the clock of this machine; an
 * authority that signs for others vouches for its time itself.
 */
async function requireTime(
  signature: SignatureToVerify,
  envelope: Envelope,
  chain: CertificateChain,
): Promise<VerifiedTimestamp | undefined> {
  const { anchors, statement, now } = signature;
  if (envelope.scheme === 'notary.x509.signingAuthority') {
    requireValidity(chain, envelope.signingTime, envelope.signingTime);
    return undefined;
  }
  const isNeeded =
    statement.verifyTimestamp === 'always' || chain.some(({ notAfter }) => notAfter < now);
  if (!anchors.tsa || !isNeeded) {
    requireValidity(chain, now, now);
    return undefined;
  }
  if (!envelope.timestamp) {
    throw new RuleError('it has no time stamp, which the trust policy asks for');
  }
  const verified = verifyToken(envelope.timestamp, envelope.signature, anchors.tsa);
  requireValidity(chain, verified.earliest, verified.latest);
  const flaw = revocationFlaw(verified.chain, await signature.checkRevocation(verified.chain));
  if (flaw !== undefined) throw new RuleError(`the time stamp cannot be trusted: ${flaw}`);
  return verified;
}

/** All certificates, the root included, at both ends of a span of time. */
function requireValidity(chain: CertificateChain, earliest: Date, latest: Date): void {
  for (const { subjectText, notBefore, notAfter } of chain) {
    const name = `the certificate ${JSON.stringify(subjectText)}`;
    if (earliest < notBefore)
      throw new RuleError(`${name} is not valid before ${notBefore.toISOString()}`);
    if (latest > notAfter) throw new RuleError(`${name} expired at ${notAfter.toISOString()}`);
  }
}

/** The chain of a time stamp has no such way out. */
const revocationOverride =
  ', or do without the check: "override": {"revocation": "skip"} in signatureVerification of the trust policy, check-revocation without one';

async function requireNotRevoked(
  { checkRevocation }: SignatureToVerify,
  chain: CertificateChain,
): Promise<void> {
  const flaw = revocationFlaw(chain, await checkRevocation(chain), revocationOverride);
  if (flaw !== undefined) throw new RuleError(flaw);
}

/** The signature covers type, digest and size of the manifest, and all three are compared. */
function requireTarget({ target }: SignatureToVerify, { payload }: Envelope): void {
  const differing = (['digest', 'size', 'mediaType'] as const).find(
    (member) => payload[member] !== target[member],
  );
  if (!differing) return;
  throw new RuleError(
    `it is for another manifest: its ${differing} is ${JSON.stringify(payload[differing])}, not ${JSON.stringify(target[differing])}`,
  );
}

function requireMetadata({ metadata }: SignatureToVerify, { payload }: Envelope): void {
  const missing = Object.entries(metadata).find(
    ([name, value]) =>
      !Object.hasOwn(payload.annotations, name) || payload.annotations[name] !== value,
  );
  if (missing) throw new RuleError(`it lacks the metadata ${missing.join('=')}`);
}
