import { describe, expect, it } from 'vitest';
import { TrustedCollection } from '../../../src/trust/verification/index.js';
import {
  dockerLikeRepository,
  fileOf,
  gun,
  inDays,
  now,
  RepositoryBuilder,
  targetOf,
  trustFiles,
  type BuiltDelegation,
} from '../repository-builder.js';
import {
  ecdsaKey,
  ed25519Key,
  makeCertificate,
  rsaKey,
  withCertificates,
  type TestKey,
} from '../test-keys.js';
import { expectRefusal } from './expect-refusal.js';

describe('a delegation', () => {
  it('is skipped with a warning when it has expired, as Docker skips it', () => {
    const repository = dockerLikeRepository();
    const [releases] = repository.delegations as [BuiltDelegation];
    releases.expires = inDays(-1);
    const view = trustFiles(repository.build());
    expect(view.targets.has('targets/releases')).toBe(false);
    expect(view.delegations.has('targets/releases')).toBe(true);
    expect(view.skipped.get('targets/releases')?.reason).toBe('expired');
    expect(view.warnings).toEqual([
      {
        kind: 'delegation-expired',
        role: 'targets/releases',
        message:
          `targets/releases of ${gun} is ignored, as Docker ignores it: ` +
          'it expired at 2026-11-23T12:00:00.000Z',
      },
    ]);
    const strict = (): unknown => trustFiles(repository.build(), { unusableReleases: 'refuse' });
    expectRefusal(strict, 'TRUST_DATA_EXPIRED', /targets\/releases expired at 2026-11-23/);
    const report = trustFiles(repository.build(), { expiry: 'report' });
    expect(report.targets.has('targets/releases')).toBe(true);
    expect(report.warnings).toMatchObject([{ kind: 'expired', role: 'targets/releases' }]);
  });

  it('is skipped with a warning when its signatures are not by its keys', () => {
    const repository = dockerLikeRepository();
    const files = repository.build({ signers: { 'targets/releases': [ecdsaKey()] } });
    const view = trustFiles(files);
    expect([...view.targets.keys()]).toEqual(['targets', 'targets/alice']);
    expect(view.skipped.get('targets/releases')?.reason).toBe('signatures');
    expect(view.warnings).toMatchObject([
      { kind: 'delegation-signatures', role: 'targets/releases' },
    ]);
    const strict = (): unknown => trustFiles(files, { unusableReleases: 'refuse' });
    expectRefusal(strict, 'TRUST_DATA_INVALID', /targets\/releases: valid signatures/);
  });

  it('is skipped when it lists no key any more', () => {
    const repository = dockerLikeRepository();
    const [releases] = repository.delegations as [BuiltDelegation];
    const signers = { 'targets/releases': releases.keys };
    releases.keys = [];
    const view = trustFiles(repository.build({ signers }));
    expect(view.skipped.get('targets/releases')?.reason).toBe('signatures');
  });

  it('other than targets/releases is skipped even when that one must not be', () => {
    const repository = dockerLikeRepository();
    const files = repository.build({ signers: { 'targets/alice': [ecdsaKey()] } });
    const view = trustFiles(files, { unusableReleases: 'refuse' });
    expect([...view.skipped.keys()]).toEqual(['targets/alice']);
  });

  it('takes everything below it along when it is skipped', () => {
    const repository = new RepositoryBuilder();
    const parent = repository.delegate('targets/a');
    repository.delegate('targets/a/b');
    parent.expires = inDays(-1);
    const view = trustFiles(repository.build());
    expect([...view.targets.keys()]).toEqual(['targets']);
    expect([...view.delegations.keys()]).toEqual(['targets/a']);
  });

  it('without a file is listed and not asked for', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/new', { hasFile: false });
    const view = trustFiles(repository.build());
    expect(view.delegations.get('targets/new')?.paths).toEqual(['']);
    expect([...view.targets.keys()]).toEqual(['targets']);
  });

  it('that only the snapshot lists is ignored', () => {
    const repository = dockerLikeRepository();
    const listed = repository.delegations;
    const all = repository.build();
    repository.delegations = [];
    const edit = {
      snapshot: (signed: { meta: object }) => ({
        ...signed,
        meta: { ...signed.meta, 'targets/gone': { hashes: {}, length: 1 } },
      }),
    };
    const files = repository.build({ edit: edit });
    expect([...trustFiles(files).targets.keys()]).toEqual(['targets']);
    repository.delegations = listed;
    expect(trustFiles(all).targets.size).toBe(3);
  });

  it('may be signed by x509, RSA and Ed25519 keys', () => {
    const certified = (key: TestKey): TestKey =>
      withCertificates(key, [
        // Certificates of delegations may have expired: TUF's own expiry governs.
        makeCertificate(key, { commonName: 'anyone', notAfter: inDays(-5) }),
      ]);
    const keys = [
      certified(ecdsaKey()),
      certified(rsaKey()),
      rsaKey(2048, 'rsapkcs1v15'),
      ed25519Key(),
    ];
    for (const key of keys) {
      const repository = new RepositoryBuilder();
      repository.delegate('targets/alice', { keys: [key] });
      expect(trustFiles(repository.build()).targets.has('targets/alice')).toBe(true);
    }
    const repository = new RepositoryBuilder();
    repository.delegate('targets/team', { keys, threshold: 4 });
    expect(trustFiles(repository.build()).targets.has('targets/team')).toBe(true);
    const signers = { 'targets/team': keys.slice(1) };
    const view = trustFiles(repository.build({ signers }));
    expect(view.warnings.map(({ message }) => message).join()).toMatch(/3 of 4/);
  });

  it.each([
    ['of a base role', 'root'],
    ['of itself', 'targets'],
    ['of a grandchild', 'targets/a/b'],
    ['in upper case', 'targets/Alice'],
    ['with an empty segment', 'targets//a'],
    ['with a trailing slash', 'targets/a/'],
    ['climbing up', 'targets/../root'],
  ])('%s makes its parent invalid', (_case, name) => {
    const repository = new RepositoryBuilder();
    const key = ecdsaKey();
    const role = { name, keyids: [key.keyId], threshold: 1, paths: [''] };
    const edit = {
      targets: (signed: object) => ({
        ...signed,
        delegations: { keys: { [key.keyId]: key.publicKey }, roles: [role] },
      }),
    };
    const files = repository.build({ edit: edit });
    const rule = /targets: it delegates to .*, which is not a child of targets/;
    expectRefusal(() => trustFiles(files), 'TRUST_DATA_INVALID', rule);
  });

  it('with broken content is an error, not skipped', () => {
    const repository = dockerLikeRepository();
    const cut = repository.build({ wire: { 'targets/alice': (text) => text.slice(5) } });
    expectRefusal(() => trustFiles(cut), 'TRUST_DATA_INVALID', /targets\/alice: .* not valid JSON/);
    const empty = repository.build({ signers: { 'targets/alice': [] } });
    expectRefusal(() => trustFiles(empty), 'TRUST_DATA_INVALID', /alice: it has no signatures/);
  });

  it('with threshold zero makes its parent invalid', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/a', { threshold: 0 });
    const rule = /targets: the threshold of targets\/a is 0/;
    expectRefusal(() => trustFiles(repository.build()), 'TRUST_DATA_INVALID', rule);
  });

  it('listed twice counts as first listed, and makes everything invalid once its file is good', () => {
    const repository = new RepositoryBuilder();
    const [first, second] = [ecdsaKey(), ecdsaKey()];
    const targets = { one: targetOf('1') };
    repository.delegate('targets/a', { keys: [first], paths: ['v1'], targets });
    repository.delegate('targets/a', { keys: [second], paths: [''], targets });
    const view = trustFiles(repository.build({ signers: { 'targets/a': [second] } }));
    expect(view.delegations.get('targets/a')?.paths).toEqual(['v1']);
    expect(view.skipped.has('targets/a')).toBe(true);
    const files = repository.build({ signers: { 'targets/a': [first] } });
    const rule = /targets\/a: targets lists it more than once/;
    expectRefusal(() => trustFiles(files), 'TRUST_DATA_INVALID', rule);
  });

  it('is refused with all the rest for one weak certificate among its keys', () => {
    const certified = (key: TestKey, options: { hash?: 'sha1'; notBefore?: Date }): TestKey =>
      withCertificates(key, [makeCertificate(key, { commonName: 'anyone', ...options })]);
    const weak = [
      certified(ecdsaKey(), { hash: 'sha1' }),
      certified(rsaKey(1024), {}),
      certified(ecdsaKey(), { notBefore: new Date('2040-01-01T00:00:00Z') }),
    ];
    for (const key of weak) {
      const repository = new RepositoryBuilder();
      const good = ecdsaKey();
      repository.delegate('targets/a', { keys: [good, key] });
      const files = repository.build({ signers: { 'targets/a': [good] } });
      const rule =
        /targets\/a: the certificate of a key: it (is signed with SHA-1|ends before)|its RSA/;
      expectRefusal(() => trustFiles(files), 'TRUST_DATA_INVALID', rule);
    }
  });

  it('must keep null lists apart from errors', () => {
    const repository = new RepositoryBuilder();
    const edit = {
      targets: (signed: object) => ({
        ...signed,
        targets: null,
        delegations: { keys: null, roles: null },
      }),
    };
    expect(trustFiles(repository.build({ edit: edit })).delegations.size).toBe(0);
    const none = { targets: ({ delegations: _d, ...rest }: { delegations: unknown }) => rest };
    expect(trustFiles(repository.build({ edit: none })).delegations.size).toBe(0);
  });
});

describe('nested delegations', () => {
  it('are followed to any honest depth, with paths limited by every ancestor', () => {
    const repository = new RepositoryBuilder();
    repository.delegate('targets/a', { paths: ['v1', 'v2'] });
    repository.delegate('targets/a/b', { paths: ['v1.', 'v2', 'v3', ''] });
    repository.delegate('targets/a/b/c', { paths: ['v1.5', 'v1', 'v2x'] });
    const view = trustFiles(repository.build());
    expect(view.delegations.get('targets/a/b')?.paths).toEqual(['v1.', 'v2']);
    expect(view.delegations.get('targets/a/b/c')?.paths).toEqual(['v1.5', 'v2x']);
    expect(view.delegations.get('targets/a/b/c')?.parent).toBe('targets/a/b');
    expect(view.targets.size).toBe(4);
  });

  it('ten deep are fine, seventeen are too many', () => {
    const repository = new RepositoryBuilder();
    let name = 'targets';
    for (let depth = 1; depth <= 10; depth += 1) repository.delegate((name += '/d'));
    expect(trustFiles(repository.build()).targets.size).toBe(11);
    for (let depth = 11; depth <= 17; depth += 1) repository.delegate((name += '/d'));
    const rule = /deeper than 16 levels/;
    expectRefusal(() => trustFiles(repository.build()), 'TRUST_DATA_INVALID', rule);
  });

  it('are asked for in listed order, parents first', () => {
    const repository = new RepositoryBuilder();
    for (const name of ['targets/b', 'targets/a', 'targets/b/x']) repository.delegate(name);
    const files = repository.build();
    const collection = new TrustedCollection({ gun, now });
    collection.acceptRoot(fileOf(files, 'root'));
    collection.acceptTimestamp(fileOf(files, 'timestamp'));
    expect(collection.expected('targets')).toBeUndefined();
    expect(collection.fits('snapshot', fileOf(files, 'snapshot'))).toBe(true);
    collection.acceptSnapshot(fileOf(files, 'snapshot'));
    expect(collection.fits('targets', fileOf(files, 'snapshot'))).toBe(false);
    expect(collection.sha256Of('targets')).toMatch(/^[0-9a-f]{64}$/);
    collection.acceptTargets(fileOf(files, 'targets'));
    expect(collection.pendingDelegations()).toEqual(['targets/b', 'targets/a']);
    expect(collection.acceptDelegation('targets/b', fileOf(files, 'targets/b'))).toBe('trusted');
    expect(collection.pendingDelegations()).toEqual(['targets/a', 'targets/b/x']);
    expect(() => collection.finish()).toThrow(/delegations are missing/);
  });

  it('more than the limit are refused', () => {
    const repository = new RepositoryBuilder();
    const keys = [ecdsaKey()];
    for (let count = 0; count <= 1024; count += 1) {
      repository.delegate(`targets/d${count}`, { keys, hasFile: false });
    }
    const rule = /targets: more than 1024 delegations/;
    expectRefusal(() => trustFiles(repository.build()), 'TRUST_DATA_INVALID', rule);
  });
});

describe('calls out of order', () => {
  const files = dockerLikeRepository().build();

  it.each([
    [
      'timestamp',
      (c: TrustedCollection) => {
        c.acceptTimestamp(fileOf(files, 'timestamp'));
      },
    ],
    [
      'snapshot',
      (c: TrustedCollection) => {
        c.acceptSnapshot(fileOf(files, 'snapshot'));
      },
    ],
    [
      'targets',
      (c: TrustedCollection) => {
        c.acceptTargets(fileOf(files, 'targets'));
      },
    ],
    ['delegation', (c: TrustedCollection) => c.acceptDelegation('targets/alice', Buffer.alloc(0))],
    ['finish', (c: TrustedCollection) => c.finish()],
  ])('are a mistake of the caller: %s first', (_case, call) => {
    expect(() => {
      call(new TrustedCollection({ gun, now }));
    }).toThrow(/used out of order/);
  });
});
