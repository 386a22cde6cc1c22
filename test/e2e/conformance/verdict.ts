/** What a client made of a repository, in words that compare. */
import { createHash } from 'node:crypto';

/**
 * An image: the tag is signed and stands for this content. `unsigned`: the data is good, the tag is
 * not in it. `refused`: the tag is listed, but not so that a pull takes it. `none`: there is no trust
 * data. `expired` and `invalid`: the data is refused. `crash`: the client did not survive it.
 */
export type Verdict = Image | 'unsigned' | 'refused' | 'none' | 'expired' | 'invalid' | 'crash';

export type Image = 'image 1.0' | 'image 2.0' | 'old image' | 'other image';

const images: readonly Image[] = ['image 1.0', 'image 2.0', 'old image', 'other image'];

/** Whether a client goes on with an image after this verdict. */
export function isImage(verdict: Verdict): verdict is Image {
  return (images as readonly Verdict[]).includes(verdict);
}

/** The image with this SHA-256. @throws {Error} for one that no test has signed. */
export function imageOf(sha256Hex: string): Image {
  const image = images.find(
    (content) => createHash('sha256').update(content).digest('hex') === sha256Hex,
  );
  if (image === undefined) throw new Error(`nobody signed ${sha256Hex}`);
  return image;
}
