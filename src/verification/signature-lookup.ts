/** What Notary Project signatures say of the images of a run. */
import type { ImageRequest } from '../deployment-files/index.js';
import { isTrustError, unreachableCodes } from '../errors.js';
import {
  boundTags,
  createRevocationCheck,
  imageProblem,
  tagMetadata,
  verifyImage,
  type ImageVerdict,
  type RevocationCheck,
  type SignatureOutcome,
  type SignatureTrust,
} from '../notation/index.js';
import type { Log } from '../ports.js';
import type { Manifest } from '../registry/index.js';
import { signatureStore, type AccessRun, type ScopedTrustServer } from '../access/index.js';
import { concernsRun } from './load-trust-data.js';
import type { CertificateAccess } from './trusted-certificates.js';
import { problemOf, type ImageToJudge } from './requirements.js';
import type { RequiredKinds, VerdictProblem } from './verdict.js';

/**
 * Whose signatures count, known when certificates of Key Vault are read.
 * @throws {TrustError} (the promise) what the vault refuses, INPUT_MISSING, TRUST_POLICY_INVALID
 */
export type OpenTrust = (run: CertificateAccess) => Promise<SignatureTrust>;

/** Which signatures count. */
export interface SignaturePolicy {
  readonly requires: (gun: string) => RequiredKinds;
  readonly openTrust: OpenTrust;
  /** Pairs that the signed metadata must hold. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it must hold the tag that was asked for. */
  readonly isTagRequired: boolean;
}

/** What the signatures of an image say. */
export type SignatureFinding = { readonly verdict: ImageVerdict | undefined } & (
  | ({ readonly kind: 'signed'; readonly manifest: Manifest } & Pick<
      ImageToJudge,
      'signed' | 'session'
    >)
  | { readonly kind: 'missing' | 'wrong'; readonly problem: VerdictProblem }
);

/** Looks signatures up for a run. */
export interface SignatureLookup {
  readonly requires: SignaturePolicy['requires'];
  /**
   * @param digest what was found to be the image; without it the tag is resolved.
   * @throws {TrustError} what is not a verdict on an image
   */
  readonly find: (request: ImageRequest, digest: string | undefined) => Promise<SignatureFinding>;
}

/**
 * @param trustServer the one that the inputs name: a session is opened once for both kinds.
 * @throws {TrustError} as OpenTrust.
 */
export async function openSignatureLookup(
  { requires, openTrust, metadata, isTagRequired }: SignaturePolicy,
  trustServer: ScopedTrustServer | undefined,
  run: AccessRun,
): Promise<SignatureLookup> {
  const { access, clock, signal, log } = run;
  const trust = await openTrust(run);
  let checkRevocation: RevocationCheck | undefined;
  const find = async (
    request: ImageRequest,
    digest: string | undefined,
  ): Promise<SignatureFinding> => {
    const { image, gun, tag, reference } = request;
    const name = digest ?? image.digest ?? tag ?? '';
    const session = await access.sessionToRead(image, trustServer, name);
    const manifest = await session.images.getManifest(image.repository, name);
    if (!manifest) {
      const message = `${reference} is not in the registry.`;
      const remedy = 'Push it, or correct the name.';
      const problem = { code: 'MANIFEST_NOT_FOUND', message, remedy } as const;
      return { kind: 'wrong', problem, verdict: undefined };
    }
    checkRevocation ??= createRevocationCheck({ http: session.http, clock, signal });
    const { mediaType, length } = manifest;
    const isTagAsked = isTagRequired && tag !== undefined;
    const verdict = await verifyImage(
      signatureStore({ ...session.client, repository: image.repository, signal }),
      { gun, target: { mediaType, digest: manifest.digest, size: length } },
      trust,
      {
        metadata: { ...metadata, ...(isTagAsked && tagMetadata(gun, [tag])) },
        now: clock(),
        checkRevocation,
      },
    );
    tell(`${gun}@${manifest.digest}`, verdict.signatures, log);
    const problem = imageProblem(reference, verdict);
    if (problem) return { kind: isUnsigned(verdict) ? 'missing' : 'wrong', problem, verdict };
    const signed = { digest: manifest.digest, length, ...factsOf(gun, verdict) };
    return { kind: 'signed', signed, manifest, session, verdict };
  };
  return {
    requires,
    find: async (request, digest) => {
      try {
        return await find(request, digest);
      } catch (error) {
        if (!isTrustError(error) || concernsRun(error)) throw error;
        const kind = isTrustError(error, ...unreachableCodes) ? 'missing' : 'wrong';
        return { kind, problem: problemOf(error, request), verdict: undefined };
      }
    },
  };
}

/** One line for each signature, and a warning for what the policy only notes. */
function tell(
  name: string,
  signatures: readonly SignatureOutcome[],
  { info, warn }: Pick<Log, 'info' | 'warn'>,
): void {
  for (const outcome of signatures) {
    const { signature } = outcome;
    if (!outcome.isAccepted) {
      info(`${name}  ${signature} is rejected: ${outcome.reason}`);
      continue;
    }
    info(`${name}  ${signature} is accepted: ${outcome.description.signer}`);
    for (const { check, reason } of outcome.noted) {
      warn(
        `The signature ${signature} of ${name} is accepted, because the trust policy only logs failures of the check ${check}: ${reason}.`,
      );
    }
  }
}

/** Whether nobody whom the policy names has signed, so that another policy may accept the image. */
function isUnsigned({ kind, signatures }: ImageVerdict): boolean {
  return (
    kind !== 'rejected' ||
    signatures.every((outcome) => !outcome.isAccepted && outcome.check === 'authenticity')
  );
}

function factsOf(gun: string, { signatures }: ImageVerdict) {
  const accepted = signatures.filter((outcome) => outcome.isAccepted);
  const tags = accepted.flatMap(({ description: { metadata } }) => boundTags(gun, metadata));
  // The image is verified until the last of them ends.
  const end = Math.max(...accepted.map(({ validUntil }) => validUntil?.getTime() ?? Infinity));
  return {
    tags: [...new Set(tags)].sort(),
    roles: [],
    signers: [...new Set(accepted.map(({ description }) => description.signer))],
    expires: Number.isFinite(end) ? { role: 'signature', at: new Date(end) } : undefined,
  };
}
