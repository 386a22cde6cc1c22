import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/http/types.js';
import { deleteTrustData, initialiseRepository } from '../../../src/trust/index.js';
import { createRootCertificate } from '../../../src/signing/index.js';
import { failure } from '../support/failure.js';
import { content, gun, TestRepository } from '../support/repository.js';

const signed = () => new TestRepository().initialise({ '1': content('a') });

describe('deleting trust data', () => {
  it('looks that it is gone, and lets the repository begin anew', async () => {
    const repository = await signed();
    expect(await deleteTrustData(repository.server)).toBe(true);
    expect(repository.fake.requests).toEqual(['GET root.json', 'DELETE ', 'GET root.json']);
    const { server, context, root, targets, now } = repository;
    const anew = await initialiseRepository(server, {
      ...context,
      rootSigner: root,
      rootCertificate: await createRootCertificate(gun, root, now),
      targetsSigner: targets,
    });
    expect(anew.kind).toBe('created');
  });

  it('sends nothing where there is none', async () => {
    const repository = new TestRepository();
    expect(await deleteTrustData(repository.server)).toBe(false);
    expect(repository.fake.requests).toEqual(['GET root.json']);
  });

  it('leaves everything as it is for whoever may only publish', async () => {
    const repository = await signed();
    repository.fake.rights.all = false;
    const error = await failure(deleteTrustData(repository.server));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(error.message).toContain(`refuses to delete the trust data for ${gun}`);
    expect(repository.fake.stored('root')).toBeDefined();
  });

  it('recognises a deletion whose answer got lost', async () => {
    const repository = await signed();
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      if (request.method === 'DELETE') throw new HttpError('timeout', 'no answer');
      return answer;
    };
    expect(await deleteTrustData(repository.server)).toBe(true);
  });

  it('sends a deletion again that did not arrive, and gives up in the end', async () => {
    const repository = await signed();
    let sent = 0;
    repository.fake.intercept = async (request, next) => {
      if (request.method === 'DELETE' && (sent += 1) === 1) {
        throw new HttpError('unreachable', 'no connection');
      }
      return next();
    };
    expect(await deleteTrustData(repository.server)).toBe(true);
    expect(sent).toBe(2);

    const other = await signed();
    other.fake.intercept = (request, next) =>
      request.method === 'DELETE' ? Promise.reject(new HttpError('timeout', 'no answer')) : next();
    const error = await failure(deleteTrustData(other.server));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
  });

  it('does not say gone of what is still handed out', async () => {
    const repository = await signed();
    const root = repository.fake.stored('root') ?? Buffer.alloc(0);
    repository.fake.intercept = async (request, next) => {
      const answer = await next();
      return request.url.endsWith('root.json') ? { ...answer, status: 200, body: root } : answer;
    };
    const error = await failure(deleteTrustData(repository.server, { deadlineMs: 300 }));
    expect(error.code).toBe('READ_BACK_FAILED');
    expect(error.message).toContain('but still serves it');
  });

  it('stops when it is told to', async () => {
    const repository = await signed();
    const stop = new AbortController();
    repository.fake.intercept = async (request, next) => {
      if (request.method !== 'DELETE') return next();
      stop.abort();
      throw new HttpError('aborted', 'stopped');
    };
    const error = await failure(deleteTrustData(repository.server, { signal: stop.signal }));
    expect(error.code).toBe('INTERRUPTED');
    expect(repository.fake.stored('root')).toBeDefined();
  });
});
