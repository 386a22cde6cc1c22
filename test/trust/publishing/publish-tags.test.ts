import { describe, expect, it } from 'vitest';
import { HttpError, type HttpRequest } from '../../../src/http/types.js';
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  createTrustServer,
  lookUpTag,
  publishTags,
  readRepository,
  type Tags,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner, ed25519Signer, rsaSigner } from '../support/keys.js';
import { content, gun, TestRepository } from '../support/repository.js';

const tags = (entries: Record<string, ReturnType<typeof content>>): Tags =>
  new Map(Object.entries(entries));

/** Another run signs another tag, unseen by what the test watches. */
async function signAside(repository: TestRepository, n: number): Promise<void> {
  const { intercept } = repository.fake;
  repository.fake.intercept = undefined;
  await sign(repository, tags({ [`aside-${n}`]: content('c') }));
  repository.fake.intercept = intercept;
}

const isPost = (request: HttpRequest) => request.method === 'POST';

async function sign(repository: TestRepository, wanted: Tags, more = {}) {
  return publishTags(repository.server, {
    ...repository.context,
    signer: repository.targets,
    tags: wanted,
    ...more,
  });
}

describe('publishing tags', () => {
  it('signs all of them in one publish and returns what a stranger reads', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const done = await sign(repository, tags({ '1': content('b'), latest: content('b') }));
    expect(done).toMatchObject({ roles: ['targets'], attempts: 1, alreadySigned: false });
    expect(lookUpTag(done.view, 'latest')).toMatchObject(content('b'));
    expect(lookUpTag(done.view, 'old')).toMatchObject(content('a'));
    expect(repository.fake.posts).toBe(1);
    expect(repository.fake.versions()).toEqual({ root: 1, targets: 2, snapshot: 2, timestamp: 2 });
  });

  it.each([
    ['an ECDSA', ecdsaSigner],
    ['an RSA', rsaSigner],
    ['an Ed25519', ed25519Signer],
  ])('signs with %s key', async (_what, make) => {
    const repository = await new TestRepository(make()).initialise();
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(lookUpTag(done.view, '1').kind).toBe('signed');
  });

  it('sends nothing when every tag stands there already', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const done = await sign(repository, tags({ '1': content('a') }));
    expect(done).toMatchObject({ roles: ['targets'], attempts: 0, alreadySigned: true });
    expect(repository.fake.posts).toBe(0);
  });

  it('keeps the custom data of a tag that is signed again, and says when it was of another image', async () => {
    const repository = await new TestRepository().initialise({
      '1': content('a'),
      '2': content('a'),
    });
    const before = repository.body('targets');
    const custom = { build: 7 };
    const targets = Object.fromEntries(
      Object.entries(before.targets).map(([name, target]) => [name, { ...target, custom }]),
    );
    await repository.put('targets', { ...before, targets, version: 2 }, repository.targets);
    await sign(repository, tags({ '1': content('a'), '2': content('b') }));
    const after = repository.body('targets').targets;
    expect(after['1']?.custom).toEqual(custom);
    expect(after['2']?.custom).toBeUndefined();
    expect(repository.log.lines.join('\n')).toMatch(
      /targets of .* held custom data with the tag 2; it was stated of another image/,
    );
  });

  it('moves a tag to another digest', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(lookUpTag(done.view, '1')).toMatchObject(content('b'));
  });

  it('signs a role again that would soon expire', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const body = repository.body('targets');
    const soon = { ...body, version: 2, expires: '2027-01-01T00:00:00Z' };
    await repository.put('targets', soon, repository.targets);
    const done = await sign(repository, tags({ '1': content('a') }));
    expect(done.attempts).toBe(1);
    expect(repository.body('targets').expires).toBe('2029-11-22T12:00:00Z');
  });

  it('drops what Go would not print, so that the server hashes what we sent', async () => {
    const repository = await new TestRepository().initialise();
    const odd = { ...repository.body('targets'), version: 2, targets: { '<&>\u2028é': oddTarget } };
    await repository.put('targets', odd, repository.targets);
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(done.attempts).toBe(1);
    expect(done.view.targets.get('targets')?.signed.targets['<&>\u2028é']).toEqual(oddTarget);
  });

  it('says that trust data is missing where there is none', async () => {
    const error = await failure(sign(new TestRepository(), tags({ '1': content('a') })));
    expect(error.code).toBe('TRUST_DATA_MISSING');
    expect(error.message).toContain(gun);
  });

  it('publishes nothing with a pin that the root does not match', async () => {
    const repository = await new TestRepository().initialise();
    const pins = [{ kind: 'key-id', keyId: 'ab'.repeat(32) }] as const;
    const error = await failure(sign(repository, tags({ '1': content('a') }), { pins }));
    expect(error.code).toBe('TRUST_PIN_MISMATCH');
    expect(repository.fake.posts).toBe(0);
  });
});

const oddTarget = { hashes: { sha256: 'qqo=' }, length: 3, custom: { a: [1, null, 'x'], b: {} } };

describe('choosing the roles to sign', () => {
  it('signs into every delegation that lists the key, under the ID it is listed by', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    const certificate = await createRootCertificate('a signer', signer, repository.now);
    await repository.delegate({ 'targets/releases': certificate, 'targets/ci': signer.publicKey });
    const done = await sign(repository, tags({ '1': content('b') }), { signer });
    expect(done.roles).toEqual(['targets/ci', 'targets/releases']);
    expect(repository.fake.posts).toBe(1);
    expect(lookUpTag(done.view, '1')).toMatchObject({ role: 'targets/releases' });
    const again = await sign(repository, tags({ '2': content('c') }), { signer });
    expect(again.view.targets.get('targets/ci')?.signed.version).toBe(2);
  });

  it('does not ask an SQL back end for a delegation without a file', async () => {
    const repository = await new TestRepository(undefined, { sql: true }).initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/releases': signer.publicKey });
    const done = await sign(repository, tags({ '1': content('b') }), { signer });
    expect(done.roles).toEqual(['targets/releases']);
    const asked = repository.fake.requests.filter((line) => line.includes('targets/releases'));
    // In the read-back.
    expect(asked.filter((line) => line.includes('GET'))).toHaveLength(1);
  });

  it('refuses a key that no role lists, before anything is sent', async () => {
    const repository = await new TestRepository().initialise();
    const error = await failure(
      sign(repository, tags({ '1': content('b') }), { signer: ecdsaSigner('stranger') }),
    );
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toMatch(/stranger.*may not sign the tag 1 of contoso/s);
    expect(repository.fake.posts).toBe(0);
  });

  it('refuses a key that could only sign where docker pull does not look', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({
      'targets/releases': ecdsaSigner().publicKey,
      'targets/ci': signer.publicKey,
    });
    const error = await failure(sign(repository, tags({ '1': content('b') }), { signer }));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain('docker pull would not see it');
    expect(repository.fake.posts).toBe(0);
  });

  it('refuses a role that needs more signatures than one', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/releases': signer.publicKey }, { threshold: 2 });
    const error = await failure(sign(repository, tags({ '1': content('b') }), { signer }));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain('needs 2 signatures');
  });

  it('takes over the tags of an expired delegation, with a warning', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner('signer');
    await repository.delegate({ 'targets/releases': signer.publicKey });
    await sign(repository, tags({ old: content('a') }), { signer });
    const brief = {
      ...repository.body('targets/releases'),
      version: 2,
      expires: '2026-11-24T00:00:00Z',
    };
    await repository.put('targets/releases', brief, signer);
    repository.now = new Date('2026-11-25T00:00:00Z');
    const done = await sign(repository, tags({ '1': content('b') }), { signer });
    expect(lookUpTag(done.view, 'old')).toMatchObject(content('a'));
    expect(repository.log.lines.join('\n')).toContain('had expired');
  });

  it('carries nothing over from a delegation that its new key has not signed', async () => {
    const repository = await new TestRepository().initialise();
    const [before, after] = [ecdsaSigner('before'), ecdsaSigner('after')];
    await repository.delegate({ 'targets/releases': before.publicKey });
    await sign(repository, tags({ old: content('a') }), { signer: before });
    await repository.delegate({ 'targets/releases': after.publicKey });
    const { pins } = repository.pinned;
    const done = await sign(repository, tags({ '1': content('b') }), { signer: after, pins });
    expect(done.view.targets.get('targets/releases')?.signed).toMatchObject({ version: 2 });
    expect(lookUpTag(done.view, 'old').kind).toBe('unsigned');
    expect(repository.log.lines.join('\n')).toContain('not carried over');
  });
});

describe('publishing at the same time as others', () => {
  it('loses nothing when eight agents sign different tags', async () => {
    const repository = await new TestRepository().initialise();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => sign(repository, tags({ [`t${i}`]: content('a') }))),
    );
    expect(all.some(({ attempts }) => attempts > 1)).toBe(true);
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    expect(Object.keys(view?.targets.get('targets')?.signed.targets ?? {}).sort()).toEqual(
      Array.from({ length: 8 }, (_, i) => `t${i}`),
    );
  });

  it('gives up with a conflict when the deadline passes', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = (request, next) =>
      isPost(request) ? Promise.resolve(answer(400, '{"errors":[{"code":"VERSION"}]}')) : next();
    const error = await failure(
      sign(repository, tags({ '1': content('b') }), { deadlineMs: 2_000 }),
    );
    expect(error.code).toBe('TRUST_CONFLICT');
    expect(repository.fake.posts).toBeGreaterThan(1);
  });

  it('looks again when it was refused because the repository had changed', async () => {
    const repository = await new TestRepository().initialise();
    let posts = 0;
    repository.fake.intercept = async (request, next) => {
      if (!isPost(request) || ++posts > 1) return next();
      repository.fake.intercept = undefined;
      await sign(repository, tags({ theirs: content('c') }));
      return answer(400, '{"errors":[{"code":"INVALID_UPDATE","message":"no"}]}');
    };
    const done = await sign(repository, tags({ ours: content('b') }));
    expect(done.attempts).toBe(2);
    expect(lookUpTag(done.view, 'theirs')).toMatchObject(content('c'));
  });

  it("takes the server's refusal as final when nothing has changed", async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.holdsKeys = false;
    const error = await failure(sign(repository, tags({ '1': content('b') })));
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toContain('ErrBadHierarchy');
    expect(repository.fake.posts).toBe(1);
  });
});

describe('publishing over a bad connection', () => {
  it('recognises a publish whose answer got lost, and does not send it twice', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = async (request, next) => {
      const real = await next();
      if (isPost(request)) throw new HttpError('timeout', 'POST timed out');
      return real;
    };
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(done).toMatchObject({ attempts: 1, alreadySigned: false });
    expect(repository.fake.posts).toBe(1);
  });

  it('sends again what did not arrive', async () => {
    const repository = await new TestRepository().initialise();
    let lost = 0;
    repository.fake.intercept = (request, next) =>
      isPost(request) && lost++ < 2 ? Promise.resolve(answer(502, '<html>bad gateway')) : next();
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(done.attempts).toBe(3);
  });

  it('gives up on a server that keeps failing, with its last words', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = (request, next) =>
      isPost(request) ? Promise.resolve(answer(503, 'out of order')) : next();
    const error = await failure(sign(repository, tags({ '1': content('b') })));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
    expect(error.message).toContain('503: out of order');
    expect(repository.fake.posts).toBe(4);
  });

  it('says that it does not know when it cannot look', async () => {
    const repository = await new TestRepository().initialise();
    let down = false;
    repository.fake.intercept = (request, next) => {
      down ||= isPost(request);
      return down ? Promise.reject(new HttpError('unreachable', 'refused')) : next();
    };
    const error = await failure(sign(repository, tags({ '1': content('b') })));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
    expect(error.message).toContain('it is not known whether the publish took effect');
  });

  it('stops when it is interrupted', async () => {
    const repository = await new TestRepository().initialise();
    const stop = new AbortController();
    repository.fake.intercept = (request, next) => {
      if (isPost(request)) {
        stop.abort();
        return Promise.resolve(answer(400, '{"errors":[{"code":"VERSION"}]}'));
      }
      return next();
    };
    const error = await failure(
      sign(repository, tags({ '1': content('b') }), { signal: stop.signal }),
    );
    expect(error.code).toBe('INTERRUPTED');
  });
});

describe('being refused', () => {
  it('names the role that is missing and publishes nothing', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.rights.push = false;
    const before = repository.fake.versions();
    const error = await failure(sign(repository, tags({ '1': content('b') })));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(repository.fake.versions()).toEqual(before);
  });

  it('never sends a signature that does not verify', async () => {
    const repository = await new TestRepository().initialise();
    const other = ecdsaSigner();
    const signer = { ...repository.targets, sign: (bytes: Uint8Array) => other.sign(bytes) };
    const error = await failure(sign(repository, tags({ '1': content('b') }), { signer }));
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(repository.fake.posts).toBe(0);
  });
});

describe('reading back', () => {
  it('does not believe a 200: the snapshot must name what was sent', async () => {
    const repository = await new TestRepository().initialise();
    // A proxy that tidies up what passes through it: the signatures hold, the bytes differ.
    repository.fake.intercept = (request, next) => {
      if (!isPost(request)) return next();
      const tidied = Buffer.from(request.body ?? '')
        .toString()
        .replace('{"signed":', '{ "signed": ');
      const { connection } = repository.fake;
      repository.fake.intercept = undefined;
      return connection.http({ ...request, body: tidied });
    };
    const error = await failure(sign(repository, tags({ '1': content('b') }), { deadlineMs: 100 }));
    expect(error.code).toBe('READ_BACK_FAILED');
    expect(error.message).toContain('targets');
  });

  it('gives a lagging server time to show what it accepted', async () => {
    const repository = await new TestRepository().initialise();
    lagAfterPublish(repository);
    const done = await sign(repository, tags({ '1': content('b') }));
    expect(lookUpTag(done.view, '1')).toMatchObject(content('b'));
  });

  it('waits for the very file it sent, even if an older one has the tags too', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const body = repository.body('targets');
    const soon = { ...body, version: 2, expires: '2027-01-01T00:00:00Z' };
    await repository.put('targets', soon, repository.targets);
    lagAfterPublish(repository);
    const done = await sign(repository, tags({ '1': content('a') }));
    expect(done.view.targets.get('targets')?.signed.version).toBe(3);
  });

  it('fails at once when the tag was signed otherwise by the time it is read', async () => {
    const repository = await new TestRepository().initialise();
    const rival = createTrustServer(repository.fake.connection);
    repository.fake.intercept = async (request, next) => {
      const real = await next();
      if (!isPost(request)) return real;
      repository.fake.intercept = undefined;
      await publishTags(rival, {
        ...repository.context,
        signer: repository.targets,
        tags: tags({ '1': content('f') }),
      });
      return real;
    };
    const error = await failure(sign(repository, tags({ '1': content('b') })));
    expect(error.code).toBe('TAG_MOVED');
    expect(error.message).toMatch(/is signed for sha256:f{64}: another run/);
  });

  it('is done with roots that were never touched', async () => {
    const repository = await new TestRepository().initialise();
    const before = repository.rootBody();
    await sign(repository, tags({ '1': content('b') }));
    expect(repository.rootBody()).toEqual(before);
  });
});

function answer(status: number, body: string | Buffer) {
  return { status, header: () => undefined, body: Buffer.from(body) };
}

/** Lets the server answer some requests after the next publish from the state before it. */
function lagAfterPublish({ fake }: TestRepository): void {
  const stale = new Map<string, Buffer | undefined>();
  let lagging = 0;
  fake.intercept = (request, next) => {
    if (isPost(request)) {
      for (const role of ['root', 'timestamp', 'snapshot', 'targets']) {
        stale.set(role, fake.stored(role));
      }
      lagging = 8;
    } else if (lagging-- > 0) {
      const role = /_trust\/tuf\/(\w+)\./.exec(request.url)?.[1] ?? '';
      return Promise.resolve(answer(200, stale.get(role) ?? ''));
    }
    return next();
  };
}

describe('publishing from what was read before', () => {
  const read = async (repository: TestRepository) => {
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    repository.fake.requests.length = 0;
    if (!view) throw new Error('the repository was initialised');
    return view;
  };
  const methods = (repository: TestRepository) =>
    repository.fake.requests.map((request) => request.split(' ')[0]);

  it('publishes first and reads after', async () => {
    const repository = await new TestRepository().initialise();
    const known = await read(repository);
    const done = await sign(repository, tags({ '1': content('b') }), { known });
    expect(lookUpTag(done.view, '1')).toMatchObject(content('b'));
    expect(methods(repository)[0]).toBe('POST');
    expect(methods(repository).filter((method) => method === 'POST')).toHaveLength(1);
  });

  it('meets what came since as a conflict, asks whether to go on, and loses nothing', async () => {
    const repository = await new TestRepository().initialise();
    const known = await read(repository);
    await sign(repository, tags({ other: content('c') }));
    let asked = 0;
    const recheck = () => Promise.resolve(void (asked += 1));
    const done = await sign(repository, tags({ '1': content('b') }), { known, recheck });
    expect(done.attempts).toBe(2);
    expect(asked).toBe(2);
    expect(lookUpTag(done.view, '1')).toMatchObject(content('b'));
    expect(lookUpTag(done.view, 'other')).toMatchObject(content('c'));
  });

  it('asks before every publish, after what it is made from was read', async () => {
    const repository = await new TestRepository().initialise();
    const steps: string[] = [];
    let conflicts = 2;
    repository.fake.intercept = async (request, next) => {
      const isTargets = /\/targets(\.[0-9a-f]{64})?\.json$/.test(request.url);
      if (isTargets) steps.push('read');
      if (!isPost(request)) return next();
      steps.push('publish');
      if (conflicts-- > 0) await signAside(repository, conflicts);
      return next();
    };
    const recheck = () => Promise.resolve(void steps.push('ask'));
    const done = await sign(repository, tags({ '1': content('b') }), { recheck });
    expect(done.attempts).toBe(3);
    const round = ['read', 'ask', 'publish'];
    expect(steps).toEqual([...round, ...round, ...round, 'read']);
  });

  it('publishes nothing at the first try where it is not wanted any more', async () => {
    const repository = await new TestRepository().initialise();
    const known = await read(repository);
    const recheck = () => Promise.reject(new Error('moved'));
    for (const hints of [{ recheck }, { recheck, known }]) {
      await expect(sign(repository, tags({ '1': content('b') }), hints)).rejects.toThrow('moved');
    }
    expect(repository.fake.posts).toBe(0);
  });

  it('publishes what was taken away or moved since it was read as signed', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const known = await read(repository);
    await sign(repository, tags({ '1': content('b') }));
    const done = await sign(repository, tags({ '1': content('a') }), { known });
    expect(done).toMatchObject({ attempts: 1, alreadySigned: false });
    expect(lookUpTag(done.view, '1')).toMatchObject(content('a'));
  });

  it('does not sign over another run where all was signed already', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const known = await read(repository);
    await sign(repository, tags({ '1': content('b') }));
    const before = repository.fake.versions();
    const recheck = () => Promise.reject(new Error('moved'));
    await expect(sign(repository, tags({ '1': content('a') }), { known, recheck })).rejects.toThrow(
      'moved',
    );
    expect(repository.fake.versions()).toEqual(before);
  });

  it('publishes nothing after a conflict where it is not wanted any more', async () => {
    const repository = await new TestRepository().initialise();
    const known = await read(repository);
    await sign(repository, tags({ '1': content('c') }));
    const before = repository.fake.versions();
    const recheck = () => Promise.reject(new Error('moved'));
    await expect(sign(repository, tags({ '1': content('b') }), { known, recheck })).rejects.toThrow(
      'moved',
    );
    expect(repository.fake.versions()).toEqual(before);
  });

  it('does not take its word that everything stands there', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const known = await read(repository);
    const begun: number[] = [];
    const onReadBack = () => void begun.push(repository.fake.requests.length);
    const done = await sign(repository, tags({ '1': content('a') }), { known, onReadBack });
    expect(done.alreadySigned).toBe(true);
    expect(begun).toEqual([0]);
    expect(methods(repository)).toContain('GET');
  });

  it('asks for known delegations in the one round of the read-back', async () => {
    const signer = ecdsaSigner('delegate');
    const repository = await new TestRepository().initialise();
    await repository.delegate({ 'targets/ci': signer.publicKey });
    const known = await read(repository);
    await sign(repository, tags({ '1': content('b') }), { known, signer: repository.targets });
    const asked = repository.fake.requests.filter((request) => request.includes('targets/ci'));
    expect(asked).toEqual(['GET targets/ci.json']);
  });

  it('asks for the root again where the snapshot no longer lists the one that was read', async () => {
    const repository = await new TestRepository().initialise();
    const known = await read(repository);
    await sign(repository, tags({ '1': content('b') }), { known });
    const rootRequests = (): readonly string[] =>
      repository.fake.requests.filter((request) => request.includes('root.json'));
    expect(rootRequests()).toHaveLength(0);
    const fresh = await read(repository);
    const outdated = { ...fresh, root: { ...fresh.root, bytes: Buffer.from('{}') } };
    const { view } = await sign(repository, tags({ '2': content('c') }), { known: outdated });
    expect(view.root.bytes).toEqual(known.root.bytes);
    expect(rootRequests().length).toBeGreaterThan(0);
  });
});
