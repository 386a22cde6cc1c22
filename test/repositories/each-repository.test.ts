import { describe, expect, it } from 'vitest';
import {
  eachRepository,
  failureOfEach,
  unwrapAll,
  mapResults,
  valuesOf,
} from '../../src/repositories/index.js';
import { TrustError } from '../../src/errors.js';

const repositories = ['a', 'b', 'c'].map((name) => ({ gun: `contoso.azurecr.io/${name}` }));
const refused = (gun: string) =>
  new TrustError('TRUST_DATA_MISSING', `${gun} has none`, { remedy: `Initialise ${gun}.` });

function failing(...names: readonly string[]) {
  return ({ gun }: { readonly gun: string }): Promise<{ gun: string; done: true }> =>
    names.some((name) => gun.endsWith(name))
      ? Promise.reject(refused(gun))
      : Promise.resolve({ gun, done: true });
}

describe('one thing done to many repositories', () => {
  it('is done to the others when it fails for one', async () => {
    const attempted = await eachRepository(repositories, failing('/b'));
    expect(valuesOf(attempted).map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/a',
      'contoso.azurecr.io/c',
    ]);
    expect(attempted[1]?.error?.code).toBe('TRUST_DATA_MISSING');
  });

  it('goes on with what succeeded, and keeps what failed', async () => {
    const first = await eachRepository(repositories, failing('/a'));
    const second = await mapResults(first, failing('/c'));
    expect(second.map(({ error, value }) => error?.message ?? value?.done)).toEqual([
      'contoso.azurecr.io/a has none',
      true,
      'contoso.azurecr.io/c has none',
    ]);
  });

  it('ends at once for a bug and for the wish to stop', async () => {
    const stop = new TrustError('INTERRUPTED', 'stopped', { remedy: 'Run again.' });
    await expect(eachRepository(repositories, () => Promise.reject(stop))).rejects.toBe(stop);
    const bug = new TypeError('oops');
    await expect(eachRepository(repositories, () => Promise.reject(bug))).rejects.toBe(bug);
  });
});

describe('the failure of many repositories', () => {
  it('is none when all succeeded', async () => {
    const attempted = await eachRepository(repositories, failing());
    expect(failureOfEach(attempted, 'was not rotated')).toBeUndefined();
    expect(unwrapAll(attempted, 'was not rotated')).toHaveLength(3);
  });

  it('is its own for a single repository', async () => {
    const attempted = await eachRepository(repositories.slice(0, 1), failing('/a'));
    expect(failureOfEach(attempted, 'was not rotated')?.message).toBe(
      'contoso.azurecr.io/a has none',
    );
  });

  it('names each that failed, with every remedy once', async () => {
    const attempted = await eachRepository(repositories, failing('/a', '/c'));
    const failure = failureOfEach(attempted, 'was not rotated');
    expect(failure?.code).toBe('TRUST_DATA_MISSING');
    expect(failure?.message).toBe(
      '2 of 3 repositories: each was not rotated. contoso.azurecr.io/a: contoso.azurecr.io/a has none. contoso.azurecr.io/c: contoso.azurecr.io/c has none.',
    );
    expect(failure?.remedy).toBe(
      'Initialise contoso.azurecr.io/a.\nInitialise contoso.azurecr.io/c.',
    );
    expect(() => unwrapAll(attempted, 'was not rotated')).toThrow(TrustError);
  });
});
