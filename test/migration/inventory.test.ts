/** What trust data says is signed, and what it lists besides. */
import { describe, expect, it } from 'vitest';
import { takeExpiredInventory, takeInventory } from '../../src/migration/index.js';
import {
  dockerLikeRepository,
  inDays,
  RepositoryBuilder,
  targetOf,
  trustFiles,
} from '../trust/repository-builder.js';
import { ecdsaKey } from '../trust/test-keys.js';

const hexOf = (content: string): string =>
  Buffer.from(targetOf(content).hashes.sha256 ?? '', 'base64').toString('hex');

describe('the inventory of a repository', () => {
  it('has every tag that a pull accepts, with who signed it', () => {
    const { signed, unverifiable, thresholds } = takeInventory(
      trustFiles(dockerLikeRepository().build()),
    );
    expect(signed).toEqual([
      {
        tag: '1.0',
        digest: `sha256:${hexOf('image 1.0')}`,
        length: targetOf('image 1.0').length,
        roles: ['targets/releases', 'targets/alice'],
        signers: ['alice'],
        expires: inDays(1095).toISOString(),
      },
      expect.objectContaining({ tag: 'old', roles: ['targets'], signers: ['Repo Admin'] }),
    ]);
    expect(unverifiable).toEqual([]);
    expect(thresholds).toEqual([]);
  });

  it('goes by targets/releases, where that and targets disagree', () => {
    const repository = dockerLikeRepository();
    repository.targets = { '1.0': targetOf('before') };
    const { signed } = takeInventory(trustFiles(repository.build()));
    expect(signed.map(({ tag, digest }) => [tag, digest])).toEqual([
      ['1.0', `sha256:${hexOf('image 1.0')}`],
    ]);
  });

  it('lists apart what Docker does not accept, and why', () => {
    const repository = new RepositoryBuilder();
    repository.targets = { 'not/a tag': targetOf('a') };
    repository.delegate('targets/alice', { targets: { draft: targetOf('b') } });
    const view = trustFiles(repository.build());
    const { signed, unverifiable } = takeInventory(view);
    expect(signed).toEqual([]);
    expect(unverifiable).toEqual([
      expect.objectContaining({
        tag: 'not/a tag',
        state: 'refused',
        reason: 'it is not a valid tag',
      }),
      expect.objectContaining({
        tag: 'draft',
        state: 'refused',
        reason: expect.stringContaining('targets/alice only') as string,
      }),
    ]);
  });

  it('lists as expired what a delegation has that Docker passes over', () => {
    const repository = dockerLikeRepository();
    const [releases] = repository.delegations;
    if (releases) releases.expires = inDays(-1);
    const { signed, unverifiable } = takeInventory(trustFiles(repository.build()));
    expect(signed.map(({ tag }) => tag)).toEqual(['old']);
    expect(unverifiable).toMatchObject([
      { tag: '1.0', state: 'expired', digest: `sha256:${hexOf('image 1.0')}` },
    ]);
  });

  it('believes nothing of a delegation without valid signatures', () => {
    const files = dockerLikeRepository().build({ signers: { 'targets/releases': [ecdsaKey()] } });
    const { signed, unverifiable } = takeInventory(trustFiles(files));
    expect(signed.map(({ tag }) => tag)).toEqual(['old']);
    expect(unverifiable).toMatchObject([{ tag: '1.0', state: 'refused' }]);
  });

  it('has nothing signed where all of it has expired', () => {
    const repository = dockerLikeRepository();
    repository.targetsRole.expires = inDays(-1);
    const view = trustFiles(repository.build(), { expiry: 'report' });
    const { signed, unverifiable } = takeExpiredInventory(view, 'it has expired');
    expect(signed).toEqual([]);
    expect(unverifiable.map(({ tag, state }) => [tag, state])).toEqual([
      ['1.0', 'expired'],
      ['old', 'expired'],
    ]);
  });

  it('names the roles that need several signatures', () => {
    const repository = dockerLikeRepository();
    const keys = [ecdsaKey(), ecdsaKey()];
    repository.targetsRole.keys.push(ecdsaKey());
    repository.targetsRole.threshold = 2;
    repository.delegate('targets/two', { keys, threshold: 2 });
    const { thresholds } = takeInventory(trustFiles(repository.build()));
    expect(thresholds).toEqual(['targets', 'targets/two']);
  });
});
