/**
 * Signs the images behind the tags of a repository, each digest once. Notary Project signs digests and
 * nothing else: the tags go into the signed metadata, so that a verifier can demand them.
 */
import { mapConcurrent } from '../concurrency.js';
import { limits } from '../limits.js';
import type { ChainSigner } from './chain-signer.js';
import { signImage, type ImageOrder } from './sign-image.js';
import type { ManifestDescriptor, SignatureStore } from './storage/signature-store.js';

/** What names of signed metadata that are for tags begin with. */
export const tagPrefix = 'tag:';

/** The signed metadata that binds `tags` to the repository `gun`. */
export function tagMetadata(
  gun: string,
  tags: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map((tag) => [`${tagPrefix}${tag}`, gun]));
}

/** The tags that signed metadata binds to the repository `gun`. */
export function boundTags(
  gun: string,
  metadata: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(metadata)
    .filter(([name, value]) => name.startsWith(tagPrefix) && value === gun)
    .map(([name]) => name.slice(tagPrefix.length));
}

/** A signature of this run, or one that was there already and says the same. */
export interface ImageSignature {
  /** What it is for: the image, or the image of one of its platforms. */
  readonly digest: string;
  /** Of the signature's manifest in the same repository. */
  readonly signature: string;
  readonly isNew: boolean;
  /** Undefined where it is accepted for as long as its certificates are. */
  readonly expires: string | undefined;
  /** When it existed, as a time stamping authority says; absent where none was asked. */
  readonly timestamp?: string;
  /** The tags that it names. */
  readonly tags: readonly string[];
}

/** The tags of a repository, and how what they point to is signed. */
export interface TagsOrder extends Omit<ImageOrder, 'target'> {
  /** `registry/repository`, to which the tags are bound. */
  readonly gun: string;
  /** The manifests behind each tag: the image, and those of its platforms if they are signed as well. */
  readonly manifests: ReadonlyMap<string, readonly ManifestDescriptor[]>;
}

/**
 * @param onSigned told of every signature at once, so that a failure can name what exists.
 * @throws {TrustError} as {@link signImage}
 */
export async function signImagesOfTags(
  store: SignatureStore,
  signer: ChainSigner,
  { gun, manifests, metadata, ...order }: TagsOrder,
  onSigned: (signature: ImageSignature) => void,
): Promise<void> {
  await mapConcurrent(targetsOf(manifests), limits.concurrentTags, async ({ target, tags }) => {
    const signed = await signImage(store, signer, {
      ...order,
      target,
      metadata: { ...metadata, ...tagMetadata(gun, tags) },
    });
    const { digest: signature, isNew, expiry, stampedAt } = signed;
    onSigned({
      digest: target.digest,
      signature,
      isNew,
      expires: expiry?.toISOString(),
      ...(stampedAt && { timestamp: stampedAt.toISOString() }),
      tags,
    });
  });
}

/** Each digest once, with all of its tags. */
function targetsOf(manifests: TagsOrder['manifests']) {
  const targets = new Map<string, { target: ManifestDescriptor; tags: string[] }>();
  for (const [tag, behind] of manifests) {
    for (const target of behind) {
      const { tags } = targets.get(target.digest) ?? { tags: [] };
      targets.set(target.digest, { target, tags: [...tags, tag].sort() });
    }
  }
  return [...targets.values()];
}
