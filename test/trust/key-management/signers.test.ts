import { describe, expect, it } from 'vitest';
import {
  addSigner,
  listSigners,
  lookUpTag,
  publishTags,
  readRepository,
  releasesRole,
  removeSigner,
  signersOf,
  type PublicKey,
  type Signer,
  type TrustedView,
} from '../../../src/trust/index.js';
import { chooseSigners } from '../../../src/trust/key-management/role-listing.js';
import { ecdsaKey, makeCertificate, withCertificates } from '../test-keys.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner, rsaSigner } from '../support/keys.js';
import { content, TestRepository } from '../support/repository.js';

const sign = (repository: TestRepository, signer: Signer, tag: string, letter = 'b') =>
  publishTags(repository.server, {
    ...repository.pinned,
    signer,
    tags: new Map([[tag, content(letter)]]),
  });

const add = (repository: TestRepository, name: string, ...keys: readonly PublicKey[]) =>
  addSigner(repository.server, {
    ...repository.pinned,
    wanted: { name, keys },
    signers: [repository.targets],
  });

const remove = (
  repository: TestRepository,
  name: string,
  more: { signers?: readonly Signer[]; isLossConfirmed?: boolean } = {},
) =>
  removeSigner(repository.server, {
    ...repository.pinned,
    name,
    signers: [repository.targets],
    isLossConfirmed: false,
    ...more,
  });

async function viewOf(repository: TestRepository): Promise<TrustedView> {
  const view = await readRepository(repository.server, { pins: [], now: repository.now });
  if (!view) throw new Error('the test made no trust data');
  return view;
}

const digestOf = (view: TrustedView, tag: string) => {
  const found = lookUpTag(view, tag);
  return found.kind === 'signed' ? found.digest : undefined;
};

/** `alice` and `bob`, with a tag of each; bob has signed last. */
async function twoSigners() {
  const repository = await new TestRepository().initialise({ old: content('a') });
  const [alice, bob] = [ecdsaSigner('alice'), rsaSigner('bob')];
  await add(repository, 'alice', alice.publicKey);
  await add(repository, 'bob', bob.publicKey);
  await sign(repository, alice, 'by-alice');
  await sign(repository, bob, 'by-bob');
  repository.fake.requests.length = 0;
  return { repository, alice, bob };
}

describe('a signer that is added', () => {
  it('is what Docker would make of it: its keys in both roles, all tags, one signature', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const [one, two] = [ecdsaSigner(), rsaSigner()];
    const done = await add(repository, 'ci', one.publicKey, two.publicKey);
    const keyids = [one.keyId, two.keyId];
    expect(done.addition).toMatchObject({ state: 'new', added: [...keyids].sort() });
    expect(repository.body('targets').delegations).toEqual({
      keys: { [one.keyId]: one.publicKey, [two.keyId]: two.publicKey },
      roles: [
        { keyids, name: 'targets/ci', paths: [''], threshold: 1 },
        { keyids, name: 'targets/releases', paths: [''], threshold: 1 },
      ],
    });
    expect(signersOf(done.view)).toEqual([{ name: 'ci', keyIds: [...keyids].sort() }]);
    expect(digestOf(done.view, 'old')).toBe(content('a').digest);
    expect(done.changes).toEqual([]);
    expect(repository.fake.posts).toBe(1);
    const signed = await sign(repository, one, 'new');
    expect(signed.roles).toEqual(['targets/ci', 'targets/releases']);
  });

  it('is left alone when it is there, and gets the keys that are not', async () => {
    const { repository, alice } = await twoSigners();
    const again = await add(repository, 'alice', alice.publicKey);
    expect(again).toMatchObject({ attempts: 0, addition: { state: 'unchanged', added: [] } });
    const more = ecdsaSigner();
    const extended = await add(repository, 'alice', alice.publicKey, more.publicKey);
    expect(extended.addition).toMatchObject({ state: 'extended', added: [more.keyId] });
    expect(repository.fake.posts).toBe(1);
    expect(digestOf(extended.view, 'by-alice')).toBe(content('b').digest);
  });

  it('is repaired where one of the two roles lacks its key', async () => {
    const repository = await new TestRepository().initialise();
    const ci = ecdsaSigner();
    await repository.delegate({ 'targets/ci': ci.publicKey });
    const done = await add(repository, 'ci', ci.publicKey);
    expect(done.addition).toMatchObject({ state: 'extended', added: [ci.keyId] });
    expect(listSigners(done.view).signers[0]?.notInReleases).toEqual([]);
  });

  it('may have a certificate, whose key then signs', async () => {
    const repository = await new TestRepository().initialise();
    const raw = ecdsaKey();
    const { publicKey, keyId } = withCertificates(raw, [
      makeCertificate(raw, { commonName: 'ci' }),
    ]);
    const done = await add(repository, 'ci', publicKey);
    expect(repository.body('targets').delegations.roles[0]?.keyids).toEqual([keyId]);
    expect(done.addition.added).toEqual([raw.canonicalId]);
    expect(signersOf(done.view)).toEqual([{ name: 'ci', keyIds: [raw.canonicalId] }]);
  });

  it('may sign every tag, as with Docker, but not alone where more signatures are needed; both are said', async () => {
    const repository = await new TestRepository().initialise();
    const [before, ci] = [ecdsaSigner(), ecdsaSigner()];
    await repository.delegate(
      { 'targets/releases': before.publicKey },
      { paths: ['v1'], threshold: 2 },
    );
    const done = await add(repository, 'ci', ci.publicKey);
    expect(repository.body('targets').delegations.roles).toEqual([
      {
        keyids: [before.keyId, ci.keyId],
        name: 'targets/releases',
        paths: ['v1', ''],
        threshold: 2,
      },
      { keyids: [ci.keyId], name: 'targets/ci', paths: [''], threshold: 1 },
    ]);
    const warned = repository.log.lines.join('\n');
    expect(warned).toMatch(/targets\/releases of .* needs 2 signatures/);
    expect(warned).toMatch(
      /targets\/releases of .* was limited to tags that begin with v1.*every tag from now on/,
    );
    expect(done.addition.state).toBe('new');
    await repository.delegate({ 'targets/ci': ci.publicKey }, { paths: [] });
    const repaired = await add(repository, 'ci', ci.publicKey);
    expect(repaired.view.delegations.get('targets/ci')?.paths).toEqual(['']);
  });

  it('lets a key sign that could not because its roles were limited to other tags', async () => {
    const repository = await new TestRepository().initialise();
    const ci = ecdsaSigner();
    await repository.delegate(
      { 'targets/releases': ci.publicKey, 'targets/ci': ci.publicKey },
      { paths: ['v'] },
    );
    const tags = new Map([['1', content('b')]]);
    const sign = () => publishTags(repository.server, { ...repository.context, signer: ci, tags });
    await expect(sign()).rejects.toMatchObject({
      code: 'KEY_NOT_AUTHORIZED',
      remedy: expect.stringContaining('signers add') as string,
    });
    expect((await add(repository, 'ci', ci.publicKey)).addition.state).toBe('extended');
    expect((await sign()).roles).toEqual(['targets/ci', 'targets/releases']);
    expect((await add(repository, 'ci', ci.publicKey)).addition.state).toBe('unchanged');
  });

  it('is not what helps a key that cannot sign alone', async () => {
    const repository = await new TestRepository().initialise();
    const [ci, other] = [ecdsaSigner(), ecdsaSigner()];
    await repository.delegate({ 'targets/releases': other.publicKey }, { threshold: 2 });
    await add(repository, 'ci', ci.publicKey);
    const tags = new Map([['1', content('b')]]);
    const signing = publishTags(repository.server, { ...repository.context, signer: ci, tags });
    await expect(signing).rejects.toMatchObject({
      code: 'KEY_NOT_AUTHORIZED',
      remedy: expect.stringMatching(
        /targets\/releases needs 2 signatures\. Adding signers does not change that\.\n.*\nnotary .*delegation remove .* targets\/releases --yes/,
      ) as string,
    });
  });

  it('takes the repository key, and nothing else', async () => {
    const repository = await new TestRepository().initialise();
    const [ci, other] = [ecdsaSigner(), ecdsaSigner()];
    const wanted = { name: 'ci', keys: [ci.publicKey] };
    const adding = addSigner(repository.server, {
      ...repository.pinned,
      wanted,
      signers: [other, repository.root],
    });
    await expect(adding).rejects.toMatchObject({
      code: 'KEY_NOT_AUTHORIZED',
      message: expect.stringContaining(repository.targets.keyId) as string,
    });
    expect(repository.fake.posts).toBe(0);
  });

  it('says whose key it is when another signer has it', async () => {
    const { repository, alice } = await twoSigners();
    const { addition } = await add(repository, 'ci', alice.publicKey);
    expect(addition.sharedWith).toEqual(['alice']);
  });

  it('tells which tags come back with a key that had signed them before', async () => {
    const { repository, alice, bob } = await twoSigners();
    for (const name of ['alice', 'bob']) await remove(repository, name, { isLossConfirmed: true });
    expect(digestOf(await viewOf(repository), 'by-bob')).toBeUndefined();
    const stranger = await add(repository, 'alice', alice.publicKey);
    // What stands there was signed by bob last.
    expect(stranger.changes).toEqual([]);
    const back = await add(repository, 'bob', bob.publicKey);
    expect(back.changes).toEqual([
      { tag: 'by-alice', before: undefined, after: content('b').digest },
      { tag: 'by-bob', before: undefined, after: content('b').digest },
    ]);
    expect(stranger.addition.returning).toEqual(['targets/alice', 'targets/releases']);
    expect(stranger.view.skipped.get('targets/releases')?.reason).toBe('signatures');
    expect(back.addition.returning).toEqual(['targets/bob']);
  });

  it('stands beside what others publish at the same time', async () => {
    const { repository, alice } = await twoSigners();
    let first = true;
    repository.fake.intercept = async (request, next) => {
      if (first && request.method === 'POST') {
        first = false;
        await sign(repository, alice, 'meanwhile');
        await add(repository, 'carol', ecdsaSigner().publicKey);
      }
      return next();
    };
    const { view, attempts } = await add(repository, 'dave', ecdsaSigner().publicKey);
    expect(attempts).toBe(2);
    expect(listSigners(view).signers.map(({ name }) => name)).toEqual([
      'alice',
      'bob',
      'carol',
      'dave',
    ]);
    expect(digestOf(view, 'meanwhile')).toBe(content('b').digest);
  });
});

describe('a signer that is removed', () => {
  it('leaves what others have signed last as it is, in one file of one publish', async () => {
    const { repository, alice } = await twoSigners();
    const before = repository.fake.versions();
    const done = await remove(repository, 'alice');
    expect(done.removal).toMatchObject({
      isListed: true,
      removedKeys: [alice.keyId],
      releases: 'stays signed',
      lost: [],
    });
    expect(repository.fake.versions()).toMatchObject({
      [releasesRole]: before[releasesRole],
      targets: (before.targets ?? 0) + 1,
    });
    expect(Object.keys(repository.body('targets').delegations.keys)).not.toContain(alice.keyId);
    for (const tag of ['old', 'by-alice', 'by-bob']) {
      expect(digestOf(done.view, tag)).toBe(content(tag === 'old' ? 'a' : 'b').digest);
    }
    const error = await failure(sign(repository, alice, 'again'));
    expect(error).toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
  });

  it('is gone for good: a second run changes nothing', async () => {
    const { repository } = await twoSigners();
    await remove(repository, 'alice');
    const again = await remove(repository, 'alice');
    expect(again).toMatchObject({ attempts: 0, removal: { isListed: false, lost: [] } });
  });

  it('has what it signed last signed again by a key that stays, where one is at hand', async () => {
    const { repository, alice, bob } = await twoSigners();
    const signers = [repository.targets, alice];
    const before = repository.fake.versions()[releasesRole] ?? 0;
    const done = await remove(repository, 'bob', { signers });
    expect(done.removal).toMatchObject({ releases: 'signed again', lost: [] });
    expect(repository.fake.posts).toBe(1);
    expect(repository.fake.versions()[releasesRole]).toBe(before + 1);
    expect(digestOf(done.view, 'by-bob')).toBe(content('b').digest);
    expect(listSigners(done.view).releases).toEqual({
      keyIds: [alice.keyId],
      ofNobody: [],
      ofRepository: [],
      signedBy: [alice.keyId],
    });
    await expect(sign(repository, bob, 'again')).rejects.toMatchObject({
      code: 'KEY_NOT_AUTHORIZED',
    });
    await sign(repository, alice, 'more');
  });

  it('is kept when what it signed last would be lost, unless that is confirmed', async () => {
    const { repository, bob, alice } = await twoSigners();
    const error = await failure(remove(repository, 'bob'));
    expect(error).toMatchObject({
      code: 'CONFIRMATION_MISSING',
      message: expect.stringContaining('would lose signed tags: by-alice, by-bob') as string,
    });
    expect(repository.fake.posts).toBe(0);
    const done = await remove(repository, 'bob', { isLossConfirmed: true });
    expect(done.removal).toMatchObject({ releases: 'unsigned', removedKeys: [bob.keyId] });
    expect(digestOf(done.view, 'by-alice')).toBeUndefined();
    expect(digestOf(done.view, 'old')).toBe(content('a').digest);
    // Whoever stays can begin anew.
    const signed = await sign(repository, alice, 'anew');
    expect(digestOf(signed.view, 'anew')).toBe(content('b').digest);
  });

  it('takes targets/releases with it when it was the last, and what targets says counts again', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const ci = ecdsaSigner();
    await add(repository, 'ci', ci.publicKey);
    await sign(repository, ci, 'old', 'c');
    const error = await failure(remove(repository, 'ci'));
    expect(error).toMatchObject({ code: 'CONFIRMATION_MISSING' });
    expect(error).toMatchObject({
      message: expect.stringContaining(
        `old (would point to ${content('a').digest} again)`,
      ) as string,
    });
    const done = await remove(repository, 'ci', { isLossConfirmed: true });
    expect(done.removal).toMatchObject({
      releases: 'removed',
      lost: [{ tag: 'old', before: content('c').digest, after: content('a').digest }],
    });
    expect(repository.body('targets').delegations).toEqual({ keys: {}, roles: [] });
    const signed = await sign(repository, repository.targets, 'old', 'd');
    expect(signed.roles).toEqual(['targets']);
    expect(digestOf(signed.view, 'old')).toBe(content('d').digest);
  });

  it('needs no confirmation when it has signed nothing', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    await add(repository, 'ci', ecdsaSigner().publicKey);
    const done = await remove(repository, 'ci');
    expect(done.removal).toMatchObject({ releases: 'removed', lost: [] });
  });

  it('leaves its key where another signer has it too', async () => {
    const { repository, alice } = await twoSigners();
    await add(repository, 'ci', alice.publicKey);
    const done = await remove(repository, 'alice');
    expect(done.removal).toMatchObject({ removedKeys: [], releases: 'untouched' });
    expect(repository.log.lines.join('\n')).toMatch(/stays in targets\/releases .* another signer/);
    await sign(repository, alice, 'as-ci');
  });

  it('goes by the key, whether it is listed as itself or in a certificate', async () => {
    const repository = await new TestRepository().initialise();
    const raw = ecdsaKey();
    const x509 = withCertificates(raw, [makeCertificate(raw, { commonName: 'ci' })]);
    await repository.delegate({
      'targets/ci': raw.publicKey,
      'targets/releases': x509.publicKey,
    });
    const done = await remove(repository, 'ci');
    expect(done.removal.removedKeys).toEqual([raw.canonicalId]);
    expect(done.view.delegations.size).toBe(0);
  });

  it('keeps the repository key at work when that is a signer itself', async () => {
    const repository = await new TestRepository().initialise();
    const ci = ecdsaSigner();
    await add(repository, 'ci', ci.publicKey);
    await sign(repository, ci, '1');
    await add(repository, 'owner', repository.targets.publicKey);
    const done = await remove(repository, 'ci');
    expect(done.removal).toMatchObject({ releases: 'signed again', lost: [] });
    expect(digestOf(done.view, '1')).toBe(content('b').digest);
  });

  it('does not bring expired tags back, and says what becomes of them', async () => {
    const { repository, alice } = await twoSigners();
    const body = repository.body(releasesRole);
    await repository.put(
      releasesRole,
      { ...body, version: body.version + 1, expires: '2026-12-01T00:00:00Z' },
      alice,
    );
    repository.now = new Date('2026-12-02T00:00:00Z');
    repository.fake.requests.length = 0;
    const done = await remove(repository, 'alice');
    expect(done.removal.lost).toEqual([]);
    expect(repository.fake.posts).toBe(1);
    expect(repository.log.lines.join('\n')).toMatch(/has expired\. Renewed after this/);
  });

  it('does not say removed before a stranger sees it', async () => {
    const { repository, alice } = await twoSigners();
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      if (request.method !== 'POST') return answer;
      repository.fake.intercept = undefined;
      await add(repository, 'alice', alice.publicKey);
      return answer;
    };
    await expect(remove(repository, 'alice')).rejects.toMatchObject({ code: 'READ_BACK_FAILED' });
  });
});

describe('the keys that sign for a role', () => {
  const [a, b, c] = [ecdsaSigner('a'), ecdsaSigner('b'), ecdsaSigner('c')];
  const listing = (threshold: number, ...some: readonly Signer[]) => ({
    role: 'targets',
    keys: some.map(({ keyId, publicKey }) => ({ id: keyId, keyId, key: publicKey })),
    threshold,
  });

  it('are as few as meet the threshold, each under its own ID', () => {
    const availableKeys = [ecdsaSigner(), b, b, c, a];
    expect(chooseSigners(listing(2, a, b, c), availableKeys)).toEqual({
      chosen: [
        { signer: b, keyIds: [b.keyId] },
        { signer: c, keyIds: [c.keyId] },
      ],
      isEnough: true,
    });
  });

  it('may not be enough', () => {
    const { chosen, isEnough } = chooseSigners(listing(2, a, b), [a, c]);
    expect(chosen.map(({ signer }) => signer)).toEqual([a]);
    expect(isEnough).toBe(false);
  });
});

describe('the list of signers', () => {
  it('names everyone with keys, and who signed what lasts', async () => {
    const { repository, alice, bob } = await twoSigners();
    expect(listSigners(await viewOf(repository))).toEqual({
      signers: [
        {
          name: 'alice',
          role: 'targets/alice',
          keyIds: [alice.keyId],
          notInReleases: [],
          signedBy: [alice.keyId],
        },
        {
          name: 'bob',
          role: 'targets/bob',
          keyIds: [bob.keyId],
          notInReleases: [],
          signedBy: [bob.keyId],
        },
      ],
      releases: {
        keyIds: [alice.keyId, bob.keyId].sort(),
        ofNobody: [],
        ofRepository: [],
        signedBy: [bob.keyId],
      },
      warnings: [],
    });
  });

  it('warns of signers whose tags nobody pulls, of keys of nobody, and of keys listed twice', async () => {
    const repository = await new TestRepository().initialise();
    const [hidden, orphan] = [ecdsaSigner(), ecdsaSigner()];
    await repository.delegate({
      'targets/hidden': hidden.publicKey,
      'targets/releases': orphan.publicKey,
    });
    const raw = ecdsaKey();
    const x509 = withCertificates(raw, [makeCertificate(raw, { commonName: 'twice' })]);
    await add(repository, 'twice', raw.publicKey, x509.publicKey);
    const { warnings } = listSigners(await viewOf(repository));
    expect(warnings).toEqual([
      expect.stringMatching(/^The signer hidden .* not in targets\/releases/),
      expect.stringMatching(/^targets\/twice .* more than once/),
      expect.stringMatching(/^targets\/releases .* which belongs to no signer/),
      expect.stringMatching(/^targets\/releases .* more than once/),
    ]);
  });

  it('knows the repository key among the keys that no signer has', async () => {
    const repository = await new TestRepository().initialise();
    await repository.delegate({ 'targets/releases': repository.targets.publicKey });
    const { releases, warnings } = listSigners(await viewOf(repository));
    expect(releases).toMatchObject({ ofNobody: [], ofRepository: [repository.targets.keyId] });
    expect(warnings).toEqual([]);
  });

  it('is empty where nobody but the repository key signs', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    expect(listSigners(await viewOf(repository))).toEqual({
      signers: [],
      releases: undefined,
      warnings: [],
    });
  });
});
