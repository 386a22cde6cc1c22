import { describe, expect, it } from 'vitest';
import type { FoundKey } from '../../../../src/azure/index.js';
import {
  keyIdsOf,
  requireFreeKeys,
  requireSameKeys,
} from '../../../../src/commands/keys/init/validate-keys.js';
import { readRepository } from '../../../../src/trust/index.js';
import { ecdsaSigner } from '../../../trust/support/keys.js';
import { gun, TestRepository } from '../../../trust/support/repository.js';
import { refusalOf } from '../../refusal-of.js';

async function viewOf(repository: TestRepository) {
  const view = await readRepository(repository.server, { pins: [], now: repository.now });
  if (!view) throw new Error('no trust data');
  return view;
}

const wanted = (path: string, keyId: string | undefined) => ({
  reference: { kind: 'file', path } as const,
  keyId,
});
const nameInput = (name: string) => name;

describe('a repository that is initialised already', () => {
  it('has the keys of the run, the root key within its certificate', async () => {
    const repository = await new TestRepository().initialise();
    const view = await viewOf(repository);
    expect(keyIdsOf(view, 'root')).toEqual([repository.root.keyId]);
    const root = wanted('root.key', repository.root.keyId);
    const targets = wanted('app.key', repository.targets.keyId);
    expect(() => {
      requireSameKeys(view, { root, targets }, nameInput);
    }).not.toThrow();
  });

  it('is told with each key that it has instead', async () => {
    const repository = await new TestRepository().initialise();
    const view = await viewOf(repository);
    const other = ecdsaSigner();
    const targets = wanted('app.key', other.keyId);
    const error = refusalOf(() => {
      requireSameKeys(view, { root: wanted('root.key', undefined), targets }, nameInput);
    });
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toBe(
      `${gun} is initialised with other keys: its root key is ${repository.root.keyId}, and root.key ` +
        `does not exist; its repository key is ${repository.targets.keyId}, and app.key has the ID ` +
        `${other.keyId}.`,
    );
    const root = wanted('root.key', repository.root.keyId);
    const onlyTargets = refusalOf(() => {
      requireSameKeys(view, { root, targets }, nameInput);
    });
    expect(onlyTargets.message).not.toContain('root key');
  });
});

describe('a repository that is yet to be initialised', () => {
  const key = (name: string, keyId: string | undefined, forGun?: string): FoundKey => ({
    reference: {
      kind: 'vault-key',
      vaultUrl: 'https://contoso.vault.azure.net',
      name,
      version: undefined,
    },
    passphrase: undefined,
    passphraseInput: 'signing-key-passphrase',
    keyId,
    gun: forGun,
    followsNewest: true,
  });
  const missing = (name: string): FoundKey => key(name, undefined);
  const require = (root: FoundKey, targets: FoundKey, isKeyShared = false): void => {
    requireFreeKeys(gun, { root, targets }, isKeyShared, nameInput);
  };

  it('can have keys that are yet to be made, and its own from an earlier run', () => {
    expect(() => {
      require(missing('root'), missing('app'));
      require(key('root', 'a'), missing('app'));
      require(missing('root'), key('app', 'b', gun));
    }).not.toThrow();
  });

  it('cannot have one key for both roles', () => {
    const problem = refusalOf(() => {
      require(key('root', 'a'), key('app', 'a'), true);
    });
    expect(problem.code).toBe('KEY_CONFLICT');
  });

  it('shares the key of another repository only where that key is named', () => {
    const other = key('app', 'b', 'fabrikam.azurecr.io/app');
    const problem = refusalOf(() => {
      require(key('root', 'a'), other);
    });
    expect(problem.code).toBe('KEY_CONFLICT');
    expect(problem.message).toContain('is the repository key of fabrikam.azurecr.io/app');
    expect(() => {
      require(key('root', 'a'), other, true);
    }).not.toThrow();
  });
});
