/** What `keys init` was asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../../access/access.js';
import path from 'node:path';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import { formatKeyReference } from '../../../signing/index.js';
import { checkIdentity } from '../../configuration/common-inputs.js';
import { parseVaultUrl, readKeyInput, separateKeys } from '../../configuration/key-inputs.js';
import type { KeyConfiguration } from '../../configuration/types.js';
import { readRepositories, type NamedRepository } from '../../repositories/index.js';
import { keyNameOf } from './key-name.js';

/** A repository and the key that is to be its repository key. */
export interface RepositoryToInitialise extends NamedRepository {
  readonly targetsKey: KeyConfiguration;
}

export interface InitConfiguration extends LoginConfiguration {
  /** At least one. */
  readonly repositories: readonly RepositoryToInitialise[];
  readonly rootKey: KeyConfiguration;
  readonly hsm: boolean;
  readonly dryRun: boolean;
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readInitConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): InitConfiguration {
  const { add, conflict, parse, nameInput } = problems;
  const repositories = readRepositories(inputs, problems);
  const rootKey = readKeyInput('root-key', inputs, workingDirectory, problems);
  const signingKey = readKeyInput('signing-key', inputs, workingDirectory, problems);
  const { vault } = inputs;
  const vaultUrl = vault === undefined ? undefined : parse('vault', () => parseVaultUrl(vault));
  if (inputs['root-key'] === undefined) {
    const remedy = `Name the root key: ${nameInput('root-key')}: https://contoso-root.vault.azure.net/keys/root. It is made if it does not exist; keep it in a vault that pipelines cannot reach.`;
    add({ input: 'root-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (inputs['signing-key'] === undefined && vault === undefined) {
    const remedy = `Name one repository key for all (${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team), or the vault in which each repository gets its own (${nameInput('vault')}: https://contoso-keys.vault.azure.net).`;
    add({ input: 'signing-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (inputs['signing-key'] !== undefined && vault !== undefined) {
    conflict(
      'vault',
      `is set, and so is "${nameInput('signing-key')}"`,
      'Give one repository key for all repositories, or the vault in which each gets its own.',
    );
  }
  if (rootKey && signingKey && isSame(rootKey, signingKey)) {
    conflict('signing-key', `names the same key as "${nameInput('root-key')}"`, separateKeys);
  }
  const own = vaultUrl === undefined ? undefined : ownKeys(repositories, vaultUrl);
  for (const { gun, others } of own?.sharedNames ?? []) {
    conflict(
      'vault',
      `would give ${gun} and ${others.join(', ')} the same key`,
      `Initialise the registries in runs of their own, each with a vault of its own, or name the key they are to share in ${nameInput('signing-key')}.`,
    );
  }
  for (const [gun, key] of own?.keys ?? []) {
    if (rootKey && isSame(rootKey, key)) {
      conflict(
        'vault',
        `would make the key of ${gun} under the name of the root key`,
        separateKeys,
      );
    }
  }
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  if (!rootKey) throw new TypeError('a problem with an input went unnoticed');
  const reportPath = inputs['trust-report'];
  return {
    repositories: repositories.map((repository) => {
      const targetsKey = own?.keys.get(repository.gun) ?? signingKey;
      if (!targetsKey) throw new TypeError('a problem with an input went unnoticed');
      return { ...repository, targetsKey };
    }),
    rootKey,
    hsm: inputs.hsm,
    dryRun: inputs['dry-run'],
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

/** Names in a vault differ in more than case. */
function isSame(one: KeyConfiguration, other: KeyConfiguration): boolean {
  const [a, b] = [formatKeyReference(one.reference), formatKeyReference(other.reference)];
  return one.reference.kind === 'file' ? a === b : a.toLowerCase() === b.toLowerCase();
}

interface OwnKeys {
  readonly keys: ReadonlyMap<string, KeyConfiguration>;
  /** Repositories of different registries whose keys would have one name. */
  readonly sharedNames: readonly { readonly gun: string; readonly others: readonly string[] }[];
}

function ownKeys(repositories: readonly NamedRepository[], vaultUrl: string): OwnKeys {
  const byName = new Map<string, string[]>();
  const keys = new Map<string, KeyConfiguration>();
  for (const { gun, repository } of repositories) {
    const name = keyNameOf(repository);
    byName.set(name, [...(byName.get(name) ?? []), gun]);
    keys.set(gun, {
      reference: { kind: 'vault-key', vaultUrl, name, version: undefined },
      passphrase: undefined,
      passphraseInput: 'signing-key-passphrase',
    });
  }
  const sharedNames = [...byName.values()].flatMap(([gun = '', ...others]) =>
    others.length === 0 ? [] : [{ gun, others }],
  );
  return { keys, sharedNames };
}
