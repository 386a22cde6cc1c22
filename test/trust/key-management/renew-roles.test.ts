import { describe, expect, it } from 'vitest';
import { renewRoles, isServerManaged } from '../../../src/trust/key-management/index.js';
import type { RenewRolesOptions } from '../../../src/trust/key-management/index.js';
import {
  canonicalForm,
  readRepository,
  serializeEnvelope,
  type RoleName,
  type Signer,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, TestRepository } from '../support/repository.js';

const later = (days: number) => new Date(Date.parse('2026-11-23T12:00:00Z') + days * 86_400_000);

async function renew(
  repository: TestRepository,
  signers: readonly Signer[],
  more: Partial<RenewRolesOptions> = {},
) {
  return renewRoles(repository.server, {
    ...repository.context,
    signers,
    withinDays: 30,
    ...more,
  });
}

const tags = { '1': content('a'), '2': content('b') };

/** What a body says besides version and end. */
function rest(repository: TestRepository, role: RoleName): object {
  const { version, expires, ...others } =
    role === 'root' ? repository.rootBody() : repository.body(role);
  return { others, dated: version > 0 && expires !== '' };
}

describe('renewing roles', () => {
  it('does nothing while all of them have a long life before them', async () => {
    const repository = await new TestRepository().initialise(tags);
    const done = await renew(repository, [repository.targets, repository.root]);
    expect(done).toMatchObject({ renewed: [], remaining: [], attempts: 0 });
    expect(repository.fake.posts).toBe(0);
  });

  it.each([
    ['near their end', 1094],
    ['expired', 1200],
  ])('signs targets again that are %s, with nothing else changed', async (_state, days) => {
    const repository = await new TestRepository().initialise(tags);
    const before = rest(repository, 'targets');
    repository.now = later(days);
    const done = await renew(repository, [repository.targets]);
    expect(done.renewed.map(({ role }) => role)).toEqual(['targets']);
    expect(rest(repository, 'targets')).toEqual(before);
    expect(repository.fake.versions()).toMatchObject({ root: 1, targets: 2 });
    expect(repository.body('targets').expires).toBe(
      later(days + 1095)
        .toISOString()
        .replace('.000', ''),
    );
    // What a client that has expired data refused reads now.
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    expect(view?.targets.get('targets')?.signed.version).toBe(2);

    const again = await renew(repository, [repository.targets]);
    expect(again).toMatchObject({ renewed: [], remaining: [], attempts: 0 });
    expect(repository.fake.posts).toBe(1);
  });

  it('renews root, targets and delegations in one publish', async () => {
    const repository = await new TestRepository().initialise(tags);
    const alice = ecdsaSigner('alice');
    await repository.delegate({ 'targets/alice': alice.publicKey });
    const first = { _type: 'Targets', delegations: { keys: {}, roles: [] } } as const;
    await repository.put(
      'targets/alice',
      { ...first, targets: {}, version: 1, expires: '2029-01-01T00:00:00Z' },
      alice,
    );
    repository.now = later(3649);
    repository.fake.requests.length = 0;
    const before = ['root', 'targets', 'targets/alice'].map((role) => rest(repository, role));
    // The certificate lasts as long as the root, to the second: that takes a new one.
    const done = await renew(repository, [alice, repository.root, repository.targets]);
    expect(done.renewed.map(({ role }) => role)).toEqual(['root', 'targets', 'targets/alice']);
    expect(done.remaining.map(({ role, part, remedy }) => [role, part, remedy])).toEqual([
      ['root', 'certificate', { kind: 'rotation', role: 'root' }],
    ]);
    expect(repository.fake.posts).toBe(1);
    expect(['root', 'targets', 'targets/alice'].map((role) => rest(repository, role))).toEqual(
      before,
    );
  });

  it('renews what it can of several, and says what it cannot', async () => {
    const repository = await new TestRepository().initialise(tags);
    const alice = ecdsaSigner('alice');
    await repository.delegate({ 'targets/alice': alice.publicKey });
    await repository.put(
      'targets/alice',
      { ...repository.body('targets'), delegations: { keys: {}, roles: [] }, version: 1 },
      alice,
    );
    repository.now = later(1200);
    const done = await renew(repository, [alice]);
    expect(done.renewed.map(({ role }) => role)).toEqual(['targets/alice']);
    expect(done.remaining).toMatchObject([
      { role: 'targets', remedy: { kind: 'others' }, keyIds: [repository.targets.keyId] },
    ]);
    const rest = await renew(repository, [repository.targets]);
    expect(rest).toMatchObject({ renewed: [{ role: 'targets' }], remaining: [] });
  });

  it('begins anew from what somebody else published meanwhile', async () => {
    const repository = await new TestRepository().initialise(tags);
    repository.now = later(1080);
    let isFirst = true;
    repository.fake.intercept = async (request, next) => {
      if (request.method === 'POST' && isFirst) {
        isFirst = false;
        const body = repository.body('targets');
        const left = Object.fromEntries(
          Object.entries(body.targets).filter(([tag]) => tag === '1'),
        );
        await repository.put(
          'targets',
          { ...body, targets: left, version: body.version + 1 },
          repository.targets,
        );
      }
      return next();
    };
    const done = await renew(repository, [repository.targets]);
    expect(done.attempts).toBe(2);
    expect(Object.keys(repository.body('targets').targets)).toEqual(['1']);
    expect(repository.fake.versions()).toMatchObject({ targets: 3 });
  });

  it('has as many keys sign as the threshold asks for', async () => {
    const repository = await new TestRepository().initialise(tags);
    const signers = [ecdsaSigner('alice'), ecdsaSigner('bob')];
    const name = 'targets/team';
    const keys = Object.fromEntries(signers.map(({ keyId, publicKey }) => [keyId, publicKey]));
    const keyids = signers.map(({ keyId }) => keyId);
    const body = repository.body('targets');
    const roles = [{ name, keyids, threshold: 2, paths: [''] }];
    await repository.put(
      'targets',
      { ...body, version: body.version + 1, delegations: { keys, roles } },
      repository.targets,
    );
    const first = { ...body, version: 1, expires: '2026-12-01T00:00:00Z' };
    const message = canonicalForm(first);
    const signatures = signers.map(async (signer) => ({
      keyid: signer.keyId,
      method: signer.method,
      sig: (await signer.sign(message)).toString('base64'),
    }));
    const file = serializeEnvelope(first, await Promise.all(signatures));
    await repository.server.publish(new Map([[name, file]]));

    const alone = await renew(repository, signers.slice(1));
    expect(alone).toMatchObject({ renewed: [], attempts: 0 });
    expect(alone.remaining).toMatchObject([{ role: name, threshold: 2, available: [{}] }]);
    const together = await renew(repository, signers);
    expect(together).toMatchObject({ renewed: [{ role: name }], remaining: [], attempts: 1 });
    expect(repository.body(name)).toEqual({
      ...first,
      version: 2,
      expires: '2029-11-22T12:00:00Z',
    });
    expect(together.view.targets.get(name)?.signatures.map(({ keyid }) => keyid)).toEqual(keyids);
  });

  it('takes the right to publish', async () => {
    const repository = await new TestRepository().initialise(tags);
    repository.now = later(1200);
    repository.fake.rights.push = false;
    const error = await failure(renew(repository, [repository.targets]));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(repository.fake.versions()).toMatchObject({ targets: 1 });
  });

  it('does not believe a server that says yes and keeps nothing', async () => {
    const repository = await new TestRepository().initialise(tags);
    repository.now = later(1200);
    repository.fake.intercept = (request, next) =>
      request.method === 'POST'
        ? Promise.resolve({ status: 200, header: () => undefined, body: Buffer.alloc(0) })
        : next();
    const error = await failure(renew(repository, [repository.targets], { deadlineMs: 50 }));
    expect(error.code).toBe('READ_BACK_FAILED');
  });

  it('publishes nothing where the server does not hold the snapshot key', async () => {
    const repository = await new TestRepository().initialise(tags);
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    if (!view) throw new Error('no trust data');
    expect(await isServerManaged(repository.server, view, 'snapshot')).toBe(true);
    repository.fake.holdsKeys = false;
    expect(await isServerManaged(repository.server, view, 'snapshot')).toBe(false);
    repository.now = later(1200);
    const signers = [repository.targets, repository.root];
    const done = await renew(repository, signers, { isSnapshotServerManaged: false });
    expect(done).toMatchObject({ renewed: [], attempts: 0 });
    expect(done.remaining.map(({ role, remedy }) => [role, remedy])).toEqual([
      ['targets', { kind: 'rotation', role: 'snapshot' }],
      ['snapshot', { kind: 'rotation', role: 'snapshot' }],
    ]);
  });
});
