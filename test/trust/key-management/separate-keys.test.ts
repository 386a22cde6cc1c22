import { describe, expect, it } from 'vitest';
import { requireSeparateKey } from '../../../src/trust/key-management/index.js';
import { dockerLikeRepository, trustFiles } from '../repository-builder.js';
import { ecdsaKey, type TestKey } from '../test-keys.js';

describe('a key that a role is to get', () => {
  const repository = dockerLikeRepository();
  const view = trustFiles(repository.build());
  const idOf = ([key]: readonly TestKey[] = []) => key?.canonicalId ?? '';
  const [root, targets] = [idOf(repository.root.keys), idOf(repository.targetsRole.keys)];
  const alice = idOf(repository.delegations[0]?.keys);
  const give = (role: string, keyId: string) => () => {
    requireSeparateKey(view, role, keyId, 'https://contoso-keys.vault.azure.net/keys/app');
  };

  it('is not the root key, which can replace every other one', () => {
    for (const role of ['targets', 'targets/alice']) {
      expect(give(role, root)).toThrow(
        `keys/app is the root key of ${view.gun}, and was to become the key of ${role}.`,
      );
    }
  });

  it('does not become the root key while it signs tags', () => {
    for (const key of [targets, alice]) {
      expect(give('root', key)).toThrow(/signs the tags of .*, and was to become its root key/);
    }
  });

  it('may be the same one, or any other', () => {
    for (const [role, key] of [
      ['root', root],
      ['root', ecdsaKey().canonicalId],
      ['targets', alice],
    ] as const) {
      expect(give(role, key)).not.toThrow();
    }
  });
});
