/** Copies images to one repository, each once, and says what was there already. Puts no tags. */
import type { Log } from '../ports.js';
import { copyImage } from './copy-image.js';
import { planCopy, type CopyPlan } from './copy-plan.js';
import type { Manifest } from './manifests.js';
import type { RepositoryAccess } from './types.js';

/** An image at its source. */
export interface ImageToCopy {
  /** Registry and repository. */
  readonly gun: string;
  readonly from: RepositoryAccess;
  readonly manifest: Manifest;
}

/** What is, or would be, done for one image. Numbers of pieces. */
export interface CopyFacts {
  readonly manifests: number;
  readonly blobs: number;
  /** Blobs among them that the registry takes over by itself. */
  readonly mounted: number;
  /** Bytes that pass through this machine; undefined as long as nothing was copied. */
  readonly bytes: number | undefined;
  readonly presentManifests: number;
  readonly presentBlobs: number;
  /** Layers that are fetched from elsewhere, and were left out. */
  readonly foreignLayers: number;
}

/** What has to be copied for one digest, from the first source that has it. */
interface PlannedCopy {
  readonly digest: string;
  readonly from: RepositoryAccess;
  readonly plan: CopyPlan;
}

/** Finds out what the target lacks. @throws {TrustError} as planCopy. */
export async function planCopies(
  images: readonly ImageToCopy[],
  to: RepositoryAccess,
  log: Log,
): Promise<readonly PlannedCopy[]> {
  const copies = new Map<string, PlannedCopy>();
  for (const { gun, from, manifest } of images) {
    const { digest } = manifest;
    if (copies.has(digest)) continue;
    const plan = await planCopy(from, to, manifest);
    copies.set(digest, { digest, from, plan });
    log.info(`${gun}@${digest}  ${describe(plan)}`);
    if (plan.foreign.length > 0) {
      log.warn(
        `${gun}@${digest} has layers that may not be handed on, as those of Windows base images: clients fetch them from where they come from, and they are not copied (${plan.foreign.length}).`,
      );
    }
  }
  return [...copies.values()];
}

/**
 * Copies, one image after the other; what two of them share is sent once.
 * @returns what was done, by digest.
 * @throws {TrustError} as copyImage.
 */
export async function copyImages(
  copies: readonly PlannedCopy[],
  to: RepositoryAccess,
  log: Log,
): Promise<ReadonlyMap<string, CopyFacts>> {
  const arrived = new Set<string>();
  const facts = new Map<string, CopyFacts>();
  for (const { digest, from, plan } of copies) {
    const blobs = plan.blobs.filter((blob) => !arrived.has(blob.digest));
    const manifests = plan.manifests.filter(({ reference }) => !arrived.has(reference));
    const done = await copyImage(from, to, { ...plan, blobs, manifests }, (blob, arrival) => {
      const how = { sent: 'copied', mounted: 'taken over', there: 'arrived' }[arrival];
      log.info(`${blob.digest}  ${sizeOf(blob.size)}  ${how}`);
    });
    for (const { reference } of manifests) {
      arrived.add(reference);
      log.info(reference);
    }
    for (const blob of done.blobs.keys()) arrived.add(blob);
    facts.set(digest, {
      ...plannedFacts(plan),
      manifests: manifests.length,
      blobs: blobs.length,
      mounted: [...done.blobs.values()].filter((arrival) => arrival === 'mounted').length,
      bytes: done.bytesSent,
    });
  }
  return facts;
}

/** What a plan says, before it is carried out. */
export function plannedFacts({ manifests, blobs, present, foreign }: CopyPlan): CopyFacts {
  return {
    manifests: manifests.length,
    blobs: blobs.length,
    mounted: 0,
    bytes: undefined,
    presentManifests: present.manifests,
    presentBlobs: present.blobs,
    foreignLayers: foreign.length,
  };
}

function describe({ manifests, blobs }: CopyPlan): string {
  if (manifests.length === 0) return 'is there already';
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  const parts = [counted(manifests.length, 'manifest'), counted(blobs.length, 'blob')];
  return `to copy: ${parts.join(' and ')}, ${sizeOf(bytes)}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** As a person reads it: `1.4 MB`. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
