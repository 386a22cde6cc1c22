import { describe, expect, it } from 'vitest';
import {
  heldServerRoles,
  requireServerKeys,
  type OpenRepository,
} from '../../../src/commands/repositories/index.js';
import { failure } from '../../trust/support/failure.js';
import { TestRepository } from '../../trust/support/repository.js';

const { signal } = new AbortController();

/** As it is opened, but for the session, which is not asked here. */
function opened({ server }: TestRepository): OpenRepository {
  const explain: OpenRepository['explain'] = (body) => body();
  return { server, gun: server.gun, explain } as OpenRepository;
}

describe('the keys of a trust server', () => {
  it('are all held where Docker or we have made the repository', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    expect(await heldServerRoles(opened(repository), view, signal)).toEqual([
      'snapshot',
      'timestamp',
    ]);
    await expect(requireServerKeys(opened(repository), view, signal)).resolves.toBeUndefined();
  });

  it('are missed before anything is published, with the way to hand them over', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    repository.fake.holdsKeys = false;
    const error = await failure(requireServerKeys(opened(repository), view, signal));
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toMatch(/does not hold the snapshot key that the root names/);
    expect(error.remedy).toMatch(/"keys rotate" with the role snapshot/);
  });

  it('are told to nobody who may not publish', async () => {
    const repository = await new TestRepository().initialise();
    const view = await repository.view();
    repository.fake.rights.push = false;
    const error = await failure(heldServerRoles(opened(repository), view, signal));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
  });
});
