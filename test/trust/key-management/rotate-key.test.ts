import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/http/types.js';
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  canonicalKeyIdOf,
  draftRotation,
  keyIdOf,
  lookUpTag,
  publicKeyFromCertificates,
  publishTags,
  readRepository,
  rotateKey,
  type PublicKey,
  type RotationOptions,
  type Signer,
  type TargetsSigned,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, gun, start, TestRepository } from '../support/repository.js';
import { ecdsaKey, makeCertificate } from '../test-keys.js';

interface Wish extends Partial<Omit<RotationOptions, 'newKey'>> {
  readonly role: string;
  readonly newKey: Signer;
  readonly publicKey?: PublicKey;
}

/** Rotates with the keys of the repository at hand. */
async function rotate(repository: TestRepository, { newKey, publicKey, ...wish }: Wish) {
  const listed =
    publicKey ??
    (wish.role === 'root'
      ? await createRootCertificate(gun, newKey, repository.now)
      : newKey.publicKey);
  return rotateKey(repository.server, {
    ...repository.context,
    availableKeys: [repository.root, repository.targets],
    newKey: { signer: newKey, publicKey: listed },
    ...wish,
  });
}

async function sign(
  repository: TestRepository,
  signer: Signer,
  tag = 'more',
  context = repository.context,
) {
  const tags = new Map([[tag, content('b')]]);
  return publishTags(repository.server, { ...context, signer, tags });
}

const signed = () => new TestRepository().initialise({ '1': content('a') });

describe('rotating the repository key', () => {
  it('publishes root and targets at once: the new key signs from then on, the old one no more', async () => {
    const repository = await signed();
    const before = await repository.view();
    const newKey = ecdsaSigner('new');
    const done = await rotate(repository, { role: 'targets', newKey });
    expect(repository.fake.posts).toBe(1);
    expect(repository.fake.versions()).toMatchObject({ root: 2, targets: 2 });
    expect(done).toMatchObject({ attempts: 1, unchanged: undefined });
    expect(done.replacements).toMatchObject([
      { role: 'targets', removed: [{ keyId: repository.targets.keyId }] },
    ]);
    expect(lookUpTag(done.view, '1')).toMatchObject({ kind: 'signed', ...content('a') });
    expect(Object.keys(repository.rootBody().keys)).not.toContain(repository.targets.keyId);
    expect((await failure(sign(repository, repository.targets))).code).toBe('KEY_NOT_AUTHORIZED');
    expect((await sign(repository, newKey)).roles).toEqual(['targets']);
    // Who knows the old root follows.
    const now = repository.now;
    const followed = await readRepository(repository.server, { pins: [], now, previous: before });
    expect(followed?.root.signed.version).toBe(2);
  });

  it('leaves delegations and what they signed as they are', async () => {
    const repository = await signed();
    const ci = ecdsaSigner('ci');
    await repository.delegate({ 'targets/releases': ci.publicKey, 'targets/ci': ci.publicKey });
    await sign(repository, ci);
    const { delegations } = repository.body('targets');
    await rotate(repository, { role: 'targets', newKey: ecdsaSigner('new') });
    expect(repository.body('targets').delegations).toEqual(delegations);
    expect((await sign(repository, ci, 'again')).roles).toEqual(['targets/ci', 'targets/releases']);
  });

  it('sends nothing the second time, and says why', async () => {
    const repository = await signed();
    const newKey = ecdsaSigner('new');
    await rotate(repository, { role: 'targets', newKey });
    const again = await rotate(repository, { role: 'targets', newKey });
    expect(repository.fake.posts).toBe(1);
    expect(again).toMatchObject({ attempts: 0, replacements: [] });
    expect(again.unchanged).toBe(`targets of ${gun} has the key ${newKey.keyId} already`);
  });

  it('starts from trust data that has expired, and renews it', async () => {
    const repository = await signed();
    repository.now = new Date('2029-12-24T00:00:00Z');
    await rotate(repository, { role: 'targets', newKey: ecdsaSigner('new') });
    expect(lookUpTag(await repository.view(), '1').kind).toBe('signed');
  });

  it('refuses without the root key, and says whose signature is missing', async () => {
    const repository = await signed();
    const wish = {
      role: 'targets',
      newKey: ecdsaSigner('new'),
      availableKeys: [repository.targets],
    };
    const error = await failure(rotate(repository, wish));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain(
      `root of ${gun} needs a signature of key ${repository.root.keyId}`,
    );
    expect(repository.fake.posts).toBe(0);
  });

  it('refuses once the certificate of the root key has ended', async () => {
    const repository = await signed();
    repository.now = new Date('2037-01-01T00:00:00Z');
    const error = await failure(rotate(repository, { role: 'targets', newKey: ecdsaSigner() }));
    expect(error.code).toBe('TRUST_DATA_EXPIRED');
    expect(error.remedy).toContain('rotate the role root');
    expect(repository.fake.posts).toBe(0);
  });

  it('begins anew after a conflict, and loses nothing', async () => {
    const repository = await signed();
    let first = true;
    repository.fake.intercept = async (request, next) => {
      if (first && request.method === 'POST') {
        first = false;
        await sign(repository, repository.targets, 'meanwhile');
      }
      return next();
    };
    const done = await rotate(repository, { role: 'targets', newKey: ecdsaSigner('new') });
    expect(done.attempts).toBe(2);
    expect(lookUpTag(done.view, 'meanwhile').kind).toBe('signed');
    expect(done.replacements).toHaveLength(1);
  });

  it('recognises a rotation whose answer got lost', async () => {
    const repository = await signed();
    let first = true;
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      if (!first || request.method !== 'POST') return answer;
      first = false;
      throw new HttpError('timeout', 'no answer');
    };
    const done = await rotate(repository, { role: 'targets', newKey: ecdsaSigner('new') });
    expect(done).toMatchObject({ attempts: 1, unchanged: undefined });
    expect(done.replacements).toHaveLength(1);
    expect(repository.rootBody().version).toBe(2);
  });
});

describe('rotating the root key', () => {
  it('is signed by the old and the new key, so that both sides accept it', async () => {
    const repository = await signed();
    const before = await repository.view();
    const newKey = ecdsaSigner('new root');
    const done = await rotate(repository, { role: 'root', newKey });
    expect(repository.fake.versions()).toMatchObject({ root: 2, targets: 1 });
    const signatures = done.view.root.signatures.map(({ keyid }) => keyid);
    expect(signatures).toHaveLength(2);
    const oldId = before.root.signed.roles.root?.keyids[0] ?? '';
    expect(signatures).toContain(oldId);
    expect(Object.keys(done.view.root.signed.keys)).toContain(oldId);
    expect(done.view.root.signed.roles.root?.keyids).not.toContain(oldId);
    const { now } = repository;
    const followed = await readRepository(repository.server, { pins: [], now, previous: before });
    expect(followed?.root.signed.version).toBe(2);
  });

  it('takes the pin of the old key before, and only that of the new one afterwards', async () => {
    const repository = await signed();
    const newKey = ecdsaSigner('new root');
    const pins = [{ kind: 'key-id', keyId: repository.root.keyId } as const];
    await rotate(repository, { role: 'root', newKey, pins });
    const { now, server } = repository;
    const error = await failure(readRepository(server, { pins, now }));
    expect(error.code).toBe('TRUST_PIN_MISMATCH');
    const fresh = [{ kind: 'key-id', keyId: newKey.keyId } as const];
    expect((await readRepository(server, { pins: fresh, now }))?.pinnedBy.kind).toBe('pin');
    const again = await rotate(repository, { role: 'root', newKey, pins });
    expect(again.unchanged).toMatch(/has the key .* already, with a certificate until 2036-/);
  });

  it('lets those follow who have missed several rotations', async () => {
    const repository = await signed();
    const previous = await repository.view();
    let last = repository.root;
    for (const name of ['second', 'third', 'fourth']) {
      const newKey = ecdsaSigner(name);
      await rotate(repository, { role: 'root', newKey, availableKeys: [last] });
      last = newKey;
    }
    const { server, now } = repository;
    const followed = await readRepository(server, { pins: [], now, previous });
    expect(followed?.root.signed.version).toBe(4);
    // The certificates of all earlier root keys are still there, and nothing else has piled up.
    expect(Object.keys(followed?.root.signed.keys ?? {})).toHaveLength(4 + 3);
  });

  it('does not begin from a root that the pins do not know', async () => {
    const repository = await signed();
    const pins = [{ kind: 'key-id', keyId: 'ab'.repeat(32) } as const];
    const wish = { role: 'root', newKey: ecdsaSigner('new'), pins };
    expect((await failure(rotate(repository, wish))).code).toBe('TRUST_PIN_MISMATCH');
    expect(repository.fake.posts).toBe(0);
  });

  it('gives the same key a new certificate when the old one nears its end, or is past it', async () => {
    for (const year of ['2036', '2037']) {
      const repository = await signed();
      const [oldId = ''] = repository.rootBody().roles.root?.keyids ?? [];
      repository.now = new Date(`${year}-08-01T00:00:00Z`);
      const done = await rotate(repository, { role: 'root', newKey: repository.root });
      const { root } = done.view;
      const [id = ''] = root.signed.roles.root?.keyids ?? [];
      expect(id).not.toBe(oldId);
      expect(root.signed.keys[id] && canonicalKeyIdOf(root.signed.keys[id])).toBe(
        repository.root.keyId,
      );
      expect(root.signatures.map(({ keyid }) => keyid).sort()).toEqual([id, oldId].sort());
      // Targets have expired by then, which is another matter.
      expect(done.view.warnings.map(({ role }) => role)).toContain('targets');
    }
  });

  it('refuses without the old key', async () => {
    const repository = await signed();
    const wish = { role: 'root', newKey: ecdsaSigner('new'), availableKeys: [repository.targets] };
    const error = await failure(rotate(repository, wish));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain(repository.root.keyId);
  });
});

describe("rotating a signer's key", () => {
  const withSigners = async (more: Record<string, Signer> = {}) => {
    const repository = await signed();
    const ci = ecdsaSigner('ci');
    await repository.delegate({
      'targets/releases': ci.publicKey,
      'targets/ci': ci.publicKey,
      ...Object.fromEntries(Object.entries(more).map(([name, key]) => [name, key.publicKey])),
    });
    await sign(repository, ci, 'by-ci');
    repository.fake.requests.length = 0;
    return { repository, ci };
  };

  it('changes the signer and targets/releases, and signs again what they had signed', async () => {
    const { repository, ci } = await withSigners();
    const newKey = ecdsaSigner('new ci');
    const done = await rotate(repository, { role: 'targets/ci', newKey });
    expect(repository.fake.posts).toBe(1);
    expect(done.replacements.map(({ role }) => role)).toEqual(['targets/ci', 'targets/releases']);
    expect(repository.fake.versions()).toMatchObject({
      root: 1,
      targets: 3,
      'targets/ci': 2,
      'targets/releases': 2,
    });
    expect(lookUpTag(done.view, 'by-ci')).toMatchObject({ kind: 'signed', ...content('b') });
    expect(done.view.targets.has('targets/ci')).toBe(true);
    expect((await failure(sign(repository, ci, 'old'))).code).toBe('KEY_NOT_AUTHORIZED');
    expect((await sign(repository, newKey)).roles).toEqual(['targets/ci', 'targets/releases']);
    const again = await rotate(repository, { role: 'targets/ci', newKey });
    expect(again.unchanged).toContain('has the key');
  });

  it('takes the repository key', async () => {
    const { repository } = await withSigners();
    const wish = {
      role: 'targets/ci',
      newKey: ecdsaSigner('new'),
      availableKeys: [repository.root],
    };
    const error = await failure(rotate(repository, wish));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain(repository.targets.keyId);
  });

  it('leaves the old key in targets/releases when another signer has the same one', async () => {
    const repository = await signed();
    const shared = ecdsaSigner('shared');
    const names = ['targets/releases', 'targets/a', 'targets/b'];
    await repository.delegate(Object.fromEntries(names.map((name) => [name, shared.publicKey])));
    await sign(repository, shared, 'shared');
    const newKey = ecdsaSigner('new');
    const done = await rotate(repository, { role: 'targets/a', newKey });
    const keysOf = (name: string) => [...(done.view.delegations.get(name)?.keys.keys() ?? [])];
    expect(keysOf('targets/a')).toEqual([newKey.keyId]);
    expect(keysOf('targets/releases')).toEqual([shared.keyId, newKey.keyId]);
    // Its file is signed by a key that stays.
    expect(repository.fake.versions()).toMatchObject({ 'targets/releases': 1, 'targets/a': 2 });
    const { pinned } = repository;
    const first = await sign(repository, newKey, 'more', pinned);
    expect(first.roles).toEqual(['targets/a', 'targets/releases']);
    const both = ['targets/b', 'targets/releases'];
    expect((await sign(repository, shared, 'too', pinned)).roles).toEqual(both);
  });

  it('needs no file where nothing was signed yet', async () => {
    const repository = await signed();
    await repository.delegate({ 'targets/ci': ecdsaSigner('ci').publicKey });
    const newKey = ecdsaSigner('new');
    await rotate(repository, { role: 'targets/ci', newKey });
    expect(repository.fake.versions()).not.toHaveProperty('targets/ci');
  });

  it('asks which of several keys is to go, replaces that one only, and keeps the threshold', async () => {
    const repository = await signed();
    const [a, b] = [ecdsaSigner('a'), ecdsaSigner('b')];
    await repository.delegate({ 'targets/ci': a.publicKey });
    await rewrite(repository, (body) => ({
      ...body,
      delegations: {
        keys: { [a.keyId]: a.publicKey, [b.keyId]: b.publicKey },
        roles: body.delegations.roles.map((role) => ({
          ...role,
          keyids: [a.keyId, b.keyId],
          threshold: 2,
        })),
      },
    }));
    const newKey = ecdsaSigner('new');
    const unnamed = await failure(rotate(repository, { role: 'targets/ci', newKey }));
    expect(unnamed.code).toBe('ROTATION_REJECTED');
    expect(unnamed.message).toContain(`${a.keyId}, ${b.keyId}`);
    const done = await rotate(repository, { role: 'targets/ci', newKey, oldKeyId: b.keyId });
    expect(done.view.delegations.get('targets/ci')).toMatchObject({
      keyids: [a.keyId, newKey.keyId],
      threshold: 2,
    });
    const unknown = await failure(
      rotate(repository, { role: 'targets/ci', newKey: ecdsaSigner(), oldKeyId: b.keyId }),
    );
    expect(unknown.code).toBe('ROTATION_REJECTED');
    expect(unknown.message).toContain(`does not list the key to replace, ${b.keyId}`);
    const tooFew = await failure(
      rotate(repository, { role: 'targets/ci', newKey, oldKeyId: a.keyId }),
    );
    expect(tooFew.code).toBe('ROTATION_REJECTED');
  });

  it('signs a file again only where no key that stays has signed it', async () => {
    const repository = await signed();
    const [a, b, newKey] = [ecdsaSigner('a'), ecdsaSigner('b'), ecdsaSigner('new')];
    await repository.delegate({ 'targets/ci': a.publicKey });
    const { expires } = repository.body('targets');
    const own = { _type: 'Targets', version: 1, expires, targets: {} } as const;
    await repository.put('targets/ci', { ...own, delegations: { keys: {}, roles: [] } }, a);
    await rewrite(repository, (body) => ({
      ...body,
      delegations: {
        keys: { [a.keyId]: a.publicKey, [b.keyId]: b.publicKey },
        roles: body.delegations.roles.map((role) => ({ ...role, keyids: [a.keyId, b.keyId] })),
      },
    }));
    // The file of targets/ci is signed by the key that goes.
    const wish = { role: 'targets/ci', newKey, oldKeyId: a.keyId };
    const done = await rotate(repository, wish);
    expect(done.view.targets.get('targets/ci')?.signatures).toMatchObject([
      { keyid: newKey.keyId },
    ]);
    // And now by one that stays.
    await rotate(repository, { role: 'targets/ci', newKey: ecdsaSigner(), oldKeyId: b.keyId });
    expect(repository.fake.versions()).toMatchObject({ 'targets/ci': 2 });
  });

  it('lists a certificate as it is, and knows its key again', async () => {
    const { repository } = await withSigners();
    const key = ecdsaKey();
    const newKey: Signer = {
      publicKey: key.publicKey,
      keyId: key.keyId,
      method: 'ecdsa',
      description: 'certificate',
      sign: (message) => Promise.resolve(key.sign(message)),
    };
    const certificate = publicKeyFromCertificates([
      makeCertificate(key, { commonName: 'ci', notAfter: new Date('2030-01-01T00:00:00Z') }),
    ]);
    const wish = { role: 'targets/ci', newKey, publicKey: certificate };
    const done = await rotate(repository, wish);
    const listed = [...(done.view.delegations.get('targets/ci')?.keys.keys() ?? [])];
    expect(listed).toEqual([keyIdOf(certificate)]);
    expect((await sign(repository, newKey)).roles).toEqual(['targets/ci', 'targets/releases']);
    expect((await rotate(repository, wish)).attempts).toBe(0);
  });

  it('says which delegations there are when it is asked for another', async () => {
    const { repository } = await withSigners();
    const wish = { role: 'targets/nobody', newKey: ecdsaSigner() };
    const error = await failure(rotate(repository, wish));
    expect(error.code).toBe('ROLE_NOT_FOUND');
    expect(error.remedy).toContain('targets/ci, targets/releases');
  });

  it('waits for a root that has expired', async () => {
    const { repository } = await withSigners();
    repository.now = new Date('2036-12-24T00:00:00Z');
    const error = await failure(rotate(repository, { role: 'targets/ci', newKey: ecdsaSigner() }));
    expect(error.code).toBe('TRUST_DATA_EXPIRED');
    expect(error.remedy).toContain('keys renew');
    expect(repository.fake.posts).toBe(0);
  });

  it('renews and signs again a role that has expired', async () => {
    const { repository } = await withSigners();
    repository.now = new Date('2029-12-24T00:00:00Z');
    const newKey = ecdsaSigner('new');
    const done = await rotate(repository, { role: 'targets/ci', newKey });
    expect(done.view.warnings).toEqual([]);
    expect(lookUpTag(done.view, 'by-ci').kind).toBe('signed');
  });
});

describe('asking what a rotation would do', () => {
  it('tells who would sign for a key that does not exist yet', async () => {
    const repository = await signed();
    const view = await repository.view();
    const toCome = { keyId: '', description: 'a key to come' };
    const question = {
      view,
      role: 'targets',
      newKey: { signer: toCome, publicKey: undefined },
      oldKeyId: undefined,
      availableKeys: [repository.root],
    };
    const draft = draftRotation(question, { pins: [], now: start });
    expect(draft).toMatchObject({
      files: [
        { role: 'root', signedBy: [{ signer: repository.root }] },
        { role: 'targets', signedBy: [{ signer: toCome }] },
      ],
    });
    expect(() =>
      draftRotation({ ...question, role: 'root', availableKeys: [] }, { pins: [], now: start }),
    ).toThrow(expect.objectContaining({ code: 'KEY_NOT_AUTHORIZED' }));
  });
});

/** Publishes another body of `targets`, as its owner may. */
async function rewrite(
  repository: TestRepository,
  change: (body: TargetsSigned) => TargetsSigned,
): Promise<void> {
  const body = repository.body('targets');
  await repository.put(
    'targets',
    { ...change(body), version: body.version + 1 },
    repository.targets,
  );
  repository.fake.requests.length = 0;
}
