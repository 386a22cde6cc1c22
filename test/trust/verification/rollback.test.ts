import { describe, expect, it } from 'vitest';
import {
  dockerLikeRepository,
  fileOf,
  inDays,
  now,
  RepositoryBuilder,
  targetOf,
  trustFiles,
  type BuiltRole,
  type Files,
} from '../repository-builder.js';
import { ecdsaKey, ed25519Key, rootKey } from '../test-keys.js';
import { TrustedCollection } from '../../../src/trust/verification/index.js';
import { expectRefusal } from './expect-refusal.js';

function rolesOf(repository: RepositoryBuilder): Record<string, BuiltRole> {
  const { root, timestamp, snapshot, targetsRole } = repository;
  const delegations = repository.delegations.map((each) => [each.name, each] as const);
  return { root, timestamp, snapshot, targets: targetsRole, ...Object.fromEntries(delegations) };
}

function refuses(files: Files, earlier: Files, rule: RegExp): void {
  const state = trustFiles(earlier);
  expectRefusal(() => trustFiles(files, { earlier: state }), 'TRUST_DATA_INVALID', rule);
}

describe.each(['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'])(
  'with an earlier state, %s',
  (name) => {
    function versions(before: number, after: number, change = false): [Files, Files] {
      const repository = dockerLikeRepository();
      const role = rolesOf(repository)[name];
      if (role === undefined) throw new Error(`no role ${name}`);
      role.version = before;
      const earlier = repository.build();
      // As the server does, so that only the role in question stands still or goes back.
      repository.snapshot.version += 1;
      repository.timestamp.version += 1;
      role.version = after;
      if (change) role.expires = inDays(1);
      return [earlier, repository.build()];
    }

    it('cannot be rolled back', () => {
      const [earlier, files] = versions(5, 4);
      const rule = `${name}: version 4 is lower than the version 5 seen before`;
      refuses(files, earlier, new RegExp(rule));
      expect(trustFiles(files).gun).toBe(trustFiles(earlier).gun);
    });

    it('cannot fork: one version with two contents', () => {
      const [earlier, files] = versions(5, 5, true);
      refuses(files, earlier, new RegExp(`${name}: version 5 differs .*fork`));
    });

    it('may go on', () => {
      for (const after of [6, 50]) {
        const [earlier, files] = versions(5, after, true);
        const view = trustFiles(files, { earlier: trustFiles(earlier) });
        expect(view.pinnedBy).toEqual({
          kind: 'earlier-root',
          version: name === 'root' ? 5 : 1,
        });
      }
    });

    it('may stay as it is', () => {
      const files = dockerLikeRepository().build();
      expect(trustFiles(files, { earlier: trustFiles(files) }).targets.size).toBe(3);
    });
  },
);

describe('an earlier state', () => {
  it('refuses the root of a repository that was deleted and created again', () => {
    const [before, after] = [new RepositoryBuilder(), new RepositoryBuilder()];
    const rule = /root: it is not signed by the threshold of the root trusted before/;
    refuses(after.build(), before.build(), rule);
  });

  it('stands in for a root that was not fetched', () => {
    const repository = new RepositoryBuilder();
    const earlier = trustFiles(repository.build());
    repository.timestamp.version = 2;
    const files = repository.build();
    const collection = new TrustedCollection({ gun: repository.gun, now, earlier });
    collection.acceptTimestamp(fileOf(files, 'timestamp'));
    expect(collection.root).toBe(earlier.root);
  });

  it('that has expired still judges the root, not the use of old data', () => {
    const repository = new RepositoryBuilder();
    repository.root.expires = inDays(-1);
    const earlier = trustFiles(repository.build(), { expiry: 'report' });
    const collection = new TrustedCollection({ gun: repository.gun, now, earlier });
    const use = (): unknown => {
      collection.acceptTimestamp(fileOf(repository.build(), 'timestamp'));
      return undefined;
    };
    expectRefusal(use, 'TRUST_DATA_EXPIRED', /root expired at/);
    repository.root.expires = inDays(100);
    repository.root.version = 2;
    expect(trustFiles(repository.publish(), { earlier }).root.signed.version).toBe(2);
  });

  it.each(['timestamp', 'snapshot', 'targetsRole'] as const)(
    'remembers versions although the root replaced the key, as Notary does: %s',
    (role) => {
      const repository = new RepositoryBuilder();
      repository[role].version = 1000;
      const earlier = trustFiles(repository.build());
      for (const each of ['timestamp', 'snapshot', 'targetsRole'] as const) {
        repository[each].version += 1;
      }
      Object.assign(repository[role], { version: 3, keys: [ed25519Key()] });
      repository.root.version = 2;
      const rule = /version 3 is lower than the version 1000/;
      const files = repository.build();
      expectRefusal(() => trustFiles(files, { earlier }), 'TRUST_DATA_INVALID', rule);
    },
  );

  it('follows a rotated root', () => {
    const repository = new RepositoryBuilder();
    const earlier = trustFiles(repository.build());
    repository.rotateRoot();
    const two = fileOf(repository.build(), 'root');
    repository.rotateRoot(rootKey(repository.gun));
    const files = repository.publish();
    expect(trustFiles(files, { earlier }, [two]).root.signed.version).toBe(3);
    expectRefusal(() => trustFiles(files, { earlier }), 'TRUST_DATA_INVALID', /trusted before/);
  });

  it('notices a delegation rolled back below an unchanged parent, which Notary misses', () => {
    const repository = dockerLikeRepository();
    // Ed25519 signs the same content the same way each time.
    repository.targetsRole.keys = [ed25519Key()];
    const [releases] = repository.delegations;
    if (releases === undefined) throw new Error('no delegation');
    const old = repository.build();
    releases.version = 2;
    releases.targets['1.0'] = targetOf('fixed image');
    const fixed = repository.publish();
    releases.version = 1;
    releases.targets['1.0'] = targetOf('image 1.0');
    const rolledBack = repository.publish();
    expect(fileOf(old, 'targets')).toEqual(fileOf(rolledBack, 'targets'));
    refuses(rolledBack, fixed, /targets\/releases: version 1 is lower than the version 2/);
  });

  it('notices a delegation that the snapshot no longer lists', () => {
    const repository = dockerLikeRepository();
    const earlier = trustFiles(repository.build());
    const [releases] = repository.delegations;
    if (releases === undefined) throw new Error('no delegation');
    releases.hasFile = false;
    const files = repository.publish();
    for (const unusableReleases of ['skip', 'refuse'] as const) {
      const work = () => trustFiles(files, { earlier, unusableReleases });
      const rule = /targets\/releases: it existed before, .*\(rollback\)/;
      expectRefusal(work, 'TRUST_DATA_INVALID', rule);
    }
    expect(trustFiles(files, { unusableReleases: 'refuse' }).warnings).toEqual([]);
  });

  it('notices a signer below another one that the snapshot no longer lists', () => {
    const repository = dockerLikeRepository();
    const deeper = repository.delegate('targets/alice/night');
    const earlier = repository.build();
    deeper.hasFile = false;
    refuses(repository.publish(), earlier, /targets\/alice\/night: it existed before/);
  });

  it('notices a delegation that is replaced by a file nobody signed', () => {
    const repository = dockerLikeRepository();
    const earlier = repository.build();
    const [releases] = repository.delegations;
    if (releases === undefined) throw new Error('no delegation');
    releases.version = 2;
    const signers = { 'targets/releases': [ecdsaKey()] };
    const files = repository.publish({ signers });
    const rule = /targets\/releases: .*threshold.*the version seen before still does \(rollback\)/;
    refuses(files, earlier, rule);
  });

  it('does not take the change of a delegation’s keys for a withdrawal', () => {
    const repository = dockerLikeRepository();
    const earlier = trustFiles(repository.build());
    const [releases] = repository.delegations;
    if (releases === undefined) throw new Error('no delegation');
    repository.targetsRole.version += 1;
    const old = releases.keys;
    releases.keys = [ecdsaKey()];
    const unsigned = repository.publish({ signers: { 'targets/releases': old } });
    expect(trustFiles(unsigned, { earlier }).warnings).toMatchObject([
      { kind: 'delegation-signatures', role: 'targets/releases' },
    ]);
    releases.hasFile = false;
    expect(trustFiles(repository.publish(), { earlier }).warnings).toMatchObject([
      { kind: 'delegation-vanished', role: 'targets/releases' },
    ]);
  });
});
