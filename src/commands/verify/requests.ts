/** What is to be verified: every image once, with all the places that name it. */
import { gunOf, parseImageReference, type ImageReference } from '../../registry/index.js';
import type { VerifyConfiguration } from './configuration.js';

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
}

/** Two references of one key ask the same. */
export function keyOf(reference: string): string {
  const { host, repository, tag, digest } = withTag(parseImageReference(reference));
  return [host, repository, tag ?? '', digest ?? ''].join(' ');
}

/** All requests, inputs first. */
export function requestsOf({ images, files }: VerifyConfiguration): readonly ImageRequest[] {
  const named = [
    ...images.map((reference) => ({ reference, places: [] as string[] })),
    ...files.flatMap(({ name, mentions }) =>
      mentions.map(({ reference, line }) => ({ reference, places: [`${name}, line ${line}`] })),
    ),
  ];
  const requests = new Map<string, ImageRequest>();
  for (const { reference, places } of named) {
    const key = keyOf(reference);
    const known = requests.get(key);
    if (known) {
      requests.set(key, { ...known, places: [...known.places, ...places] });
      continue;
    }
    const image = withTag(parseImageReference(reference));
    requests.set(key, { reference, image, gun: gunOf(image), tag: image.tag, places });
  }
  return [...requests.values()];
}

/** Without tag and digest a reference means `latest`. */
function withTag(image: ImageReference): ImageReference {
  return image.tag === undefined && image.digest === undefined
    ? { ...image, tag: 'latest' }
    : image;
}
