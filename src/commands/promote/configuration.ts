/**
 * From typed inputs to what `promote` is to do. The target is configured as for `sign`; here is what
 * concerns the source. Asks nobody.
 */
import { TrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import { gunOf, parseImageReference, type ImageReference } from '../../registry/index.js';
import type { RoleName } from '../../trust/index.js';
import { parseTrustServer } from '../configuration/common-inputs.js';
import { readConfiguration } from '../configuration/read-configuration.js';
import type { Configuration } from '../configuration/types.js';
import { signerRole } from '../verify/configuration.js';
import { parseScopedPin, type ScopedPin } from '../verify/pins.js';

/** An image to copy. */
export interface PromotedImage {
  /** As the input has it. */
  readonly reference: string;
  readonly image: ImageReference;
  readonly gun: string;
  /** What has to be signed at the source. */
  readonly tag: string;
  /** Tags of the copy. */
  readonly tags: readonly string[];
}

/** Everything `promote` was asked for, checked. */
export interface Promotion {
  /** The target, with all tags of all copies. */
  readonly target: Configuration;
  /** In the order of the input; each tag of the target belongs to one. */
  readonly images: readonly PromotedImage[];
  /** What the roots of the sources are held against. */
  readonly pins: readonly ScopedPin[];
  /** Roles that must all have signed at the source. */
  readonly requiredRoles: readonly RoleName[];
  /** A trust server of its own for the images of one registry. */
  readonly trustServer: { readonly registry: string; readonly url: string } | undefined;
  readonly dryRun: boolean;
}

/**
 * Checks `inputs` as a whole.
 * @param workingDirectory that relative paths start from.
 * @throws {TrustError} naming every input that cannot be used.
 */
export function readPromotion(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): Promotion {
  const { parse } = problems;
  const sources = readSources(inputs, problems);
  const images = withTags(sources, inputs, problems);
  refuseItself(images, inputs, problems);
  const pins = inputs['source-trust-pin'].flatMap(
    (text) => parse('source-trust-pin', () => parseScopedPin(text, workingDirectory)) ?? [],
  );
  const requiredRoles = inputs['required-signers'].flatMap(
    (name) => parse('required-signers', () => signerRole(name)) ?? [],
  );
  const trustServer = readTrustServer(sources, inputs, problems);
  const target = readConfiguration('promote', inputs, workingDirectory, problems);
  const tags = [...new Set(images.flatMap((image) => image.tags))];
  return {
    target: { ...target, image: { ...target.image, tags } },
    images,
    pins,
    requiredRoles: [...new Set(requiredRoles)],
    trustServer,
    dryRun: inputs['dry-run'],
  };
}

type Source = Omit<PromotedImage, 'tags'>;

/** The images of the input, each once. */
function readSources({ source }: InputValues, { parse }: ProblemList): readonly Source[] {
  const sources = new Map<string, Source>();
  for (const reference of source) {
    parse('source', () => {
      const image = parseImageReference(reference);
      const { tag } = image;
      if (tag === undefined) throw withoutTag(reference);
      const gun = gunOf(image);
      const name = `${gun}:${tag}`;
      const known = sources.get(name);
      if (known && known.image.digest !== image.digest) throw contradiction(name);
      sources.set(name, { reference, image, gun, tag });
    });
  }
  return [...sources.values()];
}

/** The copies keep their tags, unless there is one image and the inputs name others. */
function withTags(
  sources: readonly Source[],
  { tags }: InputValues,
  { conflict, nameInput }: ProblemList,
): readonly PromotedImage[] {
  if (tags.length > 0 && sources.length > 1) {
    conflict(
      'tags',
      `is set, and "${nameInput('source')}" names ${sources.length} images`,
      'Copies of several images keep their tags. Promote each image in a step of its own to give it others.',
    );
  }
  const byTag = new Map<string, Source>();
  for (const source of sources) {
    const other = byTag.get(source.tag);
    byTag.set(source.tag, source);
    if (!other || tags.length > 0) continue;
    conflict(
      'source',
      `names two images with the tag ${source.tag}, ${other.reference} and ${source.reference}`,
      'Promote each image in a step of its own, with another tag.',
    );
  }
  const own = [...new Set(tags)];
  return sources.map((source) => ({ ...source, tags: own.length > 0 ? own : [source.tag] }));
}

function refuseItself(
  images: readonly PromotedImage[],
  { registry, repository }: InputValues,
  { conflict }: ProblemList,
): void {
  const target = `${registry?.toLowerCase() ?? ''}/${repository ?? ''}`;
  const itself = images.find(({ gun, tag, tags }) => gun === target && tags.includes(tag));
  if (!itself) return;
  conflict(
    'source',
    `names ${itself.reference}, which is what it is to become`,
    'Name another repository or another tag for the copy. To sign an image where it is, use sign.',
  );
}

/** The trust server of `source-trust-server`; one that is given for the target serves it as source. */
function readTrustServer(
  sources: readonly Source[],
  inputs: InputValues,
  { parse, conflict, nameInput }: ProblemList,
): Promotion['trustServer'] {
  const { 'source-trust-server': own, 'trust-server': ofTarget } = inputs;
  const registries = [...new Set(sources.map(({ image }) => image.host))];
  const [registry = ''] = registries;
  if (own !== undefined) {
    if (registries.length > 1) {
      conflict(
        'source-trust-server',
        `is set, and "${nameInput('source')}" names images of ${registries.length} registries`,
        'Promote the images of each registry in a step of their own.',
      );
    }
    const url = parse('source-trust-server', () => parseTrustServer(own));
    return url === undefined ? undefined : { registry, url };
  }
  const target = inputs.registry?.toLowerCase() ?? '';
  return ofTarget !== undefined && URL.canParse(ofTarget) && registries.includes(target)
    ? { registry: target, url: new URL(ofTarget).origin }
    : undefined;
}

function withoutTag(text: string): TrustError {
  return new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names no tag`, {
    remedy:
      'Content trust signs tags. Name one, such as contosodev.azurecr.io/team/app:1.4.2, with ' +
      '@sha256:... behind it where only this digest will do.',
  });
}

function contradiction(name: string): TrustError {
  return new TrustError('INPUT_INVALID', `${name} is named twice, for different digests`, {
    remedy: 'Name each image once.',
  });
}
