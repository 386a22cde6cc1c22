/** What `sign` is asked for: some tags of one repository, or images of any number of them. Asks nobody. */
import type { Inputs } from '../../inputs/index.js';
import { parseDigest } from '../../registry/index.js';
import { readRegistryId } from '../inputs/identity.js';
import { imageInputs, readTaggedImages } from '../inputs/image.js';
import type {
  SignatureKinds,
  SigningConfiguration,
  SigningTarget,
} from '../../image-signing/index.js';
import { notaryProjectInputs, readSignatureKinds } from '../inputs/notary-project.js';
import type { Read } from '../inputs/read.js';
import { images, readTrustServers } from '../inputs/repositories.js';
import { engine, readSigning, readSigningTarget, signingInputs } from '../inputs/signing.js';

export const signInputs = {
  ...imageInputs,
  images: {
    ...images,
    note: 'Images, instead of `repository` and `tags`: by tag, or by tag and the digest that the tag is to be signed for.',
  },
  digest: {
    type: 'text',
    group: 'image',
    label: 'Digest',
    help: 'What the tags are to point to; with `images`, those of one repository. Signing stops if one of them points to anything else. Without it, each tag is signed for what it points to when the run starts.',
    example: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  engine,
  ...signingInputs,
  ...notaryProjectInputs,
} as const satisfies Inputs;

/** Some tags of one repository. */
export interface RepositoryToSign extends SigningTarget {
  /** The digest that a tag is to be signed for, where one is given. */
  readonly digests: ReadonlyMap<string, string>;
}

/** What is asked for, checked. */
export interface SignConfiguration {
  readonly repositories: readonly RepositoryToSign[];
  /** Whether whatever fails ends the run: of `images`, the others are signed. */
  readonly isAllOrNothing: boolean;
  /** Undefined where the key cannot be read, which ends the run. */
  readonly signing: SigningConfiguration | undefined;
  readonly kinds: SignatureKinds;
}

/** Reads the inputs, and notes what is wrong. */
export function readSignConfiguration(read: Read<typeof signInputs>): SignConfiguration {
  const { values, conflict, nameInput } = read;
  const isAllOrNothing = values.images.length === 0;
  const repositories = isAllOrNothing ? [readRepository(read)] : readImages(read);
  if (values.engine === 'docker') {
    conflict(
      'engine',
      'is "docker", which signs only what it pushes itself',
      `Leave ${nameInput('engine')} out: the native engine signs what is already in the registry.`,
    );
  }
  return {
    repositories,
    isAllOrNothing,
    signing: readSigning(read),
    kinds: readSignatureKinds(read),
  };
}

/** Tags of one repository. With `images` none of these inputs is needed, so it is here that they are missed. */
function readRepository(read: Read<typeof signInputs>): RepositoryToSign {
  const { values, add } = read;
  for (const input of ['registry', 'repository', 'tags'] as const) {
    const value = values[input];
    if (value !== undefined && value.length > 0) continue;
    add({ input, problem: 'is not set', code: 'INPUT_MISSING' });
  }
  const target = readSigningTarget(read);
  const digest = readDigest(read);
  const { tags } = target.image;
  return {
    ...target,
    digests: new Map(digest === undefined ? [] : tags.map((tag) => [tag, digest])),
  };
}

/** The digest that all tags are to be signed for, as the step that built them put it out. */
function readDigest({ values: { digest }, parse }: Read<typeof signInputs>): string | undefined {
  return digest === undefined ? undefined : parse('digest', () => parseDigest(digest));
}

/** Reads `images`, in the order in which repositories are first named; notes what is wrong. */
function readImages(read: Read<typeof signInputs>): readonly RepositoryToSign[] {
  const { values: inputs, conflict, nameInput } = read;
  for (const input of ['repository', 'tags'] as const) {
    const value = inputs[input];
    if (value === undefined || value.length === 0) continue;
    conflict(
      input,
      `is set, and so is "${nameInput('images')}"`,
      `Name everything in ${nameInput('images')}, or one repository with ${nameInput('repository')} and ${nameInput('tags')}.`,
    );
  }
  const named = readTaggedImages('images', read, readDigest(read));
  const guns = [...new Set(named.map(({ gun }) => gun))];
  if (inputs.digest !== undefined && guns.length > 1) {
    conflict(
      'digest',
      `is set, and "${nameInput('images')}" names ${guns.length} repositories`,
      'Name the digest behind each image (contoso.azurecr.io/team/app:1.4.2@sha256:...), or sign each repository in a step of its own.',
    );
  }
  const registries = new Set(named.map(({ image }) => image.host));
  const registry = inputs.registry?.toLowerCase();
  const foreign = [...registries].find((host) => registry !== undefined && host !== registry);
  if (foreign !== undefined) {
    const problem = `is "${registry ?? ''}", and ${nameInput('images')} names images of ${foreign}`;
    conflict('registry', problem, `Leave ${nameInput('registry')} out.`);
  }
  for (const input of ['trust-server', 'registry-id'] as const) {
    if (inputs[input] === undefined || registries.size < 2) continue;
    const problem = `is set, and "${nameInput('images')}" names images of ${registries.size} registries`;
    conflict(input, problem, 'Sign the images of each registry in a step of their own.');
  }
  const registryId = readRegistryId(read);
  const trustServerFor = readTrustServers(read);
  return guns.map((gun) => {
    const own = named.filter((image) => image.gun === gun);
    const { host = '', repository = '' } = own[0]?.image ?? {};
    return {
      image: { registry: host, repository, gun, tags: own.map(({ tag }) => tag) },
      digests: new Map(
        own.flatMap(({ tag, digest }) => (digest === undefined ? [] : [[tag, digest] as const])),
      ),
      trustServer: trustServerFor(host),
      registryId,
    };
  });
}
