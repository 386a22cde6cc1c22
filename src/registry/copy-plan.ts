/**
 * Finds out what a repository lacks of an image. Asks only; nothing is written. What the target says
 * it has is believed: it is asked again for every manifest, and refuses one without its blobs.
 */
import { mapConcurrent } from '../concurrency.js';
import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import { hasBlob } from './blob-target.js';
import { contentOf, type Descriptor } from './content.js';
import { createRegistryClient, type Manifest, type RegistryClient } from './manifests.js';
import type { RepositoryAccess } from './types.js';

/** A manifest, and the digest that others refer to it by. */
interface ReferredManifest extends Manifest {
  /** Of whatever algorithm the reference has. */
  readonly reference: string;
}

/** What has to be done to have an image in a repository. */
export interface CopyPlan {
  /** The manifest or index on top, whose digest is the image's. */
  readonly top: Manifest;
  /** Digests of all manifests of the image, whether the target has them or not. */
  readonly all: readonly string[];
  /** What the target lacks, each after all that it refers to. */
  readonly manifests: readonly ReferredManifest[];
  readonly blobs: readonly Descriptor[];
  /** What it has already. */
  readonly present: { readonly manifests: number; readonly blobs: number };
  /** Layers that are fetched from elsewhere, and are not copied. */
  readonly foreign: readonly Descriptor[];
}

/**
 * Plans to copy `top` and all it refers to.
 * @throws {TrustError} MANIFEST_NOT_FOUND when the source lacks a part; REGISTRY_FAILED for an image
 * that is none or has too many parts; and what asking throws.
 */
export async function planCopy(
  from: RepositoryAccess,
  to: RepositoryAccess,
  top: Manifest,
): Promise<CopyPlan> {
  const walk = new Walk(from, to);
  await walk.visit({ ...top, reference: top.digest }, await walk.isThere(top.digest), 0);
  const blobs = [...walk.blobs.values()];
  const there = await mapConcurrent(blobs, limits.concurrentBlobs, ({ digest }) =>
    hasBlob(to, digest),
  );
  return {
    top,
    all: [...walk.seen],
    manifests: [...walk.missing.values()],
    blobs: blobs.filter((_, index) => there[index] !== true),
    present: {
      manifests: walk.seen.size - walk.missing.size,
      blobs: there.filter((isThere) => isThere).length,
    },
    foreign: [...walk.foreign.values()],
  };
}

/** One walk down an image, in which nothing is looked at twice. */
class Walk {
  readonly seen = new Set<string>();
  /** In the order in which they can be put. */
  readonly missing = new Map<string, ReferredManifest>();
  readonly blobs = new Map<string, Descriptor>();
  readonly foreign = new Map<string, Descriptor>();
  readonly #source: RegistryClient;
  readonly #target: RegistryClient;

  constructor(
    readonly from: RepositoryAccess,
    readonly to: RepositoryAccess,
  ) {
    this.#source = createRegistryClient(from);
    this.#target = createRegistryClient(to);
  }

  async isThere(reference: string): Promise<boolean> {
    return (await this.#target.getManifest(this.to.repository, reference)) !== undefined;
  }

  async visit(manifest: ReferredManifest, isThere: boolean, depth: number): Promise<void> {
    this.seen.add(manifest.reference);
    if (depth > limits.indexDepth || this.seen.size > limits.manifestsPerImage) {
      throw tooMuch(this.from, manifest);
    }
    const content = contentOf(manifest);
    const children = content.manifests.filter(({ digest }) => !this.seen.has(digest));
    const found = await mapConcurrent(children, limits.concurrentBlobs, (child) =>
      this.#find(child),
    );
    for (const { child, isChildThere } of found) {
      if (!this.seen.has(child.reference)) await this.visit(child, isChildThere, depth + 1);
    }
    if (isThere) return;
    // An image that is there has its blobs; some registries take an index without its images.
    for (const blob of content.blobs) this.blobs.set(blob.digest, blob);
    for (const layer of content.foreign) this.foreign.set(layer.digest, layer);
    this.missing.set(manifest.reference, manifest);
  }

  async #find({
    digest,
  }: Descriptor): Promise<{ readonly child: ReferredManifest; readonly isChildThere: boolean }> {
    const there = await this.#target.getManifest(this.to.repository, digest);
    const found = there ?? (await this.#source.getManifest(this.from.repository, digest));
    if (found) return { child: { ...found, reference: digest }, isChildThere: there !== undefined };
    throw new TrustError(
      'MANIFEST_NOT_FOUND',
      `${this.from.host}/${this.from.repository} does not have ${digest}, which its image needs`,
      { remedy: 'The image is incomplete. Push it again, sign it, and run the step again.' },
    );
  }
}

function tooMuch({ host, repository }: RepositoryAccess, { reference }: ReferredManifest): Error {
  return new TrustError(
    'REGISTRY_FAILED',
    `${host}/${repository}@${reference} is part of an image with too many parts: it is not copied`,
    {
      remedy: `An image may have ${limits.manifestsPerImage} manifests in ${limits.indexDepth} levels of indexes.`,
    },
  );
}
