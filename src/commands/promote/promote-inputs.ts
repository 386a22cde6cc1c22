/** The inputs of `promote`, and what they ask for: images of sources, and where their copies go. */
import type { ImageRequest } from '../../deployment-files/index.js';
import type { Inputs } from '../../inputs/index.js';
import { parseTrustServer, type RoleName } from '../../trust/index.js';
import type { ScopedTrustServer } from '../../access/index.js';
import { dryRun, readTaggedImages, tags, type TaggedImage } from '../inputs/image.js';
import type {
  SignatureKinds,
  SigningConfiguration,
  SigningTarget,
} from '../../image-signing/index.js';
import { notaryProjectInputs, readSignatureKinds, signatures } from '../inputs/notary-project.js';
import { readScopedPins } from '../inputs/pins.js';
import { prefixInputs, withoutPrefix } from '../inputs/prefixed.js';
import { refuseInputs, type Read } from '../inputs/read.js';
import { registry, repository } from '../inputs/repositories.js';
import {
  readRequiredSigners,
  readSigning,
  readSigningTarget,
  requiredSigners,
  signingInputs,
} from '../inputs/signing.js';
import { readSignaturePolicy, signaturePolicyInputs } from '../inputs/signature-policy.js';
import type { Reading, SignaturePolicy } from '../../verification/index.js';

/** What only content trust can be asked of a source. */
const sourceContentTrust = {
  'required-signers': requiredSigners,
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
} as const satisfies Inputs;

/** Which signatures count at the source, as `verify` has it of its images. */
const ofSource = {
  signatures: {
    ...signatures,
    help: 'The kinds of signatures that an image needs at its source.',
    note: 'Demands of signers are made on content trust.',
  },
  ...signaturePolicyInputs,
} as const satisfies Inputs;

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
  ...signingInputs,
  ...notaryProjectInputs,
  signatures: {
    ...notaryProjectInputs.signatures,
    note: 'Notary Project signatures of the source are copied in any case.',
  },
  ...sourceContentTrust,
  ...prefixInputs('source-', ofSource, 'source'),
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
  /** What the copies are signed with. */
  readonly kinds: SignatureKinds;
  /** In the order of the input; each tag of the target belongs to one. */
  readonly images: readonly PromotedImage[];
  /** Roles that must all have signed at the source. */
  readonly requiredRoles: readonly RoleName[];
  /** How the signatures of the source are verified. Undefined: content trust alone counts. */
  readonly sourceSignatures: SignaturePolicy | undefined;
  readonly dryRun: boolean;
}

/** Reads the inputs, and notes what is wrong. */
export async function parsePromotion(read: Read<typeof promoteInputs>): Promise<Promotion> {
  const { values } = read;
  const sources = readTaggedImages('source', read);
  const images = withTags(sources, read);
  refuseItself(images, read);
  const target = readSigningTarget(read);
  const tags = [...new Set(images.flatMap((copied) => copied.tags))];
  return {
    target: { ...target, image: { ...target.image, tags } },
    signing: readSigning(read),
    kinds: readSignatureKinds(read),
    images,
    pins: readScopedPins('source-trust-pin', read),
    requiredRoles: readRequiredSigners(read),
    sourceSignatures: await readSourceSignatures(images, read),
    trustServer: readSourceTrustServer(sources, read),
    dryRun: values['dry-run'],
  };
}

type PromoteRead = Read<typeof promoteInputs>;

async function readSourceSignatures(
  images: readonly PromotedImage[],
  read: PromoteRead,
): Promise<SignaturePolicy | undefined> {
  const { 'source-signatures': kind } = read.values;
  const needed = { requires: () => kind, named: [kind] };
  const own = withoutPrefix('source-', ofSource, read);
  return readSignaturePolicy(own, needed, images, (problem, remedy) => {
    refuseInputs(sourceContentTrust, read, problem, remedy);
  });
}

/** The copies keep their tags, unless there is one image and the inputs name others. */
function withTags(
  sources: readonly TaggedImage[],
  { values: { tags }, conflict, nameInput }: PromoteRead,
): readonly PromotedImage[] {
  if (tags.length > 0 && sources.length > 1) {
    conflict(
      'tags',
      `is set, and "${nameInput('source')}" names ${sources.length} images`,
      'Copies of several images keep their tags. Promote each image in a step of its own to give it others.',
    );
  }
  const byTag = new Map<string, TaggedImage>();
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
  return sources.map(({ reference, image, gun, tag }) => {
    const request = { reference, image, gun, tag, places: [], isInFilesOnly: false };
    return { ...request, tags: own.length > 0 ? own : [tag] };
  });
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
  sources: readonly TaggedImage[],
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
