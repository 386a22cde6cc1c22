/** Inputs that name one image, and a dry run. */
import type { Input } from '../../inputs/index.js';

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
