/** The images that inputs and files name: each once, with all the places that name it. */
import { gunOf, parseImageReference, type ImageReference } from '../registry/index.js';
import type { ImageFile } from './types.js';

/** One image that was asked for. */
export interface ImageRequest {
  /** As it was first written. */
  readonly reference: string;
  readonly image: ImageReference;
  readonly gun: string;
  /** What is looked up; undefined for a reference by digest alone. */
  readonly tag: string | undefined;
  /** Where it is named, such as `deploy/app.yaml, line 12`; empty for inputs. */
  readonly places: readonly string[];
  /** Whether no input names it, so that whoever deploys it reads the files. */
  readonly isInFilesOnly: boolean;
}

/** Two references of one key ask the same. */
export function keyOf(reference: string): string {
  const { host, repository, tag, digest } = withTag(parseImageReference(reference));
  return [host, repository, tag ?? '', digest ?? ''].join(' ');
}

/** All requests, inputs first. */
export function requestsOf(
  images: readonly string[],
  files: readonly Pick<ImageFile, 'name' | 'mentions'>[] = [],
): readonly ImageRequest[] {
  const requests = new Map<string, ImageRequest & { readonly places: string[] }>();
  const request = (reference: string, isInFilesOnly: boolean): { readonly places: string[] } => {
    const key = keyOf(reference);
    const known = requests.get(key);
    if (known) return known;
    const image = withTag(parseImageReference(reference));
    const common = { reference, image, gun: gunOf(image), tag: image.tag };
    const made = { ...common, places: [] as string[], isInFilesOnly };
    requests.set(key, made);
    return made;
  };
  for (const reference of images) request(reference, false);
  for (const { name, mentions } of files) {
    for (const { reference, line } of mentions) {
      request(reference, true).places.push(`${name}, line ${line}`);
    }
  }
  return [...requests.values()];
}

/** Without tag and digest a reference means `latest`. */
function withTag(image: ImageReference): ImageReference {
  return image.tag === undefined && image.digest === undefined
    ? { ...image, tag: 'latest' }
    : image;
}
