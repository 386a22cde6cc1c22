import { describe, expect, it } from 'vitest';
import { purposeOfStored, storedKeyName } from '../../../src/azure/key-vault/store-key.js';
import { gun } from '../../trust/support/repository.js';

describe('the name of a key in a vault', () => {
  const id = '4c6c56a0'.repeat(8);
  it.each([
    [{ role: 'root', repository: '' }, 'root-4c6c56a0'],
    [{ role: 'targets', repository: 'team/my.app_1' }, 'team-my-app-1-targets-4c6c56a0'],
    [{ role: 'targets', repository: '' }, 'targets-4c6c56a0'],
    [{ role: 'alice_b', repository: '' }, 'signer-alice-b-4c6c56a0'],
    [{ role: 'delegation', repository: '' }, 'delegation-4c6c56a0'],
    [{ role: undefined, repository: '' }, 'key-4c6c56a0'],
    [{ role: '_', repository: '' }, 'signer-4c6c56a0'],
  ])('of %j is %s', (purpose, name) => {
    expect(storedKeyName(purpose, id)).toBe(name);
  });

  it('is never longer than a vault takes', () => {
    const name = storedKeyName({ role: 'targets', repository: `${'a/'.repeat(100)}b` }, id);
    expect(name).toMatch(/^[0-9a-zA-Z-]{1,127}$/);
    expect(name.endsWith('-targets-4c6c56a0')).toBe(true);
  });

  it('goes with tags that say the same', () => {
    expect(purposeOfStored({ role: 'delegation', gun })).toEqual({ role: 'delegation', gun });
    expect(purposeOfStored({ role: 'bob', gun })).toEqual({
      role: 'delegation',
      gun,
      signer: 'bob',
    });
  });
});
