/** Inputs that name one image, and a dry run. */
import type { Input, Inputs } from '../../inputs/index.js';
import { parseRegistryHost, parseRepository, parseTag } from '../../registry/index.js';
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

/** What is built, pushed or signed. */
export interface ImageConfiguration {
  readonly registry: string;
  readonly repository: string;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** The trust collection: registry and repository. */
  readonly gun: string;
}

/** The image of one repository; where a part cannot be read, that is noted. */
export function readImage({ values, parse }: Read<typeof imageInputs>): ImageConfiguration {
  const { registry: host, repository: name } = values;
  const found = host === undefined ? undefined : parse('registry', () => parseRegistryHost(host));
  const path = name === undefined ? undefined : parse('repository', () => parseRepository(name));
  const named = values.tags.map((tag) => parse('tags', () => parseTag(tag)) ?? '');
  const [registry, repository] = [found ?? '', path ?? ''];
  return { registry, repository, tags: [...new Set(named)], gun: `${registry}/${repository}` };
}
