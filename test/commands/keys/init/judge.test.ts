import { describe, expect, it } from 'vitest';
import { keyIdsOf, otherKeys } from '../../../../src/commands/keys/init/judge.js';
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
