/** What a build, push and signature of one image is asked for. Asks nobody. */
import { parseArgsStringToArgv } from 'string-argv';
import {
  folderOfDockerfile,
  locateContext,
  locateDockerfile,
  readExtraArguments,
  readPipelineRun,
  withLabels,
  type WantedBuild,
} from '../../docker/index.js';
import { flawOf, type Inputs } from '../../inputs/index.js';
import { readRegistryId, registryLoginInputs } from '../inputs/identity.js';
import { tags } from '../inputs/image.js';
import type {
  SignatureKinds,
  SigningConfiguration,
  SigningTarget,
} from '../../image-signing/index.js';
import { dctAlone, notaryProjectInputs, readSignatureKinds } from '../inputs/notary-project.js';
import type { Read } from '../inputs/read.js';
import { registry, repository, trustServer } from '../inputs/repositories.js';
import {
  engine,
  passEnvironment,
  readImagePlace,
  readSigning,
  signingInputs,
} from '../inputs/signing.js';
import { buildInputs, contentTrust, tagsLast } from './build-inputs.js';

const defaultTag =
  'Without them: the ID of the run on Azure Pipelines, the commit on GitHub Actions. Needed anywhere else.';

/** The image of a command that builds or pushes. */
export const namedInputs = {
  registry: { ...registry, required: true },
  repository: { ...repository, required: true },
  tags: { ...tags, note: defaultTag },
} as const satisfies Inputs;

/** What all of these commands have besides. */
export const commonInputs = {
  'content-trust': contentTrust,
  'trust-server': trustServer,
  ...registryLoginInputs,
  'pass-environment': passEnvironment,
} as const satisfies Inputs;

export const pushInputs = {
  tags: {
    ...namedInputs.tags,
    note: `All of them are pushed, and signed in one publish. ${defaultTag}`,
  },
  engine,
  ...signingInputs,
  ...notaryProjectInputs,
  'tags-last': tagsLast,
} as const satisfies Inputs;

type JobInputs = Pick<typeof namedInputs, 'registry' | 'repository'> & {
  tags: typeof tags;
} & typeof commonInputs;

/** What is built, and how. */
interface BuildConfiguration extends WantedBuild {
  /** `ignore` also when content trust is off. */
  readonly baseImages: 'enforce' | 'pin-signed' | 'ignore';
  /** Whether labels name the base image. */
  readonly addBaseImageData: boolean;
}

/** What is asked for, checked. */
export interface JobConfiguration extends SigningTarget {
  readonly command: 'buildAndPush' | 'build' | 'push';
  /** Absent for `push`. */
  readonly build: BuildConfiguration | undefined;
  /** Absent for `build`, and with content trust switched off. */
  readonly signing: SigningConfiguration | undefined;
  /** Of use where {@link signing} is there. */
  readonly kinds: SignatureKinds;
  readonly contentTrust: boolean;
  readonly passEnvironment: readonly string[];
}

/** What `build` is asked for. */
export function readBuildJob(read: Read<JobInputs & typeof buildInputs>): JobConfiguration {
  const build = readBuild(read, false);
  const none = { signing: undefined, kinds: dctAlone, registryId: undefined };
  return { ...readJob(read), ...none, command: 'build', build };
}

/** What `push` is asked for. */
export function readPushJob(read: Read<JobInputs & typeof pushInputs>): JobConfiguration {
  return { ...readJob(read), ...readPush(read), command: 'push', build: undefined };
}

/** What `buildAndPush` is asked for. */
export function readBuildAndPushJob(
  read: Read<JobInputs & typeof buildInputs & typeof pushInputs>,
): JobConfiguration {
  const { engine, 'content-trust': isSigning } = read.values;
  const build = readBuild(read, isSigning && engine === 'docker');
  return { ...readJob(read), ...readPush(read), command: 'buildAndPush', build };
}

function readJob(read: Read<JobInputs>) {
  const { 'content-trust': contentTrust, 'pass-environment': passEnvironment } = read.values;
  const values = { ...read.values, tags: readTags(read) };
  return { ...readImagePlace({ ...read, values }), contentTrust, passEnvironment };
}

/** The tags, or the one by which the run of a pipeline is known. */
function readTags({ values: { tags }, environment, add }: Read<JobInputs>) {
  if (tags.length > 0) return tags;
  const tag = readPipelineRun(environment)?.tag;
  if (tag !== undefined) return [tag];
  add({ input: 'tags', problem: 'is not set', code: 'INPUT_MISSING' });
  return [];
}

function readPush(
  read: Read<JobInputs & typeof pushInputs>,
): Pick<JobConfiguration, 'signing' | 'kinds' | 'registryId'> {
  const { values, conflict, has, nameInput } = read;
  if (values.engine === 'docker' && values['tags-last'] === 'always') {
    conflict(
      'tags-last',
      'is "always", and the docker engine signs a tag as it pushes it',
      `Leave ${nameInput('tags-last')} out, or let the native engine sign.`,
    );
  }
  if (values.engine === 'docker' && values.signatures !== 'dct') {
    conflict(
      'engine',
      'is "docker", which signs for Docker Content Trust alone, with a key that is in a file or a secret',
      `Leave ${nameInput('engine')} out: the native engine signs both kinds with one certificate.`,
    );
  }
  // With an unreadable `content-trust` it is not known whether something is to be signed.
  const isSigning = values['content-trust'] && !has('content-trust');
  const remedy = `Set ${nameInput('signing-key')}, for example to https://contoso-keys.vault.azure.net/keys/team-app, or set ${nameInput('content-trust')} to false to push unsigned.`;
  const { engine, 'tags-last': tagsLast } = values;
  const signing = readSigning(read, { engine, tagsLast, isSigning, remedy });
  const kinds = isSigning ? readSignatureKinds(read) : dctAlone;
  return { signing, kinds, registryId: readRegistryId(read) };
}

/** @param isDockerSigning whether the Docker CLI signs, which takes the classic builder. */
function readBuild(
  read: Read<JobInputs & typeof buildInputs>,
  isDockerSigning: boolean,
): BuildConfiguration {
  const { values, conflict, nameInput } = read;
  const { builder } = values;
  const { args, labels } = readFurtherArguments(read);
  const run = values['add-pipeline-data'] ? readPipelineRun(read.environment) : undefined;
  checkBuildFiles(read);
  if (isDockerSigning && builder === 'buildx') {
    conflict(
      'builder',
      'is "buildx", and the docker engine signs only what the classic builder made',
      `Set ${nameInput('engine')} to native, or leave ${nameInput('builder')} out.`,
    );
  }
  const classic = builder === 'classic' || isDockerSigning;
  const needsBuildx = [
    ['platforms', values.platforms.length > 1],
    ['secrets', values.secrets.length > 0],
    ['cache-to', values['cache-to'].length > 0],
    ['builder-name', values['builder-name'] !== undefined],
  ] as const;
  for (const [name, isAsked] of needsBuildx) {
    if (!classic || !isAsked) continue;
    conflict(
      name,
      'asks for what only buildx can do, and the classic builder is to build',
      `Leave ${nameInput(name)} out, or let buildx build with the native engine.`,
    );
  }
  return {
    context: values.context,
    dockerfile: values.dockerfile,
    buildArgs: values['build-args'],
    target: values.target,
    labels: withLabels(run?.labels, values.labels, labels),
    platforms: values.platforms,
    secrets: values.secrets,
    cacheFrom: values['cache-from'],
    cacheTo: values['cache-to'],
    noCache: values['no-cache'],
    pull: values.pull,
    builder: classic ? 'classic' : builder,
    builderName: values['builder-name'],
    extraArguments: args,
    baseImages: values['content-trust'] ? values['base-images'] : 'ignore',
    addBaseImageData: values['add-base-image-data'],
  };
}

/** Has context and Dockerfile looked at before anything; the build finds and reads them itself. */
function checkBuildFiles({ values, workingDirectory, check, has }: Read<typeof buildInputs>): void {
  const { context, dockerfile } = values;
  check('context', async () => {
    if (context !== folderOfDockerfile) await locateContext(context, workingDirectory);
  });
  check('dockerfile', async () => {
    if (!has('context')) await locateDockerfile({ context, dockerfile, workingDirectory });
  });
}

/** Splits as a shell would, and holds what an input could have said to what it would be held to. */
function readFurtherArguments({ values, add, parse }: Read<typeof buildInputs>) {
  const args = parseArgsStringToArgv(values['build-arguments'] ?? '');
  const extra = parse('build-arguments', () => readExtraArguments(args));
  const given = [
    ['build-arg', '--build-arg', extra?.buildArgs],
    ['label', '--label', extra?.labels],
    ['secret', '--secret', extra?.secrets],
  ] as const;
  for (const [form, flag, entries = []] of given) {
    for (const [index, entry] of entries.entries()) {
      const flaw = flawOf(form, { text: entry });
      if (!flaw) continue;
      const problem = `has a ${flag} (number ${index + 1}) that ${flaw.problem}`;
      add({ input: 'build-arguments', problem, code: 'INPUT_INVALID', remedy: flaw.remedy });
    }
  }
  return { args, labels: extra?.labels ?? [] };
}
