/** The ways to settle an image: to sign it, to look what would be signed, or to verify what it has. */
import {
  boundTags,
  findSignature,
  imageProblem,
  signImagesOfTags,
  tagMetadata,
  verifyImage,
  type ChainSigner,
  type ImageSignature,
  type ManifestDescriptor,
  type SignatureOutcome,
  type SignatureStore,
  type SignatureTrust,
  type TagsOrder,
} from '../notation/index.js';
import type { ImagePorts, Settled } from './images.js';

type Settle = ImagePorts['settle'];

/** How the images of a repository are signed. */
type Order = Omit<TagsOrder, 'manifests'>;

/**
 * Signs what has no such signature yet.
 * @param platformsOf the images of an index that are signed as well.
 */
export function settleBySigning(
  store: SignatureStore,
  signer: ChainSigner,
  order: Order,
  platformsOf: (target: ManifestDescriptor) => Promise<readonly ManifestDescriptor[]>,
): Settle {
  return async (target, tags) => {
    const behind = [target, ...(await platformsOf(target))];
    const signed: ImageSignature[] = [];
    const manifests = new Map(tags.map((tag) => [tag, behind]));
    await signImagesOfTags(store, signer, { ...order, manifests }, (signature) => {
      signed.push(signature);
    });
    const own = signed.find(({ digest }) => digest === target.digest);
    if (!own) throw new TypeError('invariant violated: an image was not signed');
    const { signature, isNew } = own;
    return forEach(tags, () => ({ signature, isNew }));
  };
}

/** Looks for what {@link settleBySigning} would find, and signs nothing. */
export function settleByLooking(store: SignatureStore, signer: ChainSigner, order: Order): Settle {
  return async (target, tags) => {
    const metadata = { ...order.metadata, ...tagMetadata(order.gun, tags) };
    const found = await findSignature(store, signer, { ...order, metadata, target });
    return forEach(tags, () =>
      found ? { signature: found.digest, isNew: false } : { reason: 'it would be signed' },
    );
  };
}

/** Settles nothing, where there is no certificate to look for. */
export const settleByListing: Settle = (_, tags) =>
  Promise.resolve(forEach(tags, () => ({ reason: 'no signature was looked for' })));

/** Verifies what there is: each tag needs an accepted signature that holds it. */
export function settleByVerifying(
  store: SignatureStore,
  gun: string,
  trust: SignatureTrust,
  asked: Omit<Parameters<typeof verifyImage>[3], 'metadata'>,
): Settle {
  return async (target, tags) => {
    const verdict = await verifyImage(store, { gun, target }, trust, { ...asked, metadata: {} });
    const accepted = verdict.signatures.filter(isFullyAccepted);
    const problem = imageProblem('the image', verdict)?.message;
    return forEach(tags, (tag) => {
      const found = accepted.find(
        ({ description }) => description && boundTags(gun, description.metadata).includes(tag),
      );
      if (found) return { signature: found.signature, isNew: false };
      const [first] = accepted;
      if (first)
        return { reason: `no accepted signature holds the tag, such as ${first.signature}` };
      return { reason: problem ?? 'the trust policy accepts signatures by anybody' };
    });
  };
}

/** A level that only notes by whom a signature is vouches for nobody. */
function isFullyAccepted(outcome: SignatureOutcome): boolean {
  return outcome.isAccepted && outcome.noted.every(({ check }) => check !== 'authenticity');
}

function forEach(
  tags: readonly string[],
  settle: (tag: string) => Settled,
): ReadonlyMap<string, Settled> {
  return new Map(tags.map((tag) => [tag, settle(tag)]));
}
