import { describe, expect, it } from 'vitest';
import { rolesWithKeys } from '../../../src/trust/key-management/index.js';
import { dockerLikeRepository, trustFiles } from '../repository-builder.js';
import { ecdsaKey } from '../test-keys.js';

describe('roles that list a key', () => {
  it('are found wherever they are, certificates included', () => {
    const repository = dockerLikeRepository();
    const view = trustFiles(repository.build());
    const alice = repository.delegations[0]?.keys[0]?.canonicalId ?? '';
    expect(rolesWithKeys(view, [alice])).toEqual(['targets/releases', 'targets/alice']);
    expect(rolesWithKeys(view, [repository.root.keys[0]?.canonicalId ?? ''])).toEqual(['root']);
    expect(rolesWithKeys(view, [ecdsaKey().keyId])).toEqual([]);
  });
});
