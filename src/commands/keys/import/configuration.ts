/** What `keys import` was asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../../access/access.js';
import path from 'node:path';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import { parseRegistryHost } from '../../../registry/index.js';
import { vaultServiceOf } from '../../../signing/index.js';
import { checkIdentity, parseTrustServer, readPins } from '../../configuration/common-inputs.js';
import { parseVaultUrl } from '../../configuration/key-inputs.js';
import type { PinReference } from '../../configuration/trust-pin.js';
import { readRepositories, type NamedRepository } from '../../repositories/index.js';

export interface ImportConfiguration extends LoginConfiguration {
  /** Absolute path of a folder or an archive. */
  readonly archive: string;
  readonly vaultUrl: string;
  readonly rootVaultUrl: string;
  readonly storeAs: InputValues['store-as'];
  readonly hsm: boolean;
  /** Those that the inputs name; the keys name more. */
  readonly repositories: readonly NamedRepository[];
  /** The registry of the inputs, also without a repository; decides on the cloud. */
  readonly registry: string | undefined;
  /** Registry and origin of its trust server, where that is one of its own. */
  readonly trustServer: { readonly registry: string; readonly url: string } | undefined;
  readonly pins: readonly PinReference[];
  readonly dryRun: boolean;
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readImportConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): ImportConfiguration {
  const { add, conflict, parse, nameInput } = problems;
  const repositories = namedRepositories(inputs, problems);
  const registry =
    inputs.registry === undefined
      ? repositories[0]?.registry
      : parse('registry', () => parseRegistryHost(inputs.registry ?? ''));
  const server = inputs['trust-server'];
  const url =
    server === undefined ? undefined : parse('trust-server', () => parseTrustServer(server));
  if (url !== undefined && registry === undefined) {
    const problem = `is not set, but "${nameInput('trust-server')}" is`;
    add({ input: 'registry', problem, code: 'INPUT_MISSING' });
  }
  const vaultOf = (input: 'vault' | 'root-vault'): string | undefined => {
    const text = inputs[input];
    return text === undefined ? undefined : parse(input, () => parseVaultUrl(text));
  };
  const vaultUrl = vaultOf('vault');
  const rootVaultUrl = vaultOf('root-vault');
  for (const input of ['archive', 'vault'] as const) {
    if (inputs[input] !== undefined) continue;
    add({ input, problem: 'is not set', code: 'INPUT_MISSING' });
  }
  const storeAs = inputs['store-as'];
  if (storeAs === 'secret' && inputs.hsm) {
    conflict(
      'hsm',
      `is set, and "${nameInput('store-as')}" is "secret"`,
      'Only keys are kept in hardware: leave one of the two out.',
    );
  }
  for (const [input, url] of [
    ['vault', vaultUrl],
    ['root-vault', rootVaultUrl],
  ] as const) {
    if (storeAs !== 'secret' || url === undefined) continue;
    if (vaultServiceOf(new URL(url).hostname) !== 'managed-hsm') continue;
    const problem = `is a Managed HSM, and "${nameInput('store-as')}" is "secret"`;
    conflict(input, problem, 'A Managed HSM holds keys only: name a Key Vault, or store as keys.');
  }
  const pins = readPins(inputs, workingDirectory, problems);
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  const { archive, 'trust-report': reportPath } = inputs;
  if (archive === undefined || vaultUrl === undefined) {
    throw new TypeError('a problem with an input went unnoticed');
  }
  return {
    archive: path.resolve(workingDirectory, archive),
    vaultUrl,
    rootVaultUrl: rootVaultUrl ?? vaultUrl,
    storeAs,
    hsm: inputs.hsm,
    repositories,
    registry,
    trustServer: url === undefined || registry === undefined ? undefined : { registry, url },
    pins,
    dryRun: inputs['dry-run'],
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

/** A registry without repositories is no mistake here: the keys name theirs. */
function namedRepositories(inputs: InputValues, problems: ProblemList): readonly NamedRepository[] {
  if (inputs.repository === undefined && inputs.images.length === 0) return [];
  return readRepositories(inputs, problems);
}
