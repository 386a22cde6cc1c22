/**
 * A lying server against everything that signs: what it shows must not get a signature of a real key
 * unless something vouches for it that the server cannot write.
 */
import { describe, expect, it } from 'vitest';
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  addSigner,
  examineSigning,
  publishServerKeys,
  keyIdOf,
  publishTags,
  removeSigner,
  removeTags,
  renewRoles,
  rotateKey,
  sha256HexOf,
  type ChangeOptions,
  type Signer,
  type TrustServer,
} from '../../../src/trust/index.js';
import { failure } from '../support/failure.js';
import { RepositoryBuilder } from '../repository-builder.js';
import { evil, hostileServer, HostileServer, listedOnly } from '../support/hostile-server.js';
import { ecdsaKey } from '../test-keys.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, gun, memoryLog, start, TestRepository } from '../support/repository.js';

/** A key that counts what it signs. */
function counting(signer: Signer): Signer & { readonly signed: Buffer[] } {
  const signed: Buffer[] = [];
  return {
    ...signer,
    signed,
    sign: (message) => {
      signed.push(Buffer.from(message));
      return signer.sign(message);
    },
  };
}

/** The real keys of a repository, each counting. */
function keysOfOwner() {
  return {
    root: counting(ecdsaSigner('root key')),
    targets: counting(ecdsaSigner('repository key')),
    ci: counting(ecdsaSigner('ci key')),
  };
}

type Keys = ReturnType<typeof keysOfOwner>;

type Options = ChangeOptions & { readonly recheck: () => Promise<void> };

interface Deed {
  readonly name: string;
  /** The key whose record binds the deed; none where only a root key signs. */
  readonly recorded: 'targets' | 'ci' | undefined;
  run(server: TrustServer, keys: Keys, options: Options): Promise<unknown>;
}

const tags = new Map([['1.0', content('b')]]);
const publicKeyOf = (keys: Keys) => createRootCertificate(gun, keys.root, start);

const deeds: readonly Deed[] = [
  {
    name: 'signing into targets',
    recorded: 'targets',
    run: (server, { targets }, options) =>
      publishTags(server, { ...options, signer: targets, tags }),
  },
  {
    name: 'signing into delegations',
    recorded: 'ci',
    run: (server, { ci }, options) => publishTags(server, { ...options, signer: ci, tags }),
  },
  {
    name: 'looking whether it could sign',
    recorded: 'ci',
    run: (server, { ci }, options) =>
      examineSigning(server, { ...options, signer: ci, tags: tags.keys() }),
  },
  {
    name: 'revoking',
    recorded: 'targets',
    run: (server, { targets }, options) =>
      removeTags(server, { ...options, signer: targets, selects: () => true }),
  },
  {
    name: 'adding a signer',
    recorded: 'targets',
    run: (server, { targets }, options) =>
      addSigner(server, {
        ...options,
        signers: [targets],
        wanted: { name: 'bob', keys: [ecdsaSigner('bob').publicKey] },
      }),
  },
  {
    name: 'removing a signer',
    recorded: 'targets',
    run: (server, { targets }, options) =>
      removeSigner(server, { ...options, signers: [targets], name: 'ci', isLossConfirmed: true }),
  },
  {
    name: 'renewing targets',
    recorded: 'targets',
    run: (server, { targets }, options) =>
      renewRoles(server, {
        ...options,
        signers: [targets],
        withinDays: 40_000,
        isSnapshotServerManaged: true,
      }),
  },
  {
    name: 'renewing the root',
    recorded: undefined,
    run: (server, { root }, options) =>
      renewRoles(server, {
        ...options,
        signers: [root],
        withinDays: 40_000,
        isSnapshotServerManaged: true,
      }),
  },
  {
    name: 'rotating the root key',
    recorded: undefined,
    run: async (server, keys, options) => {
      const signer = ecdsaSigner('new root');
      const publicKey = await createRootCertificate(gun, signer, start);
      const newKey = { signer, publicKey };
      const wish = { role: 'root', newKey, availableKeys: [keys.root], oldKeyId: keys.root.keyId };
      return rotateKey(server, { ...options, ...wish });
    },
  },
  {
    name: 'a new certificate for the root key',
    recorded: undefined,
    run: async (server, keys, options) => {
      const newKey = { signer: keys.root, publicKey: await publicKeyOf(keys) };
      const clock = () => new Date(start.getTime() + 3600 * 86_400_000);
      return rotateKey(server, {
        ...options,
        clock,
        role: 'root',
        newKey,
        availableKeys: [keys.root],
      });
    },
  },
  {
    name: 'rotating the repository key',
    recorded: undefined,
    run: (server, { root, targets }, options) => {
      const signer = ecdsaSigner('new');
      const newKey = { signer, publicKey: signer.publicKey };
      const wish = { role: 'targets', newKey, availableKeys: [root], oldKeyId: targets.keyId };
      return rotateKey(server, { ...options, ...wish });
    },
  },
  {
    name: 'rotating the key of a signer',
    recorded: 'targets',
    run: (server, { targets, ci }, options) => {
      const signer = ecdsaSigner('new');
      const newKey = { signer, publicKey: signer.publicKey };
      const wish = { role: 'targets/ci', newKey, availableKeys: [targets], oldKeyId: ci.keyId };
      return rotateKey(server, { ...options, ...wish });
    },
  },
  {
    name: 'handing the snapshot over to the server',
    recorded: undefined,
    run: async (server, { root }, options) => {
      const newKeys = new Map([['snapshot', await server.rotateServerKey('snapshot')] as const]);
      return publishServerKeys(server, { ...options, newKeys, availableKeys: [root] });
    },
  },
];

const optionsWith = (pins: ChangeOptions['pins'] = []): Options => ({
  recheck: () => Promise.resolve(),
  pins,
  clock: () => start,
  log: memoryLog(),
});

/** Runs a deed against a lying server. @returns its error; nothing of the server was signed. */
async function refusedBy(deed: Deed, keys: Keys, pins?: ChangeOptions['pins']) {
  const server = await hostileServer(gun, start, keys);
  for (const { signed } of Object.values(keys)) signed.length = 0;
  const error = await failure(deed.run(server, keys, optionsWith(pins)));
  expect(server.posts).toEqual([]);
  const documents = Object.values(keys).flatMap(({ signed }) =>
    signed.filter((bytes) => bytes.includes('"_type"')),
  );
  expect(documents).toEqual([]);
  return error;
}

describe('what a lying server shows', () => {
  it.each(deeds)('gets no signature by $name when nothing else vouches for it', async (deed) => {
    const keys = keysOfOwner();
    const error = await refusedBy(deed, keys);
    expect(error.code).toBe('TRUST_ANCHOR_MISSING');
    expect(error.message).toContain(gun);
    expect(error.remedy).toContain('keys init');
    expect(error.remedy).toContain('Do not take it from the trust server');
  });

  it.each(deeds)('gets no signature by $name against a pin of the real root key', async (deed) => {
    const keys = keysOfOwner();
    const error = await refusedBy(deed, keys, [{ kind: 'key-id', keyId: keys.root.keyId }]);
    // That it lists the pinned key does not make the root one that this key has signed.
    expect(['TRUST_PIN_MISMATCH', 'TRUST_DATA_INVALID']).toContain(error.code);
  });

  it.each(deeds.filter(({ recorded }) => recorded))(
    'gets no signature by $name with a key that is recorded for the real root key',
    async (deed) => {
      const keys = keysOfOwner();
      const recorded = deed.recorded ?? 'ci';
      const recordedRoots = [keys.root.keyId];
      const bound = { ...keys, [recorded]: { ...keys[recorded], recordedRoots } };
      const error = await refusedBy(deed, bound);
      expect(error.code).toBe('TRUST_PIN_MISMATCH');
      expect(error.message).toContain(`key ID ${keys.root.keyId} (recorded at the `);
    },
  );

  it('is held to the record even by a key that has nothing to sign', async () => {
    const keys = keysOfOwner();
    const server = await hostileServer(gun, start, { ...keys, ci: undefined });
    const recorded = { ...keys.targets, recordedRoots: [keys.root.keyId] };
    const digest = `sha256:${sha256HexOf(evil) ?? ''}`;
    const standing = new Map([['prod', { digest, length: evil.length }]]);
    const error = await failure(
      publishTags(server, { ...optionsWith(), signer: recorded, tags: standing }),
    );
    expect(error.code).toBe('TRUST_PIN_MISMATCH');
  });
});

describe('the real server', () => {
  const signed = () => new TestRepository().initialise({ old: content('a') });

  it.each([
    ['a pin', (r: TestRepository) => ({ context: r.pinned, signer: ecdsaSigner('ci') })],
    [
      'the record of the signing key',
      (r: TestRepository) => ({
        context: r.context,
        signer: { ...ecdsaSigner('ci'), recordedRoots: ['ab'.repeat(32), r.root.keyId] },
      }),
    ],
  ])('has a fresh signer follow others into targets/releases with %s', async (_anchor, make) => {
    const repository = await signed();
    const { context, signer } = make(repository);
    const other = ecdsaSigner('other');
    await addSigner(repository.server, {
      ...repository.pinned,
      signers: [repository.targets],
      wanted: { name: 'ci', keys: [signer.publicKey] },
    });
    await addSigner(repository.server, {
      ...repository.pinned,
      signers: [repository.targets],
      wanted: { name: 'other', keys: [other.publicKey] },
    });
    await publishTags(repository.server, { ...repository.pinned, signer: other, tags });
    const more = new Map([['2.0', content('c')]]);
    const done = await publishTags(repository.server, { ...context, signer, tags: more });
    expect(done.roles).toEqual(['targets/ci', 'targets/releases']);
    // The read-back is held to it as well.
    expect(done.view.pinnedBy).toMatchObject({ kind: 'pin' });
  });

  it('refuses a fresh signer whose role others have signed, and lets it begin one of its own', async () => {
    const repository = await signed();
    const [ci, other] = [ecdsaSigner('ci'), ecdsaSigner('other')];
    await repository.delegate({ 'targets/ci': ci.publicKey, 'targets/releases': ci.publicKey });
    const first = await publishTags(repository.server, { ...repository.context, signer: ci, tags });
    expect(first.view.pinnedBy.kind).toBe('first-use');
    await repository.delegate({
      'targets/ci': ci.publicKey,
      'targets/other': other.publicKey,
      'targets/releases': other.publicKey,
    });
    repository.fake.requests.length = 0;
    const error = await failure(
      publishTags(repository.server, { ...repository.context, signer: other, tags }),
    );
    expect(error.code).toBe('TRUST_ANCHOR_MISSING');
    expect(error.message).toContain(`root key ${repository.root.keyId}`);
    expect(error.message).toContain('targets/releases');
    expect(repository.fake.posts).toBe(0);
  });

  it('needs no anchor for what the signing key has signed before', async () => {
    const repository = await signed();
    const { targets, context, server } = repository;
    const done = await publishTags(server, { ...context, signer: targets, tags });
    expect(done.view.pinnedBy.kind).toBe('first-use');
  });

  it('is vouched for by a root key that the run has, though it signs nothing', async () => {
    const repository = await signed();
    const signer = ecdsaSigner('new');
    const { root, targets, context, server } = repository;
    const ci = ecdsaSigner('ci');
    await repository.delegate({ 'targets/ci': ci.publicKey, 'targets/releases': ci.publicKey });
    await publishTags(server, { ...repository.pinned, signer: ci, tags });
    const newKey = { signer, publicKey: signer.publicKey };
    const done = await rotateKey(server, {
      ...context,
      role: 'targets/ci',
      newKey,
      availableKeys: [root, targets],
    });
    expect(done.view.pinnedBy).toMatchObject({ kind: 'pin' });
  });
});

describe('the Docker CLI, which reads the repository again and signs what it is shown then', () => {
  const examineForDocker = async (
    repository: TestRepository,
    more: Partial<Parameters<typeof examineSigning>[1]> = {},
  ) =>
    examineSigning(repository.server, {
      ...repository.context,
      signer: repository.targets,
      tags: tags.keys(),
      isReadAnew: true,
      ...more,
    });

  it('gets no key whose earlier signatures are all that vouches for the repository', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const error = await failure(examineForDocker(repository));
    expect(error.code).toBe('TRUST_ANCHOR_MISSING');
    expect(error.message).toContain('the Docker CLI');
    expect(error.remedy).toContain(repository.root.keyId);
  });

  it('gets no key for a role of its own that has no file yet either', async () => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    const ci = ecdsaSigner('ci');
    await repository.delegate({ 'targets/ci': ci.publicKey, 'targets/releases': ci.publicKey });
    const error = await failure(examineForDocker(repository, { signer: ci }));
    expect(error.code).toBe('TRUST_ANCHOR_MISSING');
  });

  it.each([
    ['a pin', (r: TestRepository) => ({ pins: r.pinned.pins })],
    ['a root key of the run', (r: TestRepository) => ({ keys: [r.root] })],
    [
      'the record of the signing key',
      (r: TestRepository) => ({ signer: { ...r.targets, recordedRoots: [r.root.keyId] } }),
    ],
  ])('gets the key with %s', async (_anchor, more) => {
    const repository = await new TestRepository().initialise({ old: content('a') });
    expect(await examineForDocker(repository, more(repository))).toMatchObject({
      kind: 'ready',
      view: { pinnedBy: { kind: 'pin' } },
    });
  });
});

describe('a file that no key of its role has signed', () => {
  /** The server of a genuine root that lists a file of its own making for the signer's role. */
  const junkServer = (ci: Signer, version: number) => {
    const builder = new RepositoryBuilder(gun, start);
    builder.delegate('targets/releases', {
      keys: [listedOnly(ci.publicKey)],
      version,
      targets: { prod: evil },
    });
    const files = builder.build({ signers: { 'targets/releases': [ecdsaKey()] } });
    const pins = builder.root.keys.map(({ publicKey }) => ({
      kind: 'key-id' as const,
      keyId: keyIdOf(publicKey),
    }));
    return { server: new HostileServer(gun, files, builder), pins };
  };

  it.each([
    ['signs', publishTags],
    [
      'is examined',
      (server: TrustServer, options: Options & { readonly signer: Signer }) =>
        examineSigning(server, { ...options, tags: tags.keys() }),
    ],
  ])('has the key of the role not spend all version numbers when it %s', async (_deed, run) => {
    const ci = counting(ecdsaSigner('ci'));
    const { server, pins } = junkServer(ci, Number.MAX_SAFE_INTEGER - 1);
    const error = await failure(run(server, { ...optionsWith(pins), signer: ci, tags }));
    expect(error.code).toBe('TRUST_DATA_INVALID');
    expect(error.message).toContain('targets/releases');
    expect(ci.signed).toEqual([]);
    expect(server.posts).toEqual([]);
  });

  it('is followed by the next version where it can have come about by signing', async () => {
    const ci = ecdsaSigner('ci');
    const { server, pins } = junkServer(ci, 41);
    await failure(publishTags(server, { ...optionsWith(pins), signer: ci, tags, deadlineMs: 1 }));
    const [sent] = server.posts;
    const bytes = sent?.get('targets/releases') ?? Buffer.alloc(0);
    const { signed } = JSON.parse(String(Buffer.from(bytes))) as { signed: { version: number } };
    expect(signed.version).toBe(42);
  });
});
