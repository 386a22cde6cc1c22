import { describe, expect, it } from 'vitest';
import { keyIdsOf, otherKeys, problemOf } from '../../../../src/commands/keys/init/judge.js';
import type { FoundKey } from '../../../../src/commands/keys/init/keys.js';
import { readRepository } from '../../../../src/trust/index.js';
import { ecdsaSigner } from '../../../trust/support/keys.js';
import { gun, TestRepository } from '../../../trust/support/repository.js';

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
    expect(otherKeys(view, { root, targets }, nameInput)).toBeUndefined();
  });

  it('is told with each key that it has instead', async () => {
    const repository = await new TestRepository().initialise();
    const view = await viewOf(repository);
    const other = ecdsaSigner();
    const error = otherKeys(
      view,
      { root: wanted('root.key', undefined), targets: wanted('app.key', other.keyId) },
      nameInput,
    );
    expect(error?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error?.message).toBe(
      `${gun} is initialised with other keys: its root key is ${repository.root.keyId}, and root.key ` +
        `does not exist; its repository key is ${repository.targets.keyId}, and app.key has the ID ` +
        `${other.keyId}.`,
    );
    const root = wanted('root.key', repository.root.keyId);
    const onlyTargets = otherKeys(view, { root, targets: wanted('a', other.keyId) }, nameInput);
    expect(onlyTargets?.message).not.toContain('root key');
  });
});

describe('a repository that is yet to be initialised', () => {
  const fresh = { gun, view: undefined };
  const key = (name: string, keyId: string, forGun?: string): FoundKey => {
    const reference = {
      kind: 'vault-key',
      vaultUrl: 'https://contoso.vault.azure.net',
      name,
      version: undefined,
    } as const;
    const configuration = {
      reference,
      passphrase: undefined,
      passphraseInput: 'signing-key-passphrase',
    } as const;
    const more = { gun: forGun, configuration, followsNewest: true };
    return { kind: 'there', reference, keyId, ...more };
  };
  const missing = (name: string): FoundKey => {
    const { reference } = key(name, '');
    if (reference.kind !== 'vault-key') throw new Error('no vault key');
    return { kind: 'missing', reference };
  };
  const own = { vault: 'https://contoso.vault.azure.net' };
  const shared = { vault: undefined };

  it('can have keys that are yet to be made, and its own from an earlier run', () => {
    expect(problemOf(fresh, missing('root'), missing('app'), own, nameInput)).toBeUndefined();
    expect(problemOf(fresh, key('root', 'a'), missing('app'), own, nameInput)).toBeUndefined();
    expect(problemOf(fresh, missing('root'), key('app', 'b', gun), own, nameInput)).toBeUndefined();
  });

  it('cannot have one key for both roles', () => {
    const problem = problemOf(fresh, key('root', 'a'), key('app', 'a'), shared, nameInput);
    expect(problem?.code).toBe('KEY_CONFLICT');
  });

  it('shares the key of another repository only where that key is named', () => {
    const other = key('app', 'b', 'fabrikam.azurecr.io/app');
    const problem = problemOf(fresh, key('root', 'a'), other, own, nameInput);
    expect(problem?.code).toBe('KEY_CONFLICT');
    expect(problem?.message).toContain('is the repository key of fabrikam.azurecr.io/app');
    expect(problemOf(fresh, key('root', 'a'), other, shared, nameInput)).toBeUndefined();
  });
});
