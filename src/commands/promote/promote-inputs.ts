/** The inputs of `promote`, and what they ask for: images of sources, and where their copies go. */
import type { ImageRequest } from '../../deployment-files/index.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { gunOf, parseImageReference } from '../../registry/index.js';
import { parseTrustServer, type RoleName } from '../../trust/index.js';
import type { ScopedTrustServer } from '../access/access.js';
import { readRegistryId, registryId, registryLogin } from '../inputs/identity.js';
import { dryRun, readImage, tags } from '../inputs/image.js';
import { readScopedPins } from '../inputs/pins.js';
import type { Read } from '../inputs/read.js';
import { registry, repository, trustServer, trustServerFor } from '../inputs/repositories.js';
import {
  nativeSigningInputs,
  readRequiredSigners,
  readSigning,
  requiredSigners,
  type SigningConfiguration,
} from '../inputs/signing.js';
import type { SigningTarget } from '../signing/preflight.js';
import type { Reading } from '../verification/load-trust-data.js';

export const promoteInputs = {
  registry: { ...registry, required: true },
  repository: { ...repository, required: true },
  tags: { ...tags, note: 'Those of the copy; without them it has the tags of `source`.' },
  'dry-run': dryRun,
  source: {
    type: 'list',
    group: 'image',
    label: 'Source images',
    help: 'The images to copy, by their full names with tag, or with tag and the digest it must be signed for. Separated by commas or lines.',
    example: 'contosodev.azurecr.io/team/app:1.4.2',
    required: true,
  },
  'required-signers': requiredSigners,
  ...nativeSigningInputs,
  'trust-server': trustServer,
  'source-trust-pin': {
    type: 'list',
    group: 'trust',
    label: 'Pinned root at the source',
    help: 'What the root of the source repository must be, as `trust-pin` says it of the target.',
    example: 'https://contoso-root.vault.azure.net/keys/root',
  },
  'source-trust-server': {
    type: 'text',
    group: 'trust',
    label: 'Trust server of the source',
    help: 'URL of the Notary server for the images of `source`. Without it, their registry itself, as in Azure Container Registry.',
    example: 'https://contosodev.azurecr.io',
  },
  'registry-login': registryLogin,
  'registry-id': registryId,
} as const satisfies Inputs;

/** An image to copy. */
export interface PromotedImage extends ImageRequest {
  /** What has to be signed at the source. */
  readonly tag: string;
  /** Tags of the copy. */
  readonly tags: readonly string[];
}

/** Everything `promote` was asked for, checked. How sources are read is part of it. */
export interface Promotion extends Omit<Reading, 'cache'> {
  /** With all tags of all copies. */
  readonly target: SigningTarget;
  /** Undefined where the key cannot be read, which ends the run. */
  readonly signing: SigningConfiguration | undefined;
  /** In the order of the input; each tag of the target belongs to one. */
  readonly images: readonly PromotedImage[];
  /** Roles that must all have signed at the source. */
  readonly requiredRoles: readonly RoleName[];
  readonly dryRun: boolean;
}

/** Reads the inputs, and notes what is wrong. */
export function parsePromotion(read: Read<typeof promoteInputs>): Promotion {
  const { values } = read;
  const sources = readSources(read);
  const images = withTags(sources, read);
  refuseItself(images, read);
  const image = readImage(read);
  return {
    target: {
      image: { ...image, tags: [...new Set(images.flatMap((copied) => copied.tags))] },
      trustServer: trustServerFor(image.registry, read),
      registryId: readRegistryId(read),
    },
    signing: readSigning(read, true, { engine: 'native', tagsLast: 'never' }),
    images,
    pins: readScopedPins('source-trust-pin', read),
    requiredRoles: readRequiredSigners(read),
    trustServer: readSourceTrustServer(sources, read),
    dryRun: values['dry-run'],
  };
}

type Source = Omit<PromotedImage, 'tags'>;
type PromoteRead = Read<typeof promoteInputs>;

/** The images of the input, each once. */
function readSources({ values: { source }, parse }: PromoteRead): readonly Source[] {
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
      sources.set(name, { reference, image, gun, tag, places: [], isInFilesOnly: false });
    });
  }
  return [...sources.values()];
}

/** The copies keep their tags, unless there is one image and the inputs name others. */
function withTags(
  sources: readonly Source[],
  { values: { tags }, conflict, nameInput }: PromoteRead,
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
  { values: { registry = '', repository = '' }, conflict }: PromoteRead,
): void {
  const target = `${registry.toLowerCase()}/${repository}`;
  const itself = images.find(({ gun, tag, tags }) => gun === target && tags.includes(tag));
  if (!itself) return;
  conflict(
    'source',
    `names ${itself.reference}, which is what it is to become`,
    'Name another repository or another tag for the copy. To sign an image where it is, use sign.',
  );
}

/** The trust server of `source-trust-server`; one that is given for the target serves it as source. */
function readSourceTrustServer(
  sources: readonly Source[],
  { values, parse, conflict, nameInput }: PromoteRead,
): ScopedTrustServer | undefined {
  const { 'source-trust-server': own, 'trust-server': ofTarget, registry: target = '' } = values;
  const registries = [...new Set(sources.map(({ image }) => image.host))];
  if (own === undefined) {
    const registry = target.toLowerCase();
    return ofTarget !== undefined && URL.canParse(ofTarget) && registries.includes(registry)
      ? { registry, url: new URL(ofTarget).origin }
      : undefined;
  }
  if (registries.length > 1) {
    conflict(
      'source-trust-server',
      `is set, and "${nameInput('source')}" names images of ${registries.length} registries`,
      'Promote the images of each registry in a step of their own.',
    );
  }
  const url = parse('source-trust-server', () => parseTrustServer(own));
  return url === undefined ? undefined : { registry: registries[0] ?? '', url };
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
