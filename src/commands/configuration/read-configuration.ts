/**
 * From typed inputs to a configuration in which everything has been checked that can be checked
 * without asking anybody. All problems are reported at once, before anything happens.
 */
import path from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { parseRegistryId } from '../../azure/index.js';
import { readExtraArguments } from '../../docker/index.js';
import { flawOf, type ProblemList } from '../../inputs/index.js';
import type { CommandName } from '../command-name.js';
import type { InputName, InputValues } from '../inputs/values.js';
import { parseDigest, parseRegistryHost, parseRepository, parseTag } from '../../registry/index.js';
import { checkIdentity, parseTrustServer, readPins } from './common-inputs.js';
import { readKeyInput } from './key-inputs.js';
import { trustServerOf } from '../inputs/repositories.js';
import { readImagesToSign } from './sign-images.js';
import type { BuildConfiguration, Configuration, ImageConfiguration } from './types.js';

export { checkIdentity, parseTrustServer };

/**
 * Checks `inputs` as a whole.
 * @param workingDirectory that relative paths start from.
 * @param collected what is known to be wrong already, to be said with the rest.
 * @throws {TrustError} naming every input that cannot be used.
 */
export function readConfiguration(
  command: CommandName,
  inputs: InputValues,
  workingDirectory: string,
  collected: ProblemList,
): Configuration {
  const { parse, conflict, add, has, nameInput } = collected;

  const repositories = inputs.images.length > 0 ? readImagesToSign(inputs, collected) : undefined;
  // Where no image can be read, nothing else is missing: that is told, and ends the run.
  const image = repositories
    ? (repositories[0]?.image ?? noImage)
    : readImage(command, inputs, collected);
  const { registry } = image;

  const isPublishing = command === 'sign' || command === 'promote';
  const signs = isPublishing || (command !== 'build' && inputs['content-trust']);
  const signingKey = readKeyInput('signing-key', inputs, workingDirectory, collected);
  const rootKey = readKeyInput('root-key', inputs, workingDirectory, collected);
  const pins = readPins(inputs, workingDirectory, collected);
  // With an unreadable `content-trust` nobody knows whether something is to be signed.
  if (signs && inputs['signing-key'] === undefined && !has('content-trust')) {
    add({
      input: 'signing-key',
      problem: 'is not set, and something is to be signed',
      code: 'INPUT_MISSING',
      ...(isPublishing
        ? {}
        : {
            remedy: `Set ${nameInput('signing-key')}, for example to https://contoso-keys.vault.azure.net/keys/team-app, or set ${nameInput('content-trust')} to false to push unsigned.`,
          }),
    });
  }
  if (inputs.engine === 'docker' && inputs['tags-last'] === 'always') {
    conflict(
      'tags-last',
      'is "always", and the docker engine signs a tag as it pushes it',
      `Leave ${nameInput('tags-last')} out, or let the native engine sign.`,
    );
  }
  if (inputs.engine === 'docker' && command === 'sign') {
    conflict(
      'engine',
      'is "docker", which signs only what it pushes itself',
      `Leave ${nameInput('engine')} out: the native engine signs what is already in the registry.`,
    );
  }
  const signing =
    signs && signingKey
      ? { engine: inputs.engine, signingKey, rootKey, pins, tagsLast: inputs['tags-last'] }
      : undefined;
  const build = isBuilding(command) ? buildConfiguration(inputs, collected) : undefined;
  const digestText = repositories ? undefined : inputs.digest;
  const digest =
    digestText === undefined ? undefined : parse('digest', () => parseDigest(digestText));
  const trustServer = parse('trust-server', () =>
    parseTrustServer(inputs['trust-server'] ?? trustServerOf(registry)),
  );
  const registryIdText = inputs['registry-id'];
  const registryId =
    registryIdText === undefined
      ? undefined
      : parse('registry-id', () => parseRegistryId(registryIdText));
  checkIdentity(inputs, collected);
  collected.throwIfAny();

  return {
    command,
    image,
    digest,
    repositories,
    build,
    signing,
    contentTrust: isPublishing || inputs['content-trust'],
    trustServer: trustServer ?? '',
    registryLogin: inputs['registry-login'],
    cloud: inputs.cloud,
    registryId,
    passEnvironment: inputs['pass-environment'],
    reportPath:
      inputs['trust-report'] === undefined
        ? undefined
        : path.resolve(workingDirectory, inputs['trust-report']),
  };
}

/** In place of one that cannot be read. */
const noImage: ImageConfiguration = { registry: '', repository: '', tags: [], gun: '' };

/** The one repository of all commands but a `sign` of `images`. */
function readImage(
  command: CommandName,
  inputs: InputValues,
  collected: ProblemList,
): ImageConfiguration {
  const { parse, add } = collected;
  const { registry: host, repository: name } = inputs;
  const registry =
    host === undefined ? '' : (parse('registry', () => parseRegistryHost(host)) ?? '');
  const repository =
    name === undefined ? '' : (parse('repository', () => parseRepository(name)) ?? '');
  if (command === 'sign') {
    // With `images` none of them is needed, so it is here that they are missed.
    for (const input of ['registry', 'repository', 'tags'] as const) {
      const value = inputs[input];
      if (value !== undefined && value.length > 0) continue;
      add({ input, problem: 'is not set', code: 'INPUT_MISSING' });
    }
  }
  const tags = inputs.tags.map((tag) => parse('tags', () => parseTag(tag)) ?? '');
  return { registry, repository, tags: [...new Set(tags)], gun: `${registry}/${repository}` };
}

function isBuilding(command: CommandName): boolean {
  return command === 'buildAndPush' || command === 'build';
}

function buildConfiguration(inputs: InputValues, collected: ProblemList): BuildConfiguration {
  const { conflict, nameInput } = collected;
  const { builder } = inputs;
  if (inputs.engine === 'docker' && inputs['content-trust'] && builder === 'buildx') {
    conflict(
      'builder',
      'is "buildx", and the docker engine signs only what the classic builder made',
      `Set ${nameInput('engine')} to native, or leave ${nameInput('builder')} out.`,
    );
  }
  const classic = builder === 'classic' || (inputs.engine === 'docker' && inputs['content-trust']);
  const needsBuildx: readonly (readonly [InputName, boolean])[] = [
    ['platforms', inputs.platforms.length > 1],
    ['secrets', inputs.secrets.length > 0],
    ['cache-to', inputs['cache-to'].length > 0],
    ['builder-name', inputs['builder-name'] !== undefined],
  ];
  for (const [name, isAsked] of needsBuildx) {
    if (!classic || !isAsked) continue;
    conflict(
      name,
      'asks for what only buildx can do, and the classic builder is to build',
      `Leave ${nameInput(name)} out, or let buildx build with the native engine.`,
    );
  }
  return {
    context: inputs.context,
    dockerfile: inputs.dockerfile,
    buildArgs: inputs['build-args'],
    target: inputs.target,
    labels: inputs.labels,
    platforms: inputs.platforms,
    secrets: inputs.secrets,
    cacheFrom: inputs['cache-from'],
    cacheTo: inputs['cache-to'],
    noCache: inputs['no-cache'],
    pull: inputs.pull,
    builder: classic ? 'classic' : builder,
    builderName: inputs['builder-name'],
    extraArguments: readFurtherArguments(inputs['build-arguments'] ?? '', collected),
    baseImages: inputs['content-trust'] ? inputs['base-images'] : 'ignore',
  };
}

/** Splits as a shell would, and holds what an input could have said to what it would be held to. */
function readFurtherArguments(text: string, { add, parse }: ProblemList): readonly string[] {
  const args = parseArgsStringToArgv(text);
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
  return args;
}
