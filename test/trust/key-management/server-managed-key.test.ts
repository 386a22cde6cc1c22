import { beforeEach, describe, expect, it } from 'vitest';
import { createRootCertificate } from '../../../src/signing/index.js';
import { firstRoot, withTargets } from '../../../src/trust/edits/index.js';
import {
  canonicalForm,
  draftServerKeys,
  publishServerKeys,
  keyIdOf,
  lookUpTag,
  newServerKey,
  publishTags,
  readRepository,
  serializeEnvelope,
  isServerManaged,
  serverRoles,
  type ServerRole,
  type Signed,
  type Signer,
} from '../../../src/trust/index.js';
import { tagTarget } from '../../../src/trust/edits/index.js';
import { hashesOf } from '../repository-builder.js';
import { failure } from '../support/failure.js';
import { ecdsaSigner } from '../support/keys.js';
import { content, gun, TestRepository } from '../support/repository.js';

const tags = new Map([['2', content('b')]]);
let repository: TestRepository;
let snapshotKey: Signer;

/** As `notary init` and `notary publish` leave it: the client holds the snapshot key. */
beforeEach(async () => {
  repository = new TestRepository();
  snapshotKey = ecdsaSigner('snapshot key');
  const { now, server, root, targets } = repository;
  const certificate = await createRootCertificate(gun, root, now);
  const timestamp = await server.fetchServerKey('timestamp');
  const keys = { root: certificate, targets: targets.publicKey, timestamp };
  const { digest, length } = content('a');
  const files = new Map([
    [
      'root',
      await file(
        firstRoot({ ...keys, snapshot: snapshotKey.publicKey }, now),
        root,
        keyIdOf(certificate),
      ),
    ],
    [
      'targets',
      await file(withTargets(undefined, new Map([['1', tagTarget(digest, length)]]), now), targets),
    ],
  ]);
  const meta = Object.fromEntries([...files].map(([role, bytes]) => [role, hashesOf(bytes)]));
  const expires = '2029-11-22T12:00:00Z';
  files.set('snapshot', await file({ _type: 'Snapshot', version: 1, expires, meta }, snapshotKey));
  expect(await server.publish(files)).toEqual({ kind: 'accepted' });
  repository.fake.requests.length = 0;
});

async function file(signed: Signed, signer: Signer, keyid = signer.keyId): Promise<Buffer> {
  const sig = (await signer.sign(canonicalForm(signed))).toString('base64');
  return serializeEnvelope(signed, [{ keyid, method: signer.method, sig }]);
}

async function heldRoles(): Promise<ServerRole[]> {
  const seen = await repository.view();
  const answers = await Promise.all(
    serverRoles.map((role) => isServerManaged(repository.server, seen, role)),
  );
  return serverRoles.filter((_, index) => answers[index]);
}

async function handOver(roles: readonly ServerRole[], availableKeys = [repository.root]) {
  const { server } = repository;
  const seen = await readRepository(server, { pins: [], now: repository.now, expiry: 'report' });
  if (!seen) throw new Error('no trust data');
  const newKeys = new Map(
    await Promise.all(
      roles.map(async (role) => [role, await newServerKey(server, seen, role)] as const),
    ),
  );
  return publishServerKeys(repository.server, { ...repository.context, newKeys, availableKeys });
}

const judge = () => ({ pins: [], now: repository.now });

describe('a repository whose client holds the snapshot key', () => {
  it('cannot be published to before the snapshot is handed over, and can afterwards', async () => {
    const { server, context, targets } = repository;
    const refused = await failure(publishTags(server, { ...context, signer: targets, tags }));
    expect(refused.code).toBe('TRUST_SERVER_REJECTED');
    expect(await heldRoles()).toEqual(['timestamp']);
    const done = await handOver(['snapshot']);
    expect(done.replacements).toMatchObject([
      { role: 'snapshot', removed: [{ keyId: snapshotKey.keyId }] },
    ]);
    expect(Object.keys(repository.rootBody().keys)).not.toContain(snapshotKey.keyId);
    expect(lookUpTag(done.view, '1')).toMatchObject(content('a'));
    expect(await heldRoles()).toEqual(['snapshot', 'timestamp']);
    const signed = await publishTags(server, { ...context, signer: targets, tags });
    expect(lookUpTag(signed.view, '2')).toMatchObject(content('b'));
  });

  it('is told what would change, also for a role that was not asked for but is in the way', async () => {
    const question = {
      view: await repository.view(),
      replacesExisting: false,
      availableKeys: [repository.root],
    };
    const draft = (role: ServerRole, serverManaged: readonly ServerRole[]) =>
      draftServerKeys({ ...question, role, serverManaged }, judge()).replacements.map(
        (each) => each.role,
      );
    expect(draft('snapshot', ['timestamp'])).toEqual(['snapshot']);
    expect(draft('timestamp', ['timestamp'])).toEqual(['snapshot']);
    expect(draft('snapshot', [])).toEqual(['snapshot', 'timestamp']);
    expect(draft('snapshot', ['snapshot', 'timestamp'])).toEqual([]);
  });

  it('is handed over by whoever may publish, without the right to everything', async () => {
    repository.fake.rights.all = false;
    const done = await handOver(['snapshot']);
    expect(done.replacements).toMatchObject([{ role: 'snapshot' }]);
    expect(repository.fake.requests.filter((line) => line.startsWith('POST'))).toEqual(['POST ']);
    expect(await heldRoles()).toEqual(['snapshot', 'timestamp']);
  });

  it('takes the root key', async () => {
    const error = await failure(handOver(['snapshot'], [repository.targets]));
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain(repository.root.keyId);
  });

  it('is handed over although its snapshot has expired', async () => {
    repository.now = new Date('2029-12-24T00:00:00Z');
    const done = await handOver(['snapshot']);
    expect(done.view.warnings.map(({ role }) => role)).toEqual(['targets']);
  });
});

describe('a server that holds its keys', () => {
  it('gets new ones where that is wanted, both at once if need be', async () => {
    await handOver(['snapshot']);
    const before = repository.rootBody();
    repository.fake.requests.length = 0;
    const done = await handOver(['snapshot', 'timestamp']);
    expect(repository.fake.posts).toBe(1);
    expect(done.replacements).toHaveLength(2);
    for (const role of serverRoles) {
      expect(repository.rootBody().roles[role]).not.toEqual(before.roles[role]);
    }
    expect(await heldRoles()).toEqual(['snapshot', 'timestamp']);
    const question = {
      view: done.view,
      serverManaged: serverRoles,
      availableKeys: [repository.root],
    } as const;
    const renewal = draftServerKeys(
      { ...question, role: 'timestamp', replacesExisting: true },
      judge(),
    );
    expect(renewal.replacements.map(({ role }) => role)).toEqual(['timestamp']);
  });

  it('does not let somebody make keys who may only publish', async () => {
    repository.fake.rights.all = false;
    const error = await failure(handOver(['timestamp']));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(repository.fake.posts).toBe(0);
  });
});
