/** What `keys init` is asked for: repositories, and the keys that they are to get. */
import { keyNameOf, type NamedKey } from '../../../azure/index.js';
import type { Inputs } from '../../../inputs/index.js';
import { formatKeyReference } from '../../../signing/index.js';
import { separateKeys, type Gun } from '../../../trust/index.js';
import { dryRun } from '../../inputs/image.js';
import {
  hsm,
  readKeyInput,
  readVault,
  rootKey,
  rootKeyPassphrase,
  signingKey,
  signingKeyPassphrase,
  vault,
} from '../../inputs/key-inputs.js';
import type { Read } from '../../inputs/read.js';
import type { NamedRepository } from '../../../repositories/index.js';
import { readRepositories, repositoryInputs } from '../../inputs/repositories.js';

export const initInputs = {
  ...repositoryInputs,
  'dry-run': dryRun,
  'signing-key': {
    ...signingKey,
    note: 'Here it becomes the repository key; a Key Vault key is made if it does not exist.',
  },
  'signing-key-passphrase': signingKeyPassphrase,
  'root-key': { ...rootKey, note: 'A Key Vault key is made if it does not exist.' },
  'root-key-passphrase': rootKeyPassphrase,
  vault: {
    ...vault,
    note: 'Without `signing-key`, each repository gets a key of its own in it, named after the repository.',
  },
  hsm,
} as const satisfies Inputs;

/** A repository and the key that is to be its repository key. */
interface RepositoryToInitialise extends NamedRepository {
  readonly repositoryKey: NamedKey;
}

export interface InitConfiguration {
  /** At least one. */
  readonly repositories: readonly RepositoryToInitialise[];
  readonly rootKey: NamedKey;
  /** Whether one repository key is named for all. */
  readonly isKeyShared: boolean;
  readonly hsm: boolean;
  readonly dryRun: boolean;
}

/** Reads it; undefined when something is wrong with the root key. */
export function readInit(read: Read<typeof initInputs>): InitConfiguration | undefined {
  const { values, add, conflict, nameInput } = read;
  const named = readRepositories(read);
  const rootKey = readKeyInput('root-key', read);
  const sharedKey = readKeyInput('signing-key', read);
  const vaultUrl = readVault('vault', read);
  if (values['root-key'] === undefined) {
    const remedy = `Name the root key: ${nameInput('root-key')}: https://contoso-root.vault.azure.net/keys/root. It is made if it does not exist; keep it in a vault that pipelines cannot reach.`;
    add({ input: 'root-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const isKeyShared = values['signing-key'] !== undefined;
  if (!isKeyShared && values.vault === undefined) {
    const remedy = `Name one repository key for all (${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team), or the vault in which each repository gets its own (${nameInput('vault')}: https://contoso-keys.vault.azure.net).`;
    add({ input: 'signing-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  if (isKeyShared && values.vault !== undefined) {
    conflict(
      'vault',
      `is set, and so is "${nameInput('signing-key')}"`,
      'Give one repository key for all repositories, or the vault in which each gets its own.',
    );
  }
  if (rootKey && sharedKey && isSame(rootKey, sharedKey)) {
    conflict('signing-key', `names the same key as "${nameInput('root-key')}"`, separateKeys);
  }
  const ownKeys = vaultUrl === undefined ? undefined : keysIn(vaultUrl, named, rootKey, read);
  const repositories = named.flatMap((repository) => {
    const repositoryKey = ownKeys?.get(repository.gun) ?? sharedKey;
    return repositoryKey ? [{ ...repository, repositoryKey }] : [];
  });
  return (
    rootKey && {
      repositories,
      rootKey,
      isKeyShared,
      hsm: values.hsm,
      dryRun: values['dry-run'],
    }
  );
}

/** Names in a vault differ in more than case. */
function isSame(one: NamedKey, other: NamedKey): boolean {
  const [a, b] = [formatKeyReference(one.reference), formatKeyReference(other.reference)];
  return one.reference.kind === 'file' ? a === b : a.toLowerCase() === b.toLowerCase();
}

/** A key for each repository, named after it; names that are taken are noted. */
function keysIn(
  vaultUrl: string,
  repositories: readonly NamedRepository[],
  rootKey: NamedKey | undefined,
  { conflict, nameInput }: Read<typeof initInputs>,
): ReadonlyMap<Gun, NamedKey> {
  const byName = new Map<string, Gun[]>();
  for (const { gun, repository } of repositories) {
    const name = keyNameOf(repository);
    byName.set(name, [...(byName.get(name) ?? []), gun]);
  }
  const keys = [...byName].flatMap(([name, [gun = '', ...others]]) => {
    const key: NamedKey = {
      reference: { kind: 'vault-key', vaultUrl, name, version: undefined },
      passphrase: undefined,
      passphraseInput: 'signing-key-passphrase',
    };
    if (others.length > 0) {
      conflict(
        'vault',
        `would give ${gun} and ${others.join(', ')} the same key`,
        `Initialise the registries in runs of their own, each with a vault of its own, or name the key they are to share in ${nameInput('signing-key')}.`,
      );
    }
    if (rootKey && isSame(rootKey, key)) {
      const problem = `would make the key of ${gun} under the name of the root key`;
      conflict('vault', problem, separateKeys);
    }
    return [gun, ...others].map((each) => [each, key] as const);
  });
  return new Map(keys);
}
