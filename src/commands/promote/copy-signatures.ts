/**
 * The Notary Project signatures of promoted images: copied with them, since they are of the digest and
 * count wherever it is. Whether they count, their verifiers judge.
 */
import { TrustError, isTrustError } from '../../errors.js';
import { signatureArtifactType } from '../../notation/index.js';
import {
  copyArtifacts,
  planArtifacts,
  type AttachedCopy,
  type CopyPlan,
  type RepositoryAccess,
} from '../../registry/index.js';
import type { Run } from '../run.js';

/** What is attached to an image, and its signatures on their way. */
export interface SignatureCopies {
  /** Each signature, and whether the target lists it by now. */
  readonly signatures: Map<string, AttachedCopy>;
  /** Types of other artifacts, which stay behind. */
  readonly others: readonly string[];
}

interface PlannedImage {
  readonly digest: string;
  readonly from: RepositoryAccess;
  readonly plan: Pick<CopyPlan, 'all'>;
}

/** By digest of the image. @throws {TrustError} what keeps the signatures from being listed */
export async function planSignatures(
  images: readonly PlannedImage[],
  to: RepositoryAccess,
  { info, warn }: Pick<Run['log'], 'info' | 'warn'>,
): Promise<ReadonlyMap<string, SignatureCopies>> {
  const planned = new Map<string, SignatureCopies>();
  for (const { digest, from, plan } of images) {
    const { artifacts, others } = await planArtifacts(from, to, plan.all, signatureArtifactType);
    const signatures = new Map(artifacts.map((one) => [`${one.subject} ${one.digest}`, one]));
    planned.set(digest, { signatures, others });
    const missing = artifacts.filter(({ isThere }) => !isThere).length;
    const name = `${from.host}/${from.repository}@${digest}`;
    if (artifacts.length > 0) {
      info(`${name}  Notary Project signatures: ${artifacts.length}, to copy: ${missing}`);
    }
    if (others.length > 0) {
      const types = [...new Set(others)].sort().join(', ');
      warn(
        `${name} has attached artifacts that are not copied (${others.length}): ${types}. Attach them to the copy where they are needed.`,
      );
    }
  }
  return planned;
}

/**
 * Copies what is missing; each is noted at once.
 * @returns how many were copied.
 * @throws {TrustError} what an artifact is refused for, saying how many are left.
 */
export async function copySignatures(
  images: readonly PlannedImage[],
  to: RepositoryAccess,
  planned: ReadonlyMap<string, SignatureCopies>,
  { info, warn }: Pick<Run['log'], 'info' | 'warn'>,
): Promise<number> {
  // Images may have the image of a platform in common.
  const done = new Set<string>();
  for (const { digest, from } of images) {
    const { signatures } = planned.get(digest) ?? { signatures: new Map<string, AttachedCopy>() };
    const note = (copied: AttachedCopy): void => {
      const name = `${copied.subject} ${copied.digest}`;
      signatures.set(name, { ...copied, isThere: true });
      if (done.has(name)) return;
      done.add(name);
      info(`${to.host}/${to.repository}@${copied.subject}  signature ${copied.digest}`);
    };
    for (const [name, one] of signatures) if (done.has(name)) note(one);
    const missing = [...signatures.values()].filter(({ isThere }) => !isThere);
    try {
      const lost = await copyArtifacts(from, to, missing, signatureArtifactType, note);
      for (const one of lost) {
        warn(
          `${from.host}/${from.repository}@${one.subject} lists the signature ${one.digest}, which cannot be read there and is not copied.`,
        );
      }
    } catch (error) {
      if (!isTrustError(error)) throw error;
      const { code, message, remedy } = error;
      const left = [...signatures.values()].filter(({ isThere }) => !isThere).length;
      throw new TrustError(
        code,
        `${message} Of ${signatures.size} Notary Project signatures of ${digest}, ${left} are not copied.`,
        { remedy, cause: error },
      );
    }
  }
  return done.size;
}
