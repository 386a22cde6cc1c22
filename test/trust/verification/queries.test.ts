import { describe, expect, it } from 'vitest';
import {
  expiriesOf,
  listTags,
  lookUpTag,
  signingRoles,
  signersOf,
  visibilityOf,
} from '../../../src/trust/verification/index.js';
import { natural } from '../../../src/trust/verification/natural-order.js';
import {
  dockerLikeRepository,
  inDays,
  RepositoryBuilder,
  targetOf,
  trustFiles,
  type BuiltDelegation,
} from '../repository-builder.js';
import { ecdsaKey, makeCertificate, withCertificates, type TestKey } from '../test-keys.js';

function digestOf(content: string): string {
  const base64 = targetOf(content).hashes.sha256 ?? '';
  return `sha256:${Buffer.from(base64, 'base64').toString('hex')}`;
}

describe('looking a tag up', () => {
  it('prefers targets/releases to targets', () => {
    const repository = dockerLikeRepository();
    repository.targets['1.0'] = targetOf('stale');
    const view = trustFiles(repository.build());
    expect(lookUpTag(view, '1.0')).toMatchObject({
      kind: 'signed',
      role: 'targets/releases',
      digest: digestOf('image 1.0'),
      length: 9,
    });
    expect(lookUpTag(view, 'old')).toMatchObject({
      role: 'targets',
      digest: digestOf('old image'),
    });
  });

  it('falls back to targets when targets/releases was skipped, as Docker does', () => {
    const repository = dockerLikeRepository();
    repository.targets['1.0'] = targetOf('stale');
    const [releases] = repository.delegations as [BuiltDelegation];
    releases.expires = inDays(-1);
    const found = lookUpTag(trustFiles(repository.build()), '1.0');
    expect(found).toMatchObject({ role: 'targets', digest: digestOf('stale') });
  });

  it('says unsigned for names nobody lists, inherited ones of JavaScript included', () => {
    const view = trustFiles(dockerLikeRepository().build());
    for (const tag of ['2.0', 'constructor', '__proto__', 'toString', '']) {
      expect(lookUpTag(view, tag)).toEqual({ kind: 'unsigned', tag });
    }
  });

  it('finds tags of such names when they are signed', () => {
    const repository = new RepositoryBuilder();
    repository.targets = Object.fromEntries([
      ['constructor', targetOf('a')],
      ['__proto__', targetOf('b')],
    ]);
    const view = trustFiles(repository.build());
    expect(lookUpTag(view, 'constructor')).toMatchObject({ digest: digestOf('a') });
    expect(lookUpTag(view, '__proto__')).toMatchObject({ digest: digestOf('b') });
    expect(listTags(view).map(({ tag }) => tag)).toEqual(['__proto__', 'constructor']);
  });

  it('refuses a tag that only another role lists', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/alice', { targets: { a: targetOf('a') } });
    repository.delegate('targets/releases');
    repository.delegate('targets/releases/x', { targets: { b: targetOf('b') } });
    repository.targets = { b: targetOf('other b') };
    const view = trustFiles(repository.build());
    expect(lookUpTag(view, 'a')).toMatchObject({ kind: 'refused', role: 'targets/alice' });
    // The whole subtree of targets/releases comes before targets.
    expect(lookUpTag(view, 'b')).toMatchObject({ kind: 'refused', role: 'targets/releases/x' });
  });

  it('passes over entries outside of the paths of their role', () => {
    const repository = new RepositoryBuilder();
    const targets = { 'v1.0': targetOf('v1'), 'v2.0': targetOf('v2') };
    repository.delegate('targets/releases', { paths: ['v1'], targets });
    repository.targets = { 'v2.0': targetOf('v2 of targets') };
    const view = trustFiles(repository.build());
    expect(lookUpTag(view, 'v1.0')).toMatchObject({ role: 'targets/releases' });
    expect(lookUpTag(view, 'v2.0')).toMatchObject({ role: 'targets' });
    const pulled = listTags(view).map(({ tag, isPulled }) => [tag, isPulled]);
    expect(pulled).toContainEqual(['v2.0', false]);
  });

  it('passes over a role without paths', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/releases', { paths: [], targets: { a: targetOf('a') } });
    expect(lookUpTag(trustFiles(repository.build()), 'a').kind).toBe('unsigned');
  });

  it('refuses a target without a usable sha256', () => {
    for (const hashes of [
      {},
      { sha512: Buffer.alloc(64).toString('base64') },
      { sha256: 'AAAA' },
    ]) {
      const repository = new RepositoryBuilder();
      repository.targets = { a: { hashes: hashes, length: 1 } };
      const found = lookUpTag(trustFiles(repository.build()), 'a');
      expect(found).toMatchObject({
        kind: 'refused',
        reason: 'targets lists it without a valid sha256',
      });
    }
  });
});

describe('listing tags', () => {
  it('names signers in descending order, Repo Admin where there is none', () => {
    const repository = dockerLikeRepository();
    repository.delegate('targets/bob', { targets: { '1.0': targetOf('image 1.0') } });
    repository.delegate('targets/carol', { targets: { '1.0': targetOf('another image') } });
    const rows = listTags(trustFiles(repository.build()));
    expect(rows).toMatchObject([
      { tag: '1.0', signers: ['bob', 'alice'], isPulled: true },
      { tag: 'old', signers: ['Repo Admin'], isPulled: true },
    ]);
  });

  it('leaves out what only signers list, and shows both where roles disagree', () => {
    const repository = dockerLikeRepository();
    const [, alice] = repository.delegations as [BuiltDelegation, BuiltDelegation];
    alice.targets.draft = targetOf('draft');
    repository.targets['1.0'] = targetOf('stale');
    const rows = listTags(trustFiles(repository.build()));
    expect(rows.map(({ tag }) => tag)).toEqual(['1.0', '1.0', 'old']);
    expect(rows.filter(({ isPulled }) => isPulled)).toHaveLength(2);
  });

  it('lists signers by name with canonical key IDs', () => {
    const repository = new RepositoryBuilder();
    const key = ecdsaKey();
    const certified = withCertificates(key, [makeCertificate(key, { commonName: 'x' })]);
    repository.delegate('targets/alice', { keys: [certified] });
    repository.delegate('targets/bob');
    repository.delegate('targets/releases');
    const signers = signersOf(trustFiles(repository.build()));
    expect(signers.map(({ name }) => name)).toEqual(['bob', 'alice']);
    expect(signers[1]?.keyIds).toEqual([key.keyId]);
  });

  it('orders tags as people do', () => {
    const tags = ['1.10', '1.9', 'latest', '1.2-rc10', '1.2-rc9', '01', '1', 'a', ''];
    expect([...tags].sort(natural)).toEqual([
      '',
      '1',
      '01',
      '1.2-rc9',
      '1.2-rc10',
      '1.9',
      '1.10',
      'a',
      'latest',
    ]);
  });
});

describe('the roles our keys may sign a tag into', () => {
  it('are all direct children that list one of them and cover the tag', () => {
    const repository = dockerLikeRepository();
    const [releases] = repository.delegations as [BuiltDelegation];
    const [alice] = releases.keys as [TestKey];
    repository.delegate('targets/bob');
    repository.delegate('targets/old', { keys: [alice], paths: ['old'] });
    repository.delegate('targets/alice/deep', { keys: [alice] });
    const view = trustFiles(repository.build());
    const signable = signingRoles(view, [alice.canonicalId], '2.0');
    expect(signable.roles).toEqual(['targets/releases', 'targets/alice']);
    expect(visibilityOf(view, signable.roles, '2.0')).toEqual({
      isVisible: true,
      role: 'targets/releases',
    });
    expect(signable.explanation).toContain(`targets/old: ${alice.canonicalId} (does not cover`);
    expect(signable.explanation).toMatch(/targets\/bob: [0-9a-f]{64} \(lists none of ours\)/);
  });

  it('are found through certificates by the canonical ID', () => {
    const repository = new RepositoryBuilder();
    const key = ecdsaKey();
    const certified = withCertificates(key, [makeCertificate(key, { commonName: 'alice' })]);
    repository.delegate('targets/releases', { keys: [certified] });
    const view = trustFiles(repository.build());
    expect(signingRoles(view, [key.keyId], 'v1').roles).toEqual(['targets/releases']);
    expect(signingRoles(view, [certified.keyId], 'v1').roles).toEqual([]);
  });

  it('are targets when our key is the repository key', () => {
    const repository = dockerLikeRepository();
    const [key] = repository.targetsRole.keys as [TestKey];
    const view = trustFiles(repository.build());
    expect(signingRoles(view, [key.keyId], '2.0').roles).toEqual(['targets']);
    expect(visibilityOf(view, ['targets'], '2.0')).toEqual({ isVisible: true, role: 'targets' });
  });

  it('are none for a stranger, with an explanation that lists every key', () => {
    const view = trustFiles(dockerLikeRepository().build());
    const stranger = ecdsaKey().keyId;
    const { roles, explanation, candidates } = signingRoles(view, [stranger], '1.0');
    expect(roles).toEqual([]);
    expect(candidates.map(({ role }) => role)).toEqual([
      'targets',
      'targets/releases',
      'targets/alice',
    ]);
    expect(explanation).toContain(`With key ${stranger} no role`);
    for (const { keyIds } of candidates) expect(explanation).toContain(keyIds[0]);
    expect(signingRoles(view, [], '1.0').roles).toEqual([]);
  });

  it('leave out a role that needs more signatures than we can make', () => {
    const repository = new RepositoryBuilder();
    const [ours, theirs] = [ecdsaKey(), ecdsaKey()];
    repository.delegate('targets/releases', { keys: [ours, theirs], threshold: 2 });
    const view = trustFiles(repository.build());
    const one = signingRoles(view, [ours.keyId], 'v1');
    expect(one.roles).toEqual([]);
    expect(one.explanation).toContain('needs 2 signatures');
    const both = signingRoles(view, [ours.keyId, theirs.keyId], 'v1');
    expect(both.roles).toEqual(['targets/releases']);
  });
});

describe('whether Docker would see a tag', () => {
  it('is no where targets/releases shadows it', () => {
    const view = trustFiles(dockerLikeRepository().build());
    const shadowed = visibilityOf(view, ['targets'], '1.0');
    expect(shadowed).toMatchObject({
      isVisible: false,
      reason: `targets/releases lists 1.0 with ${digestOf('image 1.0')}, and Docker reads that first`,
    });
  });

  it('is no for roles that its pull does not read', () => {
    const view = trustFiles(dockerLikeRepository().build());
    expect(visibilityOf(view, ['targets/alice'], '2.0')).toMatchObject({
      isVisible: false,
      reason:
        '2.0 would be signed into targets/alice; Docker reads targets/releases and targets only',
    });
    expect(visibilityOf(view, [], '2.0')).toMatchObject({ isVisible: false });
  });

  it('is no for targets/releases outside of its paths', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/releases', { paths: ['v'] });
    const view = trustFiles(repository.build());
    expect(visibilityOf(view, ['targets/releases'], 'x1').isVisible).toBe(false);
    expect(visibilityOf(view, ['targets/releases'], 'v1').isVisible).toBe(true);
  });
});

describe('expiries', () => {
  it('come soonest first', () => {
    const repository = dockerLikeRepository();
    const [releases] = repository.delegations as [BuiltDelegation];
    releases.expires = inDays(3);
    const expiries = expiriesOf(trustFiles(repository.build()));
    expect([...expiries.keys()].slice(0, 2)).toEqual(['targets/releases', 'timestamp']);
    expect([...expiries.keys()].at(-1)).toBe('root');
    expect(expiries.get('targets/releases')).toEqual(inDays(3));
    expect(expiries.size).toBe(6);
  });
});
