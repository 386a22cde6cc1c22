import { describe, expect, it } from 'vitest';
import { examineSigning } from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, TestRepository } from '../support/repository.js';

const examine = (repository: TestRepository, signer = repository.targets, tags = ['1']) =>
  examineSigning(repository.server, { ...repository.context, signer, tags });

describe('looking ahead before a build', () => {
  it('tells that a repository has no trust data yet', async () => {
    expect(await examine(new TestRepository())).toEqual({ kind: 'uninitialised' });
  });

  it('tells the roles for each tag and changes nothing', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const before = repository.fake.versions();
    const outlook = await examine(repository, repository.targets, ['1', '2']);
    if (outlook.kind !== 'ready') throw new Error('not ready');
    expect([...outlook.roles]).toEqual([
      ['1', ['targets']],
      ['2', ['targets']],
    ]);
    expect(outlook.expiring.size).toBe(0);
    expect(repository.fake.versions()).toEqual(before);
    expect(repository.fake.posts).toBe(0);
  });

  it('refuses a principal that may read but not sign', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.rights.push = false;
    expect((await failure(examine(repository))).code).toBe('SIGNER_NOT_AUTHORIZED');
  });

  it('leaves it to the publish who may sign, where nothing comes before it', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.rights.push = false;
    const { server, context, targets: signer } = repository;
    const outlook = await examineSigning(server, {
      ...context,
      signer,
      tags: ['1'],
      asksServer: false,
    });
    expect(outlook.kind).toBe('ready');
  });

  it('asks in any case before it says that a repository is to be initialised', async () => {
    const { fake, server, context, targets: signer } = new TestRepository();
    fake.rights.push = false;
    const examining = examineSigning(server, {
      ...context,
      signer,
      tags: ['1'],
      asksServer: false,
    });
    expect((await failure(examining)).code).toBe('SIGNER_NOT_AUTHORIZED');
  });

  it('says first that a principal may not even read, however fast it is refused to sign', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.rights.pull = false;
    repository.fake.rights.push = false;
    expect((await failure(examine(repository))).code).toBe('REGISTRY_LOGIN_REFUSED');
  });

  it('refuses a key that the repository does not list', async () => {
    const repository = await new TestRepository().initialise();
    expect((await failure(examine(repository, ecdsaSigner('stranger')))).code).toBe(
      'KEY_NOT_AUTHORIZED',
    );
  });

  it('finds out that the server lacks the snapshot key', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.holdsKeys = false;
    const error = await failure(examine(repository));
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toContain('does not hold the snapshot key');
    expect(error.remedy).toContain('keys rotate --role snapshot');
  });

  it('lists what ends within six months and only its owner can renew', async () => {
    const repository = await new TestRepository().initialise();
    const soon = { ...repository.body('targets'), version: 2, expires: '2027-01-01T00:00:00Z' };
    await repository.put('targets', soon, repository.targets);
    const outlook = await examine(repository);
    if (outlook.kind !== 'ready') throw new Error('not ready');
    expect([...outlook.expiring]).toEqual([['targets', new Date('2027-01-01T00:00:00Z')]]);
  });

  it('refuses expired trust data', async () => {
    const repository = await new TestRepository().initialise();
    repository.now = new Date('2029-12-01T00:00:00Z');
    expect((await failure(examine(repository))).code).toBe('TRUST_DATA_EXPIRED');
  });
});
