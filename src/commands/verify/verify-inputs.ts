/** The inputs of `verify`, and what they ask for. The files they name are read here; nobody is asked. */
import path from 'node:path';
import {
  readImageFiles,
  requestsOf,
  type ImageFile,
  type ImageRequest,
} from '../../deployment-files/index.js';
import { TrustError } from '../../errors.js';
import type { Inputs } from '../../inputs/index.js';
import { parseImageReference, parseNamePattern, type NamePattern } from '../../registry/index.js';
import { parseDays, readDays, warnExpiryDays } from '../inputs/days.js';
import { signatures } from '../inputs/notary-project.js';
import { registryLoginInputs } from '../inputs/identity.js';
import { imageInputs, readImage } from '../inputs/image.js';
import { outputDirectory as outputDirectoryInput } from '../inputs/output-file.js';
import { readScopedPins, trustPin } from '../inputs/pins.js';
import { refuseInputs, type Read } from '../inputs/read.js';
import {
  readSignaturePolicy,
  signaturePolicyInputs,
  type KindsNeeded,
} from '../inputs/signature-policy.js';
import { images, readScopedTrustServer, trustServer } from '../inputs/repositories.js';
import {
  parseRole,
  passEnvironment,
  readRequiredSigners,
  requiredSigners,
} from '../inputs/signing.js';
import type {
  VerifyPolicy,
  SignaturePolicy,
  RequiredKinds,
  Reading,
} from '../../verification/index.js';

/** What only content trust can be asked. */
const contentTrustOnly = {
  'required-signers': requiredSigners,
  'required-roles': {
    type: 'list',
    group: 'verification',
    label: 'Required roles',
    help: 'Roles that must all list each tag with this digest, by their full names.',
    example: 'targets/releases',
  },
  'allow-moved-tags': {
    type: 'boolean',
    group: 'verification',
    label: 'Allow tags that were moved',
    help: 'Accepts, with a warning, an image whose tag points elsewhere in the registry than it is signed for. By default it fails, as whoever pulls the tag without content trust gets what is not signed; where the result is used by digest (`write-digests`, `pull-verified`) there is only the warning.',
    default: false,
    example: 'true',
  },
  'cache-directory': {
    type: 'text',
    group: 'verification',
    label: 'Folder for what was trusted before',
    help: 'Keeps the trust data of each repository between runs, so that older data and another root are refused later on. Without it each run knows only what the server says, and the pins.',
    example: '/var/lib/acr-content-trust',
  },
  'trust-server': trustServer,
  'trust-pin': {
    ...trustPin,
    note: '`contoso.azurecr.io/*=` before a pin limits it to repositories of such names.',
  },
} as const satisfies Inputs;

export const verifyInputs = {
  ...imageInputs,
  images: {
    ...images,
    note: 'Images by tag, by digest or by both: a digest is accepted if a tag with that very digest is signed; tag and digest must agree.',
  },
  files: {
    type: 'list',
    group: 'verification',
    label: 'Files that name images',
    help: 'Files whose images are to be verified: Kubernetes manifests, Docker compose files, or plain lists with an image a line. Separated by commas or lines.',
    example: 'deploy/app.yaml, compose.yaml',
  },
  signatures: {
    ...signatures,
    note: 'What each image needs. Demands of signers and roles are made on content trust.',
  },
  'signatures-by-image': {
    type: 'list',
    group: 'verification',
    label: 'Kinds of signatures by image',
    help: 'What certain images need instead of `signatures`: a name without tag, with `*` for any part, and the kind after `=`. The first that fits counts.',
    example: 'contoso.azurecr.io/*=both, docker.io/library/*=dct',
  },
  ...signaturePolicyInputs,
  ...contentTrustOnly,
  'max-age': {
    type: 'text',
    group: 'verification',
    label: 'Maximum age in days',
    help: "How old an image may be: the days since it was made, as its configuration says in `created`; of a multi-arch image, each platform's. An image without that date, or with one of 1970 as reproducible builds have it, fails when this is set.",
    example: '90',
  },
  'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
  'allow-unsigned': {
    type: 'list',
    group: 'verification',
    label: 'Images that may be unsigned',
    help: 'Images that are accepted, with a warning, when they are not signed or their registry has no content trust: names without tag, with `*` for any part. They stay out of the output `images`. Trust data and signatures that are wrong still fail.',
    example: 'docker.io/library/*, mcr.microsoft.com/*',
  },
  'skip-built': {
    type: 'boolean',
    group: 'verification',
    label: 'Skip services that are built',
    help: 'Leaves out, with a warning, the images of compose services that have `build`. By default they are verified like all others, as Compose pulls such an image where it is there.',
    default: false,
    example: 'true',
  },
  'write-digests': {
    type: 'boolean',
    group: 'verification',
    label: 'Write digests into the files',
    help: 'Writes the verified digests into `files`, keeping comments and formatting: in place, or into `output-directory`. Nothing is written unless everything was verified.',
    default: false,
    example: 'true',
  },
  'output-directory': {
    ...outputDirectoryInput,
    note: 'Where `write-digests` puts the files instead of over the given ones, under their own names.',
  },
  'pull-verified': {
    type: 'boolean',
    group: 'verification',
    label: 'Pull what was verified',
    help: 'Pulls each image by its verified digest, and gives it the tag that was asked for. The only part that needs Docker.',
    default: false,
    example: 'true',
  },
  ...registryLoginInputs,
  'pass-environment': passEnvironment,
} as const satisfies Inputs;

type VerifyRead = Read<typeof verifyInputs>;

/** Everything `verify` was asked for, checked. */
export interface VerifyConfiguration extends Omit<Reading, 'cache'> {
  /** Every image once. */
  readonly requests: readonly ImageRequest[];
  readonly files: readonly ImageFile[];
  readonly policy: VerifyPolicy;
  /** Undefined: content trust alone counts. */
  readonly signatures: SignaturePolicy | undefined;
  /** Patterns of images that need other signatures than the others. */
  readonly patterns: readonly NamePattern[];
  readonly writeDigests: boolean;
  /** Absolute; undefined: in place. */
  readonly outputDirectory: string | undefined;
  readonly pull: boolean;
  readonly passEnvironment: readonly string[];
  /** Absolute. */
  readonly cacheDirectory: string | undefined;
}

/** Reads the inputs, and the files they name. @throws {TrustError} INTERRUPTED */
export async function parseVerify(
  read: VerifyRead,
  signal?: AbortSignal,
): Promise<VerifyConfiguration> {
  const { values: inputs, workingDirectory, add, conflict, has, parse, nameInput } = read;
  const absolute = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : path.resolve(workingDirectory, text);
  const each = <T>(
    input: 'required-roles' | 'allow-unsigned',
    body: (text: string) => T,
  ): readonly T[] => inputs[input].flatMap((text) => parse(input, () => body(text)) ?? []);

  const given = inputs.images.filter(
    (image) => parse('images', () => parseImageReference(image)) !== undefined,
  );
  const own = readOwnImages(read);
  const outputDirectory = absolute(inputs['output-directory']);
  const { files, troubles } = await readImageFiles(
    inputs.files,
    workingDirectory,
    { skipBuilt: inputs['skip-built'], outputDirectory },
    signal,
  );
  for (const { problem, remedy } of troubles) {
    add({ input: 'files', problem: `cannot be used: ${problem}`, code: 'INPUT_INVALID', remedy });
  }
  const areFilesSet = inputs.files.length > 0;
  if (!areFilesSet && inputs.images.length === 0 && own.length === 0) {
    const remedy = `Set ${nameInput('images')} or ${nameInput('files')}, or ${nameInput('registry')}, ${nameInput('repository')} and ${nameInput('tags')}.`;
    const problem = 'is not set, and nothing else names an image';
    add({ input: 'images', problem, code: 'INPUT_MISSING', remedy });
  }
  if (inputs['write-digests'] && !areFilesSet) {
    const remedy = `Name the files in ${nameInput('files')}.`;
    conflict('write-digests', 'is set, but there are no files to write to', remedy);
  }
  if (outputDirectory !== undefined && !inputs['write-digests'] && !has('write-digests')) {
    const problem = `is set, but "${nameInput('write-digests')}" is not`;
    const remedy = `Set ${nameInput('write-digests')} to true to have the files written.`;
    conflict('output-directory', problem, remedy);
  }
  // References in files that cannot be used are among the problems.
  const requests = troubles.length === 0 ? requestsOf([...given, ...own], files) : [];
  const kinds = readKinds(read);
  const maxAge = inputs['max-age'];
  const roles = [...readRequiredSigners(read), ...each('required-roles', parseRole)];
  return {
    requests,
    files,
    signatures: await readSignaturePolicy(read, kinds, requests, (problem, remedy) => {
      refuseInputs(contentTrustOnly, read, problem, remedy);
    }),
    patterns: kinds.patterns,
    policy: {
      requiredRoles: [...new Set(roles)],
      maxAgeDays: maxAge === undefined ? undefined : parse('max-age', () => parseDays(maxAge, 1)),
      warnExpiryDays: readDays(read),
      allowUnsigned: each('allow-unsigned', parseNamePattern),
      allowMovedTags: inputs['allow-moved-tags'],
      isUsedByDigest: ({ image, isInFilesOnly }) =>
        inputs['pull-verified'] ||
        image.digest !== undefined ||
        (inputs['write-digests'] && isInFilesOnly),
    },
    pins: readScopedPins('trust-pin', read),
    trustServer: readScopedTrustServer(read),
    writeDigests: inputs['write-digests'],
    outputDirectory,
    pull: inputs['pull-verified'],
    passEnvironment: inputs['pass-environment'],
    cacheDirectory: absolute(inputs['cache-directory']),
  };
}

interface Kinds extends KindsNeeded {
  readonly patterns: readonly NamePattern[];
}

function readKinds({ values, parse }: VerifyRead): Kinds {
  const scoped = values['signatures-by-image'].flatMap(
    (text) => parse('signatures-by-image', () => parseScopedKind(text)) ?? [],
  );
  return {
    patterns: scoped.map(({ pattern }) => pattern),
    named: [values.signatures, ...scoped.map(({ kind }) => kind)],
    requires: (gun) =>
      scoped.find(({ pattern }) => pattern.matches(gun))?.kind ?? values.signatures,
  };
}

/** @throws {TrustError} INPUT_INVALID */
function parseScopedKind(text: string): {
  readonly pattern: NamePattern;
  readonly kind: RequiredKinds;
} {
  const at = text.lastIndexOf('=');
  const kinds = Object.keys(signatures.choices) as RequiredKinds[];
  const kind = kinds.find((one) => one === text.slice(at + 1).trim());
  if (at > 0 && kind) return { pattern: parseNamePattern(text.slice(0, at).trim()), kind };
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names no kind of signatures`, {
    remedy: `Give a pattern, = and one of ${kinds.join(', ')}, such as contoso.azurecr.io/*=both.`,
  });
}

/** The images that registry, repository and tags name together. */
function readOwnImages(read: VerifyRead): readonly string[] {
  const { values, add, nameInput } = read;
  const { registry, repository, tags, gun } = readImage(read);
  if (values.repository === undefined && values.tags.length === 0) return [];
  for (const input of ['registry', 'repository', 'tags'] as const) {
    if ((values[input]?.length ?? 0) > 0) continue;
    const problem = 'is not set, but others of registry, repository and tags are';
    const remedy = `Set ${nameInput('registry')}, ${nameInput('repository')} and ${nameInput('tags')} together.`;
    add({ input, problem, code: 'INPUT_MISSING', remedy });
  }
  // A part that cannot be read is empty, and among the problems.
  return registry === '' || repository === ''
    ? []
    : tags.filter((tag) => tag !== '').map((tag) => `${gun}:${tag}`);
}
