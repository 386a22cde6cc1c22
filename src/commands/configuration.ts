/**
 * From typed inputs to a configuration in which everything has been checked that can be checked
 * without asking anybody. All problems are reported at once, before anything happens.
 */
import path from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { parseRegistryId } from '../azure/index.js';
import { TrustError, isTrustError } from '../errors.js';
import {
  throwProblems,
  type CommandName,
  type InputName,
  type InputProblem,
  type InputValues,
  type NameInput,
} from '../inputs/index.js';
import { parseDigest, parseRegistryHost, parseRepository, parseTag } from '../registry/index.js';
import { parseKeyReference, type KeyReference } from '../signing/index.js';
import { parsePin, type PinReference } from './trust-pin.js';

/** What is built, pushed or signed. */
export interface ImageConfiguration {
  readonly registry: string;
  readonly repository: string;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** The trust collection: registry and repository. */
  readonly gun: string;
}

export interface BuildConfiguration {
  readonly context: string;
  readonly dockerfile: string | undefined;
  readonly buildArgs: readonly string[];
  readonly target: string | undefined;
  readonly labels: readonly string[];
  readonly platforms: readonly string[];
  readonly secrets: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly builder: 'auto' | 'buildx' | 'classic';
  readonly builderName: string | undefined;
  readonly extraArguments: readonly string[];
  /** `ignore` also when content trust is off. */
  readonly baseImages: 'enforce' | 'pin-signed' | 'ignore';
}

/** A key and what opens it. */
export interface KeyConfiguration {
  readonly reference: KeyReference;
  readonly passphrase: string | undefined;
  readonly passphraseInput: InputName;
}

export interface SigningConfiguration {
  readonly engine: 'native' | 'docker';
  readonly signingKey: KeyConfiguration;
  readonly rootKey: KeyConfiguration | undefined;
  readonly pins: readonly PinReference[];
}

/** Everything a run was asked for, checked. */
export interface Configuration {
  readonly command: CommandName;
  readonly image: ImageConfiguration;
  /** What the tags are to stand for; only for `sign`. */
  readonly digest: string | undefined;
  /** Only for commands that build. */
  readonly build: BuildConfiguration | undefined;
  /** Absent when nothing is signed: `build`, or content trust switched off. */
  readonly signing: SigningConfiguration | undefined;
  readonly contentTrust: boolean;
  readonly trustServer: string;
  readonly registryLogin: 'azure' | 'existing';
  readonly cloud: InputValues['cloud'];
  readonly registryId: string | undefined;
  readonly passEnvironment: readonly string[];
  readonly reportPath: string | undefined;
}

/**
 * Checks `inputs` as a whole.
 * @param workingDirectory that relative paths start from.
 * @throws {TrustError} naming every input that cannot be used.
 */
export function readConfiguration(
  command: CommandName,
  inputs: InputValues,
  workingDirectory: string,
  nameInput: NameInput,
): Configuration {
  const problems: InputProblem[] = [];
  const parse = <T>(input: InputName, body: () => T): T | undefined => {
    try {
      return body();
    } catch (error) {
      if (!isTrustError(error)) throw error;
      problems.push({
        input,
        problem: `cannot be used: ${error.message.replace(/\.$/, '')}`,
        code: error.code,
        remedy: error.remedy,
      });
      return undefined;
    }
  };
  const conflict = (input: InputName, problem: string, remedy: string): void => {
    problems.push({ input, problem, code: 'INPUT_CONFLICT', remedy });
  };

  const registry = parse('registry', () => parseRegistryHost(inputs.registry ?? '')) ?? '';
  const repository = parse('repository', () => parseRepository(inputs.repository ?? '')) ?? '';
  const tags = inputs.tags.map((tag) => parse('tags', () => parseTag(tag)) ?? '');
  const key = (input: 'signing-key' | 'root-key'): KeyConfiguration | undefined => {
    const text = inputs[input];
    if (text === undefined) return undefined;
    const passphraseInput = `${input}-passphrase` as const;
    const reference = parse(input, () => parseKeyReference(text));
    if (reference?.kind === 'file') {
      const absolute = path.resolve(workingDirectory, reference.path);
      return {
        reference: { kind: 'file', path: absolute },
        passphrase: inputs[passphraseInput],
        passphraseInput,
      };
    }
    return reference && { reference, passphrase: inputs[passphraseInput], passphraseInput };
  };

  const signs = command === 'sign' || (command !== 'build' && inputs['content-trust']);
  const signingKey = key('signing-key');
  const rootKey = key('root-key');
  const pins = inputs['trust-pin'].flatMap((text) => {
    const pin = parse('trust-pin', () => parsePin(text, workingDirectory));
    return pin ? [pin] : [];
  });
  if (signs && inputs['signing-key'] === undefined) {
    problems.push({
      input: 'signing-key',
      problem: 'is not set, and something is to be signed',
      code: 'INPUT_MISSING',
      ...(command === 'sign'
        ? {}
        : {
            remedy: `Set ${nameInput('signing-key')}, for example to https://contoso-keys.vault.azure.net/keys/team-app, or set ${nameInput('content-trust')} to false to push unsigned.`,
          }),
    });
  }
  if (inputs.engine === 'docker' && command === 'sign') {
    conflict(
      'engine',
      'is "docker", which signs only what it pushes itself',
      `Leave ${nameInput('engine')} out: the native engine signs what is already in the registry.`,
    );
  }
  const signing =
    signs && signingKey ? { engine: inputs.engine, signingKey, rootKey, pins } : undefined;
  const build = isBuilding(command) ? buildConfiguration(inputs, conflict, nameInput) : undefined;
  const digestText = inputs.digest;
  const digest =
    digestText === undefined ? undefined : parse('digest', () => parseDigest(digestText));
  const trustServer = parse('trust-server', () =>
    parseTrustServer(inputs['trust-server'] ?? `https://${registry || 'registry.invalid'}`),
  );
  const registryIdText = inputs['registry-id'];
  const registryId =
    registryIdText === undefined
      ? undefined
      : parse('registry-id', () => parseRegistryId(registryIdText));
  checkIdentity(inputs, problems, conflict, nameInput);
  throwProblems(problems, nameInput);

  return {
    command,
    image: { registry, repository, tags: [...new Set(tags)], gun: `${registry}/${repository}` },
    digest,
    build,
    signing,
    contentTrust: command === 'sign' || inputs['content-trust'],
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

function isBuilding(command: CommandName): boolean {
  return command === 'buildAndPush' || command === 'build';
}

type Conflict = (input: InputName, problem: string, remedy: string) => void;

function buildConfiguration(
  inputs: InputValues,
  conflict: Conflict,
  nameInput: NameInput,
): BuildConfiguration {
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
    extraArguments: parseArgsStringToArgv(inputs['build-arguments'] ?? ''),
    baseImages: inputs['content-trust'] ? inputs['base-images'] : 'ignore',
  };
}

/** @throws {TrustError} INPUT_INVALID unless `text` is an https URL of nothing but a host. */
export function parseTrustServer(text: string): string {
  const invalid = (why: string): TrustError =>
    new TrustError('INPUT_INVALID', `the trust server ${why}`, {
      remedy: 'Give the URL of the Notary server, for example https://contoso.azurecr.io.',
    });
  if (!URL.canParse(text)) throw invalid('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw invalid('is not an https URL');
  if (url.username !== '' || url.password !== '') throw invalid('has a user name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw invalid('has a path');
  return url.origin;
}

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Which credentials go together, before any of them is used. */
export function checkIdentity(
  inputs: InputValues,
  problems: InputProblem[],
  conflict: Conflict,
  nameInput: NameInput,
): void {
  const { 'client-id': clientId, 'tenant-id': tenantId } = inputs;
  const { 'client-secret': secret, 'client-certificate': certificate } = inputs;
  if (inputs['azure-subscription'] !== undefined) {
    const both = (['client-id', 'tenant-id', 'client-secret', 'client-certificate'] as const).find(
      (name) => inputs[name] !== undefined,
    );
    if (both) {
      conflict(
        both,
        `is set, and so is "${nameInput('azure-subscription')}"`,
        'Sign in with the service connection or with a principal of its own, not with both.',
      );
    }
  }
  if (secret !== undefined && certificate !== undefined) {
    conflict(
      'client-certificate',
      `is set, and so is "${nameInput('client-secret')}"`,
      'Give the secret or the certificate of the service principal, not both.',
    );
  }
  const proof = (['client-secret', 'client-certificate'] as const).find(
    (name) => inputs[name] !== undefined,
  );
  for (const name of ['client-id', 'tenant-id'] as const) {
    if (proof !== undefined && inputs[name] === undefined) {
      problems.push({
        input: name,
        problem: `is not set, but "${nameInput(proof)}" is`,
        code: 'INPUT_MISSING',
      });
    }
  }
  if (clientId !== undefined && !guid.test(clientId)) {
    problems.push({ input: 'client-id', problem: 'is not a GUID', code: 'INPUT_INVALID' });
  }
  if (tenantId !== undefined && !guid.test(tenantId) && !/^[\w-]+(\.[\w-]+)+$/.test(tenantId)) {
    problems.push({
      input: 'tenant-id',
      problem: 'is neither a GUID nor a domain name',
      code: 'INPUT_INVALID',
    });
  }
}
