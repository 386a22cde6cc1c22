import { describe, expect, it } from 'vitest';
import {
  isDue,
  isClientRenewed,
  planRenewal,
  roleExpiries,
  type SignerInfo,
  type RoleExpiry,
  type ExpiryRules,
} from '../../../src/trust/key-management/index.js';
import type { Signer } from '../../../src/trust/index.js';
import {
  RepositoryBuilder,
  dockerLikeRepository,
  gun,
  inDays,
  now,
  targetOf,
  trustFiles,
  type BuildOptions,
} from '../repository-builder.js';
import { ecdsaKey, rootKey, type TestKey } from '../test-keys.js';

const rules: ExpiryRules = { now, withinDays: 30, pins: [] };

const holderOf = ({ canonicalId }: TestKey, description = 'a key at hand'): SignerInfo => ({
  keyId: canonicalId,
  description,
});

/** A signer that is never asked. */
const signerOf = (key: TestKey): Signer => ({
  ...holderOf(key),
  publicKey: key.publicKey,
  method: key.method,
  sign: () => Promise.reject(new Error('planning signs nothing')),
});

const viewOf = (repository: RepositoryBuilder, options?: BuildOptions) =>
  trustFiles(repository.build(options), { expiry: 'report' });

function find(
  all: readonly RoleExpiry[],
  role: string,
  part: RoleExpiry['part'] = 'file',
): RoleExpiry {
  const found = all.find((one) => one.role === role && one.part === part);
  if (!found) throw new Error(`nothing is said of ${role}`);
  return found;
}

const only = ([key]: readonly TestKey[]): TestKey => {
  if (!key) throw new Error('no key');
  return key;
};

describe('when the roles of a repository end', () => {
  it('is told of every role and of the root certificate, in order', () => {
    const all = roleExpiries(viewOf(dockerLikeRepository()), [], rules);
    expect(all.map(({ role, part, state }) => [role, part, state])).toEqual([
      ['root', 'file', 'valid'],
      ['root', 'certificate', 'valid'],
      ['targets', 'file', 'valid'],
      ['targets/releases', 'file', 'valid'],
      ['targets/alice', 'file', 'valid'],
      ['snapshot', 'file', 'valid'],
      ['timestamp', 'file', 'valid'],
    ]);
    expect(find(all, 'targets').expires).toEqual(inDays(1095));
    expect(find(all, 'root', 'certificate').expires).toEqual(new Date('2036-01-01T00:00:00Z'));
  });

  it('distinguishes what has ended, what does so soon, and what does later', () => {
    const repository = dockerLikeRepository();
    repository.root.expires = inDays(31);
    repository.targetsRole.expires = inDays(-1);
    const alice = repository.delegations[1];
    if (alice) alice.expires = inDays(29);
    const all = roleExpiries(viewOf(repository), [], rules);
    const states = ['root', 'targets', 'targets/releases', 'targets/alice'].map(
      (role) => find(all, role).state,
    );
    expect(states).toEqual(['valid', 'expired', 'valid', 'expiring']);
    expect(all.filter(isDue).map(({ role }) => role)).toEqual(['targets', 'targets/alice']);
  });

  it('counts nothing as ending soon within 0 days', () => {
    const repository = dockerLikeRepository();
    repository.targetsRole.expires = inDays(0.5);
    const of = (withinDays: number) =>
      find(roleExpiries(viewOf(repository), [], { ...rules, withinDays }), 'targets').state;
    expect([of(0), of(1)]).toEqual(['valid', 'expiring']);
  });

  it('says so of delegations that expired roles list', () => {
    const repository = dockerLikeRepository();
    repository.targetsRole.expires = inDays(-10);
    const releases = repository.delegations[0];
    if (releases) releases.expires = inDays(-5);
    repository.delegate('targets/releases/deep', { expires: inDays(3) });
    const all = roleExpiries(viewOf(repository), [], rules);
    expect(find(all, 'targets/releases').state).toBe('expired');
    expect(find(all, 'targets/releases/deep').state).toBe('expiring');
  });

  it('asks nothing of a delegation without a file', () => {
    const repository = dockerLikeRepository();
    repository.delegate('targets/bob', { hasFile: false });
    const bob = find(roleExpiries(viewOf(repository), [], rules), 'targets/bob');
    expect(bob).toMatchObject({ state: 'not published', expires: undefined });
    expect(isDue(bob)).toBe(false);
  });

  it('takes no word of a file whose signatures do not count', () => {
    const repository = new RepositoryBuilder();
    const key = ecdsaKey();
    repository.delegate('targets/bob', { keys: [key], expires: inDays(-3) });
    const view = viewOf(repository, { signers: { 'targets/bob': [ecdsaKey()] } });
    const bob = find(roleExpiries(view, [holderOf(key)], rules), 'targets/bob');
    expect(bob).toMatchObject({
      state: 'not validly signed',
      expires: undefined,
      remedy: { kind: 'signing' },
    });
    expect(planRenewal(view, [signerOf(key)], rules).files).toEqual([]);
  });

  it('judges the root by the end of the certificates that sign it, too', () => {
    const repository = new RepositoryBuilder();
    const ends = inDays(10);
    repository.root.keys = [rootKey(gun, { notAfter: ends })];
    const all = roleExpiries(viewOf(repository), [holderOf(only(repository.root.keys))], rules);
    expect(find(all, 'root').state).toBe('valid');
    expect(find(all, 'root', 'certificate')).toMatchObject({
      state: 'expiring',
      expires: ends,
      remedy: { kind: 'rotation', role: 'root' },
    });
  });

  it('takes the certificate that breaks the threshold, of several', () => {
    const repository = new RepositoryBuilder();
    repository.root.keys = [20, 400, 900].map((days) => rootKey(gun, { notAfter: inDays(days) }));
    const endWith = (threshold: number) => {
      repository.root.threshold = threshold;
      return find(roleExpiries(viewOf(repository), [], rules), 'root', 'certificate').expires;
    };
    expect([endWith(1), endWith(2), endWith(3)]).toEqual([inDays(900), inDays(400), inDays(20)]);
  });

  it('takes the word of a pin for which certificates count', () => {
    const repository = new RepositoryBuilder();
    const [short, long] = [20, 900].map((days) => rootKey(gun, { notAfter: inDays(days) }));
    if (!short || !long) throw new Error('no keys');
    repository.root.keys = [short, long];
    const view = viewOf(repository);
    const pins = [{ kind: 'key-id', keyId: short.canonicalId }] as const;
    expect(find(roleExpiries(view, [], { ...rules, pins }), 'root', 'certificate').expires).toEqual(
      inDays(20),
    );
  });
});

describe('who can put the end off', () => {
  it('are the available keys, for the roles that list them', () => {
    const repository = dockerLikeRepository();
    const [targetsKey, alice] = [
      only(repository.targetsRole.keys),
      only(repository.delegations[1]?.keys ?? []),
    ];
    const all = roleExpiries(viewOf(repository), [holderOf(alice, 'the key of alice')], rules);
    expect(find(all, 'targets/alice')).toMatchObject({
      remedy: { kind: 'keys' },
      available: [{ description: 'the key of alice' }],
      keyIds: [alice.canonicalId],
      threshold: 1,
    });
    expect(find(all, 'targets/releases').remedy).toEqual({ kind: 'keys' });
    expect(find(all, 'targets')).toMatchObject({
      remedy: { kind: 'others' },
      available: [],
      keyIds: [targetsKey.canonicalId],
    });
  });

  it('must be as many as the threshold says, and a key given twice is one', () => {
    const repository = new RepositoryBuilder();
    const [a, b] = [ecdsaKey(), ecdsaKey()];
    repository.targetsRole.keys = [a, b];
    repository.targetsRole.threshold = 2;
    const view = viewOf(repository);
    const wayWith = (...keys: TestKey[]) =>
      find(
        roleExpiries(
          view,
          keys.map((key) => holderOf(key)),
          rules,
        ),
        'targets',
      ).remedy.kind;
    expect([wayWith(a), wayWith(a, a), wayWith(a, b)]).toEqual(['others', 'others', 'keys']);
  });

  it('is the server, for snapshot and timestamp', () => {
    const all = roleExpiries(viewOf(dockerLikeRepository()), [], rules);
    for (const role of ['snapshot', 'timestamp']) {
      const one = find(all, role);
      const isKnown = role === 'timestamp';
      expect(one).toMatchObject({ remedy: { kind: 'server', isKnown }, keyIds: [], available: [] });
      expect(isClientRenewed(one)).toBe(false);
    }
  });

  it('never calls a role of the server expiring, and says when it has expired', () => {
    const repository = dockerLikeRepository();
    repository.snapshot.expires = inDays(2);
    repository.timestamp.expires = inDays(-2);
    const all = roleExpiries(viewOf(repository), [], rules);
    expect(find(all, 'snapshot').state).toBe('valid');
    expect(find(all, 'timestamp').state).toBe('expired');
  });

  it('is the root key, by a rotation, for a snapshot that its client kept', () => {
    const repository = dockerLikeRepository();
    repository.snapshot.expires = inDays(3);
    const view = viewOf(repository);
    const root = holderOf(only(repository.root.keys));
    const kept = { ...rules, isSnapshotServerManaged: false };
    const clientManaged = find(roleExpiries(view, [root], kept), 'snapshot');
    expect(clientManaged).toMatchObject({
      state: 'expiring',
      remedy: { kind: 'rotation', role: 'snapshot' },
    });
    expect(isClientRenewed(clientManaged)).toBe(true);
    expect(find(roleExpiries(view, [], kept), 'snapshot').remedy).toEqual({
      kind: 'others',
      rotation: 'snapshot',
    });
    const asked = { ...rules, isSnapshotServerManaged: true };
    expect(find(roleExpiries(view, [], asked), 'snapshot').remedy).toEqual({
      kind: 'server',
      isKnown: true,
    });
    // Nothing can be published without that key, whatever else is at hand.
    const targets = holderOf(only(repository.targetsRole.keys));
    expect(find(roleExpiries(view, [targets], kept), 'targets').remedy).toEqual({
      kind: 'others',
      rotation: 'snapshot',
    });
    expect(find(roleExpiries(view, [targets, root], kept), 'targets').remedy).toEqual({
      kind: 'rotation',
      role: 'snapshot',
    });
  });

  it('takes a snapshot key at hand for the proof that the server does not have it', () => {
    const repository = dockerLikeRepository();
    const keys = [repository.snapshot.keys, repository.root.keys].map((list) =>
      holderOf(only(list)),
    );
    expect(find(roleExpiries(viewOf(repository), keys, rules), 'snapshot').remedy).toEqual({
      kind: 'rotation',
      role: 'snapshot',
    });
  });

  it('can sign a root again only with a certificate in force; otherwise it rotates', () => {
    const repository = new RepositoryBuilder();
    const key = rootKey(gun, { notAfter: inDays(-1) });
    repository.root.keys = [key, rootKey(gun, { notAfter: inDays(300) })];
    repository.root.expires = inDays(5);
    const view = viewOf(repository);
    expect(find(roleExpiries(view, [holderOf(key)], rules), 'root').remedy).toEqual({
      kind: 'rotation',
      role: 'root',
    });
    expect(planRenewal(view, [signerOf(key)], rules)).toMatchObject({ files: [] });
  });

  it('does not sign a root that its own pins would refuse', () => {
    const repository = new RepositoryBuilder();
    const [pinned, other] = [rootKey(gun), rootKey(gun)];
    repository.root.keys = [pinned, other];
    repository.root.expires = inDays(5);
    const view = viewOf(repository);
    const pins = [{ kind: 'key-id', keyId: pinned.canonicalId }] as const;
    const wayWith = (key: TestKey) =>
      find(roleExpiries(view, [holderOf(key)], { ...rules, pins }), 'root').remedy.kind;
    expect([wayWith(pinned), wayWith(other)]).toEqual(['keys', 'others']);
  });
});

describe('the plan of a renewal', () => {
  it('changes version and end of what is due, and nothing else', () => {
    const repository = dockerLikeRepository();
    repository.targets = { '1': { ...targetOf('one'), custom: { b: [1, 'x'], a: null } } };
    repository.targetsRole.expires = inDays(-1);
    repository.targetsRole.version = 7;
    const view = viewOf(repository);
    const signer = signerOf(only(repository.targetsRole.keys));
    const plan = planRenewal(view, [signer], rules);
    expect(plan.roles).toEqual(['targets']);
    expect(plan.remaining).toEqual([]);
    const { version, expires, ...rest } = view.targets.get('targets')?.signed ?? {
      version: 0,
      expires: '',
    };
    expect(plan.files[0]).toMatchObject({ role: 'targets', signedBy: [{ signer }] });
    expect(plan.files[0]?.body).toEqual({
      ...rest,
      version: version + 1,
      expires: '2029-11-23T12:00:00Z',
    });
    expect(expires).not.toBe('2029-11-23T12:00:00Z');
  });

  it('gives a root ten years', () => {
    const repository = new RepositoryBuilder();
    repository.root.expires = inDays(1);
    repository.root.version = 3;
    const view = viewOf(repository);
    const plan = planRenewal(view, [signerOf(only(repository.root.keys))], rules);
    expect(plan.files[0]?.body).toEqual({
      ...view.root.signed,
      version: 4,
      expires: '2036-11-21T12:00:00Z',
    });
  });

  it('has every key at hand sign that the role lists, under its listed IDs', () => {
    const repository = new RepositoryBuilder();
    const keys = [ecdsaKey(), ecdsaKey(), ecdsaKey()];
    repository.targetsRole.keys = keys;
    repository.targetsRole.threshold = 2;
    repository.targetsRole.expires = inDays(2);
    const [a, b] = keys.map(signerOf);
    if (!a || !b) throw new Error('no signers');
    const plan = planRenewal(viewOf(repository), [a, b, a, signerOf(ecdsaKey())], rules);
    expect(plan.files[0]?.signedBy).toEqual([
      { signer: a, keyIds: [a.keyId] },
      { signer: b, keyIds: [b.keyId] },
    ]);
  });

  it('leaves what is not due, and says what is due and out of reach', () => {
    const repository = dockerLikeRepository();
    repository.root.expires = inDays(4);
    repository.targetsRole.expires = inDays(2);
    const plan = planRenewal(
      viewOf(repository),
      [
        signerOf(only(repository.targetsRole.keys)),
        signerOf(only(repository.delegations[0]?.keys ?? [])),
      ],
      rules,
    );
    expect(plan.roles).toEqual(['targets']);
    expect(plan.remaining.map(({ role, part }) => [role, part])).toEqual([['root', 'file']]);
  });
});
