import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/http/types.js';
import {
  lookUpTag,
  planRemoval,
  publishTags,
  readRepository,
  removeTags,
  type RemoveTagsOptions,
  type Signer,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, TestRepository } from '../support/repository.js';

async function remove(
  repository: TestRepository,
  tags: readonly string[],
  more: Partial<RemoveTagsOptions> = {},
) {
  return removeTags(repository.server, {
    ...repository.context,
    signer: repository.targets,
    selects: (tag) => tags.includes(tag),
    ...more,
  });
}

async function sign(repository: TestRepository, tag: string, signer: Signer) {
  const tags = new Map([[tag, content('b')]]);
  return publishTags(repository.server, { ...repository.context, signer, tags });
}

describe('removing tags', () => {
  it('takes all of them away in one publish, and leaves the others', async () => {
    const all = { '1': content('a'), '2': content('b'), '3': content('c') };
    const repository = await new TestRepository().initialise(all);
    const done = await remove(repository, ['1', '2']);
    expect([...done.removed]).toEqual([
      ['1', ['targets']],
      ['2', ['targets']],
    ]);
    expect(done.remaining.size).toBe(0);
    expect(['1', '2', '3'].map((tag) => lookUpTag(done.view, tag).kind)).toEqual([
      'unsigned',
      'unsigned',
      'signed',
    ]);
    expect(repository.fake.posts).toBe(1);
    expect(repository.fake.versions()).toMatchObject({ root: 1, targets: 2 });
  });

  it('sends nothing for a tag that is not signed', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const done = await remove(repository, ['2', '__proto__', 'constructor']);
    expect(done).toMatchObject({ attempts: 0 });
    expect(done.removed.size + done.remaining.size).toBe(0);
    expect(repository.fake.posts).toBe(0);
  });

  it('takes them out of every role that lists the key, also where others have signed', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    const { publicKey } = signer;
    await repository.delegate({ 'targets/releases': publicKey, 'targets/ci': publicKey });
    await sign(repository, '1', signer);
    repository.fake.requests.length = 0;
    const done = await remove(repository, ['1'], { signer });
    expect(done.removed.get('1')).toEqual(['targets/ci', 'targets/releases']);
    expect(lookUpTag(done.view, '1').kind).toBe('unsigned');
    expect(repository.fake.posts).toBe(1);
  });

  it('says which roles keep a tag, and whose keys could take it from them', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/releases': signer.publicKey });
    await sign(repository, '1', signer);
    const done = await remove(repository, ['1'], { signer });
    expect(done.removed.get('1')).toEqual(['targets/releases']);
    expect(done.remaining.get('1')).toEqual([
      { role: 'targets', keyIds: [repository.targets.keyId], threshold: 1, isExpired: false },
    ]);
    expect(lookUpTag(done.view, '1')).toMatchObject({ kind: 'signed', ...content('a') });
  });

  it('leaves a role alone that does not list the key', async () => {
    const repository = await new TestRepository().initialise();
    const [ours, theirs] = [ecdsaSigner('ours'), ecdsaSigner('theirs')];
    await repository.delegate({ 'targets/ci': theirs.publicKey });
    const body = listing(repository, '1');
    await repository.put('targets/ci', body, theirs);
    const done = await remove(repository, ['1'], { signer: ours });
    expect(done.remaining.get('1')?.map(({ role }) => role)).toEqual(['targets/ci']);
    expect(repository.fake.posts).toBe(1);
  });

  it('does not bring an expired role back to life', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/ci': signer.publicKey });
    const body = listing(repository, '1');
    await repository.put('targets/ci', { ...body, expires: '2026-12-01T00:00:00Z' }, signer);
    repository.now = new Date('2026-12-02T00:00:00Z');
    const done = await remove(repository, ['1'], { signer });
    expect(done).toMatchObject({ attempts: 0 });
    expect(done.remaining.get('1')).toMatchObject([{ role: 'targets/ci', isExpired: true }]);
  });

  it('also removes what was signed meanwhile, after a conflict', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    let first = true;
    repository.fake.intercept = async (request, next) => {
      if (first && request.method === 'POST') {
        first = false;
        await sign(repository, '1b', repository.targets);
      }
      return next();
    };
    const done = await remove(repository, [], { selects: (tag) => tag.startsWith('1') });
    expect(done.attempts).toBe(2);
    expect([...done.removed.keys()].sort()).toEqual(['1', '1b']);
    expect(Object.keys(repository.body('targets').targets)).toEqual([]);
  });

  it('recognises a removal whose answer got lost', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    let first = true;
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      if (!first || request.method !== 'POST') return answer;
      first = false;
      throw new HttpError('timeout', 'no answer');
    };
    const done = await remove(repository, ['1']);
    expect(done.attempts).toBe(1);
    expect(done.removed.get('1')).toEqual(['targets']);
  });

  it('does not say removed of a tag that is signed again by the time it looks', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    let first = true;
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      if (!first || request.method !== 'POST') return answer;
      first = false;
      await sign(repository, '1', repository.targets);
      return answer;
    };
    const error = await failure(remove(repository, ['1']));
    expect(error.code).toBe('READ_BACK_FAILED');
    expect(error.message).toContain('the tag 1 is listed in targets again');
  });

  it('says that trust data is missing where there is none', async () => {
    const error = await failure(remove(new TestRepository(), ['1']));
    expect(error.code).toBe('TRUST_DATA_MISSING');
  });
});

describe('planning a removal', () => {
  async function delegated() {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/ci': signer.publicKey });
    await repository.put('targets/ci', listing(repository, '1'), signer);
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    const role = view?.delegations.get('targets/ci');
    const file = view?.targets.get('targets/ci');
    if (!view || !role || !file) throw new Error('the test made no delegation');
    const plan = (seen: typeof view) => planRemoval(seen, () => true, signer, repository.now);
    return { view, role, file, plan };
  }

  it('leaves a role alone that takes more signatures than our key can make', async () => {
    const { view, role, plan } = await delegated();
    expect(plan(view).removed.get('1')).toEqual(['targets/ci']);
    const strict = { ...view, delegations: new Map([[role.name, { ...role, threshold: 2 }]]) };
    const { files, removed, remaining } = plan(strict);
    expect([files, removed.size]).toEqual([[], 0]);
    expect(remaining.get('1')).toMatchObject([{ role: 'targets/ci', threshold: 2 }]);
  });

  it('believes nothing of a file that is not validly signed', async () => {
    const { view, role, file, plan } = await delegated();
    const left = (reason: 'expired' | 'signatures') =>
      plan({
        ...view,
        targets: new Map([...view.targets].filter(([name]) => name !== role.name)),
        skipped: new Map([[role.name, { reason, envelope: file }]]),
      }).remaining;
    expect(left('expired').get('1')).toMatchObject([{ role: 'targets/ci', isExpired: true }]);
    expect(left('signatures').size).toBe(0);
  });
});

/** The first version of a delegation with one tag. */
const listing = (repository: TestRepository, tag: string) => ({
  ...repository.body('targets'),
  delegations: { keys: {}, roles: [] },
  version: 1,
  targets: { [tag]: target },
});

const target = { hashes: { sha256: Buffer.alloc(32, 7).toString('base64') }, length: 3 };
