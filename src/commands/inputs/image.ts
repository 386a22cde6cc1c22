/** Inputs that name images, and a dry run. */
import { TrustError } from '../../errors.js';
import type { ImageConfiguration } from '../../image-signing/index.js';
import type { Input, Inputs, ListInput } from '../../inputs/index.js';
import {
  gunOf,
  isAttachmentTag,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
  parseTag,
  type ImageReference,
} from '../../registry/index.js';
import type { Read } from './read.js';
import { registry, repository } from './repositories.js';

export const tags = {
  type: 'list',
  group: 'image',
  label: 'Tags',
  help: 'Tags of the image, separated by commas or lines. Full names, as docker/metadata-action gives them, are accepted where they are of `registry` and `repository`, and name both where these are not set.',
  example: '1.4.2, latest',
} as const satisfies Input;

export const dryRun = {
  type: 'boolean',
  group: 'image',
  label: 'Dry run',
  help: 'Says what would be done, and changes nothing.',
  default: false,
  example: 'true',
} as const satisfies Input;

/** One image. */
export const imageInputs = { registry, repository, tags } as const satisfies Inputs;

/** The image of one repository; where a part cannot be read, that is noted. */
export function readImage({ values, parse }: Read<typeof imageInputs>): ImageConfiguration {
  const { registry: host, repository: name } = values;
  const found = host === undefined ? undefined : parse('registry', () => parseRegistryHost(host));
  const path = name === undefined ? undefined : parse('repository', () => parseRepository(name));
  const named = values.tags.map((tag) => parse('tags', () => imageTag(parseTag(tag))) ?? '');
  const [registry, repository] = [found ?? '', path ?? ''];
  return { registry, repository, tags: [...new Set(named)], gun: `${registry}/${repository}` };
}

/** An image that is named by its tag, and perhaps by the digest that the tag must have. */
export interface TaggedImage {
  readonly image: ImageReference;
  readonly gun: string;
  readonly tag: string;
  readonly digest: string | undefined;
  /** As the input has it. */
  readonly reference: string;
}

/**
 * The images that `input` names by their tags, each once; what is wrong is noted.
 * @param ofAll the digest that all of them must have, if another input names one.
 */
export function readTaggedImages<N extends 'images' | 'source'>(
  input: N,
  { values, parse }: Read<Readonly<Record<N, ListInput>>>,
  ofAll?: string,
): readonly TaggedImage[] {
  const named = new Map<string, TaggedImage>();
  const references: readonly string[] = values[input];
  for (const reference of references) {
    parse(input, () => {
      const image = parseImageReference(reference);
      const { tag, digest = ofAll } = image;
      if (tag === undefined) throw withoutTag(reference);
      imageTag(tag);
      const gun = gunOf(image);
      const name = `${gun}:${tag}`;
      const known = named.get(name) ?? { digest: ofAll ?? digest };
      if (known.digest !== digest) throw contradiction(name);
      named.set(name, { image, gun, tag, digest, reference });
    });
  }
  return [...named.values()];
}

/** @throws {TrustError} INPUT_INVALID for a tag that registries and tools keep for attachments. */
function imageTag(tag: string): string {
  if (!isAttachmentTag(tag)) return tag;
  throw new TrustError('INPUT_INVALID', `${tag} is not the tag of an image`, {
    remedy:
      'Tags of this form list what is attached to an image, such as its signatures. Name a tag of the image itself.',
  });
}

function withoutTag(text: string): TrustError {
  return new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names no tag`, {
    remedy:
      'Content trust signs tags. Name one, such as contoso.azurecr.io/team/app:1.4.2, or ' +
      'contoso.azurecr.io/team/app:1.4.2@sha256:... for this digest alone.',
  });
}

function contradiction(name: string): TrustError {
  return new TrustError('INPUT_INVALID', `${name} is named twice, for different digests`, {
    remedy: 'Name each tag once, and one digest for it.',
  });
}
