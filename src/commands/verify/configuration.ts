/**
 * From typed inputs to what `verify` is to do, checked as far as that is possible without asking
 * anybody but the files that were named. All problems are reported at once.
 */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputName, InputValues } from '../inputs/values.js';
import {
  parseImageReference,
  parseRegistryHost,
  parseRepository,
  parseTag,
} from '../../registry/index.js';
import { roleOfSigner, isRoleName, type RoleName } from '../../trust/index.js';
import { checkIdentity, parseTrustServer } from '../configuration/read-configuration.js';
import { readImageFiles, type ImageFile } from '../../deployment-files/index.js';
import { readPattern, type NamePattern } from './name-pattern.js';
import { parseScopedPin, type ScopedPin } from './pins.js';

/** What a verified image has to be besides signed. */
export interface VerifyPolicy {
  /** Roles that must all list the tag with the digest. */
  readonly requiredRoles: readonly RoleName[];
  /** Undefined: any age. */
  readonly maxAgeDays: number | undefined;
  /** 0: no warning. */
  readonly warnExpiryDays: number;
  /** What may be unsigned. */
  readonly allowUnsigned: readonly NamePattern[];
  /** Whether a tag may point elsewhere in the registry than it is signed for. */
  readonly allowMovedTags: boolean;
}

/** Everything `verify` was asked for, checked. */
export interface VerifyConfiguration {
  /** References as given by inputs, files not included. */
  readonly images: readonly string[];
  readonly files: readonly ImageFile[];
  readonly policy: VerifyPolicy;
  readonly pins: readonly ScopedPin[];
  /** A trust server of its own for the images of one registry. */
  readonly trustServer: { readonly registry: string; readonly url: string } | undefined;
  readonly registryLogin: 'azure' | 'existing';
  readonly cloud: InputValues['cloud'];
  readonly writeDigests: boolean;
  /** Absolute; undefined: in place. */
  readonly outputDirectory: string | undefined;
  readonly pull: boolean;
  readonly passEnvironment: readonly string[];
  /** Absolute. */
  readonly cacheDirectory: string | undefined;
  readonly reportPath: string | undefined;
}

/**
 * Checks `inputs` as a whole and reads the files they name.
 * @throws {TrustError} naming every input that cannot be used.
 */
export async function readVerifyConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
  signal?: AbortSignal,
): Promise<VerifyConfiguration> {
  const absolute = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : path.resolve(workingDirectory, text);
  const { add, conflict, has, parse, nameInput } = problems;
  const each = <T>(input: InputName, texts: readonly string[], body: (text: string) => T): T[] =>
    texts.flatMap((text) => parse(input, () => body(text)) ?? []);

  const own = ownImages(inputs, problems);
  for (const image of inputs.images) parse('images', () => parseImageReference(image));
  const { files, troubles } = await readImageFiles(
    inputs.files,
    workingDirectory,
    { skipBuilt: inputs['skip-built'], outputDirectory: absolute(inputs['output-directory']) },
    signal,
  );
  for (const { problem, remedy } of troubles) {
    add({ input: 'files', problem: `cannot be used: ${problem}`, code: 'INPUT_INVALID', remedy });
  }
  const images = [...inputs.images, ...own];
  if (images.length === 0 && inputs.files.length === 0) {
    const remedy = `Set ${nameInput('images')} or ${nameInput('files')}, or ${nameInput('registry')}, ${nameInput('repository')} and ${nameInput('tags')}.`;
    const problem = 'is not set, and nothing else names an image';
    add({ input: 'images', problem, code: 'INPUT_MISSING', remedy });
  }
  if (inputs['write-digests'] && inputs.files.length === 0) {
    const remedy = `Name the files in ${nameInput('files')}.`;
    const problem = 'is set, but there are no files to write to';
    conflict('write-digests', problem, remedy);
  }
  const writes = inputs['write-digests'] || has('write-digests');
  if (inputs['output-directory'] !== undefined && !writes) {
    const problem = `is set, but "${nameInput('write-digests')}" is not`;
    const remedy = `Set ${nameInput('write-digests')} to true to have the files written.`;
    conflict('output-directory', problem, remedy);
  }
  const policy: VerifyPolicy = {
    requiredRoles: [
      ...new Set([
        ...each('required-signers', inputs['required-signers'], signerRole),
        ...each('required-roles', inputs['required-roles'], listingRole),
      ]),
    ],
    maxAgeDays: parse('max-age', () => daysOf(inputs['max-age'], 1)),
    warnExpiryDays: parse('warn-expiry-days', () => daysOf(inputs['warn-expiry-days'], 0)) ?? 0,
    allowUnsigned: each('allow-unsigned', inputs['allow-unsigned'], readPattern),
    allowMovedTags: inputs['allow-moved-tags'],
  };
  const pins = each('trust-pin', inputs['trust-pin'], (text) =>
    parseScopedPin(text, workingDirectory),
  );
  const trustServer = readTrustServer(inputs, problems);
  checkIdentity(inputs, problems);
  problems.throwIfAny();

  return {
    images,
    files,
    policy,
    pins,
    trustServer,
    registryLogin: inputs['registry-login'],
    cloud: inputs.cloud,
    writeDigests: inputs['write-digests'],
    outputDirectory: absolute(inputs['output-directory']),
    pull: inputs['pull-verified'],
    passEnvironment: inputs['pass-environment'],
    cacheDirectory: absolute(inputs['cache-directory']),
    reportPath: absolute(inputs['trust-report']),
  };
}

/** The images that registry, repository and tags stand for together. */
function ownImages(inputs: InputValues, { parse, add, nameInput }: ProblemList): readonly string[] {
  const { registry, repository, tags } = inputs;
  const host =
    registry === undefined ? undefined : parse('registry', () => parseRegistryHost(registry));
  if (repository === undefined && tags.length === 0) return [];
  const missing = (input: InputName): void => {
    const example = `Set ${nameInput('registry')}, ${nameInput('repository')} and ${nameInput('tags')} together.`;
    const problem = 'is not set, but others of registry, repository and tags are';
    add({ input, problem, code: 'INPUT_MISSING', remedy: example });
  };
  if (registry === undefined) missing('registry');
  if (repository === undefined) missing('repository');
  if (tags.length === 0) missing('tags');
  const name =
    repository === undefined ? undefined : parse('repository', () => parseRepository(repository));
  return tags.flatMap((text) => {
    const tag = parse('tags', () => parseTag(text));
    return tag === undefined || host === undefined || name === undefined
      ? []
      : [`${host}/${name}:${tag}`];
  });
}

function readTrustServer(
  inputs: InputValues,
  { parse, add, nameInput }: ProblemList,
): VerifyConfiguration['trustServer'] {
  const { registry, 'trust-server': server } = inputs;
  if (server === undefined) return undefined;
  const url = parse('trust-server', () => parseTrustServer(server));
  if (registry === undefined) {
    add({
      input: 'registry',
      problem: `is not set, but "${nameInput('trust-server')}" is`,
      code: 'INPUT_MISSING',
      remedy: `Say in ${nameInput('registry')} whose images the trust server is for.`,
    });
    return undefined;
  }
  // What is wrong with the registry itself is said where it is read.
  return url === undefined ? undefined : { registry: registry.toLowerCase(), url };
}

/** The delegation of a signer. @throws {TrustError} INPUT_INVALID */
export function signerRole(name: string): RoleName {
  const role = roleOfSigner(name.replace(/^targets\//, ''));
  return listingRole(role);
}

function listingRole(role: string): RoleName {
  if (isRoleName(role) && (role === 'targets' || role.startsWith('targets/'))) return role;
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(role)} is no role that lists tags`, {
    remedy: 'Give targets or a delegation such as targets/ci.',
  });
}

function daysOf(text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) >= least) return Number(text);
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is no number of days`, {
    remedy: `Give a whole number of days from ${least}, such as 90.`,
  });
}
