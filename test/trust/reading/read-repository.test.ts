import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/http/types.js';
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  canonicalForm,
  keyIdOf,
  lookUpTag,
  publishTags,
  readRepository,
  serializeEnvelope,
  type RootSigned,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, TestRepository } from '../support/repository.js';

const read = (repository: TestRepository, more = {}) =>
  readRepository(repository.server, { pins: [], now: repository.now, ...more });

async function sign(repository: TestRepository, tag: string, signer = repository.targets) {
  return publishTags(repository.server, {
    ...repository.context,
    signer,
    tags: new Map([[tag, content('b')]]),
  });
}

function answer(status: number, body: string | Buffer = '') {
  return { status, header: () => undefined, body: Buffer.from(body) };
}

const oneRound = ['GET root.json', 'GET timestamp.json', 'GET snapshot.json', 'GET targets.json'];

describe('reading a repository', () => {
  it('takes one round, all by plain names', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    repository.fake.requests.length = 0;
    const view = await read(repository);
    expect(view && lookUpTag(view, '1').kind).toBe('signed');
    expect(repository.fake.requests.sort()).toEqual([...oneRound].sort());
  });

  it('takes one round with the delegations that were there before', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner();
    await repository.delegate({ 'targets/releases': signer.publicKey });
    await sign(repository, '1', signer);
    const previous = await read(repository);
    repository.fake.requests.length = 0;
    const view = await read(repository, { previous });
    expect(view && lookUpTag(view, '1').kind).toBe('signed');
    const round = [...oneRound, 'GET targets/releases.json'];
    expect(repository.fake.requests.sort()).toEqual(round.sort());
  });

  it('says undefined where there is no trust data', async () => {
    expect(await read(new TestRepository())).toBeUndefined();
  });

  it('gets delegations by hash, one level at a time', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner();
    await repository.delegate({
      'targets/releases': signer.publicKey,
      'targets/ci': signer.publicKey,
      'targets/unused': ecdsaSigner().publicKey,
    });
    await sign(repository, '1', signer);
    repository.fake.requests.length = 0;
    const view = await read(repository);
    expect([...(view?.targets.keys() ?? [])]).toEqual([
      'targets',
      'targets/releases',
      'targets/ci',
    ]);
    const extra = repository.fake.requests.filter((line) => !oneRound.includes(line));
    expect(extra.sort()).toEqual([
      expect.stringMatching(/^GET targets\/ci\.[0-9a-f]{64}\.json$/),
      expect.stringMatching(/^GET targets\/releases\.[0-9a-f]{64}\.json$/),
    ]);
  });

  it('passes over the 500 of an SQL back end for a delegation that does not exist', async () => {
    const repository = await new TestRepository(undefined, { sql: true }).initialise({
      '1': content('a'),
    });
    const view = await read(repository);
    expect(view && lookUpTag(view, '1')).toMatchObject(content('a'));
  });

  it('does not wait for, or fail with, a file that it does not need', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const likely = ['targets/releases'];
    repository.fake.intercept = (request, next) =>
      request.url.includes('releases') ? new Promise(() => undefined) : next();
    expect(await read(repository, { likely })).toBeDefined();
    repository.fake.intercept = (request, next) =>
      request.url.includes('releases') ? Promise.reject(new HttpError('timeout', 'x')) : next();
    expect(await read(repository, { likely })).toBeDefined();
  });
});

describe('reading while things change', () => {
  it.each(['snapshot', 'targets'])('gets %s by hash when its plain name is stale', async (role) => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const stale = repository.fake.stored(role);
    await sign(repository, 'new');
    repository.fake.intercept = (request, next) =>
      request.url.endsWith(`/${role}.json`) && stale ? Promise.resolve(answer(200, stale)) : next();
    const view = await read(repository);
    expect(view && lookUpTag(view, 'new').kind).toBe('signed');
    expect(repository.fake.requests.at(-1)).toMatch(new RegExp(`GET ${role}\\.[0-9a-f]{64}`));
  });

  it('starts over when a publish with a new root came in between', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const first = repository.fake.stored('root');
    await publishRoot(repository);
    let served = 0;
    repository.fake.intercept = (request, next) =>
      request.url.endsWith('/root.json') && served++ === 0 && first
        ? Promise.resolve(answer(200, first))
        : next();
    const view = await read(repository);
    expect(view?.root.signed.version).toBe(2);
  });

  it('follows a chain of roots from the one it trusted before', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const previous = await read(repository);
    for (let i = 0; i < 3; i += 1) await publishRoot(repository);
    const view = await read(repository, { previous });
    expect(view?.root.signed.version).toBe(4);
    expect(view?.pinnedBy).toEqual({ kind: 'earlier-root', version: 1 });
  });

  it('refuses to go back behind what it saw before', async () => {
    const repository = await new TestRepository().initialise();
    const roles = ['root', 'timestamp', 'snapshot', 'targets'];
    const old = new Map(roles.map((role) => [`/${role}.json`, repository.fake.stored(role)]));
    const previous = (await sign(repository, '1')).view;
    repository.fake.intercept = (request, next) => {
      const name = request.url.slice(request.url.lastIndexOf('/'));
      const bytes = old.get(name);
      return bytes ? Promise.resolve(answer(200, bytes)) : next();
    };
    const error = await failure(read(repository, { previous }));
    expect(error.code).toBe('TRUST_DATA_INVALID');
    expect(error.message).toContain('rollback');
  });
});

describe('refusing what cannot be trusted', () => {
  it.each(['root', 'timestamp', 'snapshot', 'targets'])(
    'refuses a %s altered on the way',
    async (role) => {
      const repository = await new TestRepository().initialise({ '1': content('a') });
      repository.fake.intercept = async (request, next) => {
        const real = await next();
        if (!new RegExp(`/${role}\\.(\\w+\\.)?json$`).test(request.url) || real.status !== 200)
          return real;
        return answer(200, real.body.toString().replace('"version":1', '"version":2'));
      };
      expect((await failure(read(repository))).code).toBe('TRUST_DATA_INVALID');
    },
  );

  it.each(['timestamp', 'snapshot', 'targets'])(
    'refuses a repository without its %s',
    async (role) => {
      const repository = await new TestRepository().initialise({ '1': content('a') });
      repository.fake.intercept = (request, next) =>
        request.url.includes(`/${role}.`) ? Promise.resolve(answer(404)) : next();
      const error = await failure(read(repository));
      expect(error.code).toBe('TRUST_DATA_INVALID');
      expect(error.message).toContain(`does not have the ${role} file`);
    },
  );

  it('asks for no more bytes than the parent states', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const bounds: number[] = [];
    repository.fake.intercept = (request, next) => {
      if (request.url.endsWith('/targets.json')) return Promise.resolve(answer(404));
      if (/\/targets\.[0-9a-f]{64}/.test(request.url)) bounds.push(request.maxBytes);
      return next();
    };
    await read(repository);
    expect(bounds).toEqual([repository.fake.stored('targets')?.length]);
  });

  it('reports a server that is down as unreachable, not as without trust data', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.intercept = () => Promise.reject(new HttpError('unreachable', 'refused'));
    expect((await failure(read(repository))).code).toBe('TRUST_SERVER_UNREACHABLE');
  });

  it('reports a principal that may not read', async () => {
    const repository = await new TestRepository().initialise();
    repository.fake.rights.pull = false;
    expect((await failure(read(repository))).code).toBe('REGISTRY_LOGIN_REFUSED');
  });

  it('leaves an expired targets/releases out, and refuses it when asked to be strict', async () => {
    const repository = await new TestRepository().initialise();
    const signer = ecdsaSigner();
    await repository.delegate({ 'targets/releases': signer.publicKey });
    await sign(repository, '1', signer);
    const brief = {
      ...repository.body('targets/releases'),
      version: 2,
      expires: '2026-11-24T00:00:00Z',
    };
    await repository.put('targets/releases', brief, signer);
    repository.now = new Date('2026-11-25T00:00:00Z');
    const view = await read(repository);
    expect(view?.skipped.get('targets/releases')?.reason).toBe('expired');
    expect((await failure(read(repository, { strict: true }))).code).toBe('TRUST_DATA_EXPIRED');
  });
});

/** Publishes the next root version with a new certificate, signed by the old and the new key. */
async function publishRoot(repository: TestRepository): Promise<void> {
  const before = repository.rootBody();
  const certificate = await createRootCertificate(
    repository.server.gun,
    repository.root,
    repository.now,
  );
  const id = keyIdOf(certificate);
  const root: RootSigned = {
    ...before,
    version: before.version + 1,
    keys: { ...before.keys, [id]: certificate },
    roles: { ...before.roles, root: { keyids: [id], threshold: 1 } },
  };
  const sig = (await repository.root.sign(canonicalForm(root))).toString('base64');
  const signers = [...(before.roles.root?.keyids ?? []), id];
  const bytes = serializeEnvelope(
    root,
    signers.map((keyid) => ({ keyid, method: 'ecdsa', sig })),
  );
  expect(await repository.server.publish(new Map([['root', bytes]]))).toEqual({ kind: 'accepted' });
}
