import { describe, expect, it } from 'vitest';
import { heldServerRoles, requireServerKeys } from '../../../src/trust/key-management/index.js';
import { failure } from '../support/failure.js';
import { TestRepository } from '../support/repository.js';

const { signal } = new AbortController();

describe('the keys of a trust server', () => {
  it('are all held where Docker or we have made the repository', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    expect(await heldServerRoles(repository.server, view, signal)).toEqual([
      'snapshot',
      'timestamp',
    ]);
    await expect(requireServerKeys(repository.server, view, signal)).resolves.toBeUndefined();
  });

  it('are missed before anything is published, with the way to hand them over', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    repository.fake.holdsKeys = false;
    const error = await failure(requireServerKeys(repository.server, view, signal));
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toMatch(/does not hold the snapshot key that the root names/);
    expect(error.remedy).toMatch(/"keys rotate --role snapshot"/);
  });

  it('are told to nobody who may not publish', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    repository.fake.rights.push = false;
    const error = await failure(heldServerRoles(repository.server, view, signal));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
  });
});
