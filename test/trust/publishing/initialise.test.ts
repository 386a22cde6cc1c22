import { describe, expect, it } from 'vitest';
import { HttpError, type HttpRequest } from '../../../src/http/types.js';
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  initialiseRepository,
  keyIdOf,
  lookUpTag,
  type InitialiseOptions,
  type Signer,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner, ed25519Signer, rsaSigner } from '../support/keys.js';
import { content, gun, TestRepository } from '../support/repository.js';

const isPost = (request: HttpRequest) => request.method === 'POST';
const tags = new Map([['1', content('a')]]);

async function options(
  repository: TestRepository,
  rootSigner: Signer = repository.root,
): Promise<InitialiseOptions> {
  return {
    ...repository.context,
    rootSigner,
    rootCertificate: await createRootCertificate(gun, rootSigner, repository.now),
    targetsSigner: repository.targets,
    tags,
  };
}

describe('initialising a repository', () => {
  it.each([
    ['ECDSA', ecdsaSigner, ecdsaSigner],
    ['RSA', rsaSigner, rsaSigner],
    ['ECDSA and Ed25519', ecdsaSigner, ed25519Signer],
  ])('creates and signs everything in one publish, with %s keys', async (_kind, root, targets) => {
    const repository = new TestRepository(targets());
    const made = await initialiseRepository(repository.server, await options(repository, root()));
    expect(made).toMatchObject({ kind: 'created', roles: ['targets'], attempts: 1 });
    expect(lookUpTag(made.view, '1')).toMatchObject(content('a'));
    expect(repository.fake.posts).toBe(1);
    expect(repository.fake.versions()).toEqual({ root: 1, targets: 1, snapshot: 1, timestamp: 1 });
  });

  it('names the certificate as root key and the keys that the server holds', async () => {
    const repository = new TestRepository();
    const given = await options(repository);
    await initialiseRepository(repository.server, given);
    const root = repository.rootBody();
    expect(root.roles.root?.keyids).toEqual([keyIdOf(given.rootCertificate)]);
    expect(root.roles.targets?.keyids).toEqual([repository.targets.keyId]);
    for (const role of ['snapshot', 'timestamp'] as const) {
      const key = await repository.server.fetchServerKey(role);
      expect(root.roles[role]?.keyids).toEqual([keyIdOf(key)]);
    }
    expect(root).toMatchObject({ version: 1, expires: '2036-11-20T12:00:00Z' });
  });

  it('publishes nothing where its tags are not wanted any more', async () => {
    const repository = new TestRepository();
    const recheck = () => Promise.reject(new Error('moved'));
    const given = { ...(await options(repository)), recheck };
    await expect(initialiseRepository(repository.server, given)).rejects.toThrow('moved');
    expect(repository.fake.posts).toBe(0);
  });

  it('touches nothing where somebody was first, even with the same root key', async () => {
    const repository = await new TestRepository().initialise({ theirs: content('f') });
    const before = repository.fake.versions();
    const made = await initialiseRepository(repository.server, await options(repository));
    expect(made.kind).toBe('exists');
    expect(lookUpTag(made.view, 'theirs')).toMatchObject(content('f'));
    expect(repository.fake.versions()).toEqual(before);
  });

  it('lets exactly one of two racing agents win', async () => {
    const repository = new TestRepository();
    const given = await Promise.all([options(repository), options(repository)]);
    const made = await Promise.all(given.map((o) => initialiseRepository(repository.server, o)));
    expect(made.map(({ kind }) => kind).sort()).toEqual(['created', 'exists']);
  });

  it('recognises its own root when the answer got lost', async () => {
    const repository = new TestRepository();
    repository.fake.intercept = async (request, next) => {
      const real = await next();
      if (isPost(request)) throw new HttpError('timeout', 'timed out');
      return real;
    };
    const made = await initialiseRepository(repository.server, await options(repository));
    expect(made.kind).toBe('created');
    expect(repository.fake.posts).toBe(1);
  });

  it('sends again what did not arrive, and gives up in the end', async () => {
    const repository = new TestRepository();
    repository.fake.intercept = (request, next) =>
      isPost(request) ? Promise.reject(new HttpError('unreachable', 'reset')) : next();
    const error = await failure(initialiseRepository(repository.server, await options(repository)));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
    expect(repository.fake.posts).toBe(4);
    expect(repository.fake.versions()).toEqual({});
  });
});

describe('refusing to initialise', () => {
  it('needs a certificate for the root key', async () => {
    const repository = new TestRepository();
    const given = { ...(await options(repository)), rootSigner: ecdsaSigner('another key') };
    const error = await failure(initialiseRepository(repository.server, given));
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toContain('not for the another key');
    expect(repository.fake.requests).toEqual([]);
  });

  it('needs a certificate for this repository', async () => {
    const repository = new TestRepository();
    const rootCertificate = await createRootCertificate(
      'x.test/y',
      repository.root,
      repository.now,
    );
    const given = { ...(await options(repository)), rootCertificate };
    const error = await failure(initialiseRepository(repository.server, given));
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toContain('x.test/y');
  });

  it('does not publish a root that its own pins would refuse', async () => {
    const repository = new TestRepository();
    const pins = [{ kind: 'key-id', keyId: 'cd'.repeat(32) }] as const;
    const given = { ...(await options(repository)), pins };
    const error = await failure(initialiseRepository(repository.server, given));
    expect(error.code).toBe('TRUST_PIN_MISMATCH');
    expect(repository.fake.posts).toBe(0);
  });

  it('says which role is missing', async () => {
    const repository = new TestRepository();
    repository.fake.rights.push = false;
    const error = await failure(initialiseRepository(repository.server, await options(repository)));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(repository.fake.versions()).toEqual({});
  });

  it('passes on why the server rejects a first root', async () => {
    const repository = new TestRepository();
    repository.fake.holdsKeys = false;
    const error = await failure(initialiseRepository(repository.server, await options(repository)));
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toContain('ErrBadHierarchy');
  });
});
