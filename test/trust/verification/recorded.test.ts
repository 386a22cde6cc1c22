import { describe, expect, it } from 'vitest';
import {
  adminKeysOf,
  listTags,
  lookUpTag,
  signersOf,
  TrustedCollection,
  type EarlierState,
  type TrustedView,
} from '../../../src/trust/verification/index.js';
import {
  readFixture,
  recordedDocuments,
  type RecordedDocument,
} from '../metadata/notary-fixtures.js';
import { sha256Hex } from '../test-keys.js';

const recordedAt = new Date('2026-11-23T13:00:00Z');
const documents = recordedDocuments();

/** What a server with the recorded documents of one GUN would serve by hash. */
const stores = new Map<string, Map<string, Buffer>>();
for (const { from, gun, text } of documents) {
  const name = `${backEndOf(from)} ${gun}`;
  const store = stores.get(name) ?? new Map<string, Buffer>();
  store.set(sha256Hex(Buffer.from(text)), Buffer.from(text));
  stores.set(name, store);
}

function backEndOf(from: string): string {
  return from.split('/')[0] ?? '';
}

/** Reads the collection that a recorded timestamp describes; undefined if a file was not recorded. */
function replay(timestamp: RecordedDocument, earlier?: EarlierState): TrustedView | undefined {
  const { gun } = timestamp;
  const store = stores.get(`${backEndOf(timestamp.from)} ${gun}`) ?? new Map<string, Buffer>();
  const snapshotHash = hashListedIn(timestamp.text, 'snapshot');
  const snapshot = store.get(snapshotHash);
  if (snapshot === undefined) return undefined;
  const root = store.get(hashListedIn(snapshot.toString(), 'root'));
  if (root === undefined) return undefined;
  const collection = new TrustedCollection({ gun, now: recordedAt, earlier });
  if (earlier !== undefined) {
    for (const version of collection.rootsBefore(root)) {
      collection.acceptRoot(rootOf(timestamp, version), { intermediate: true });
    }
  }
  collection.acceptRoot(root);
  collection.acceptTimestamp(Buffer.from(timestamp.text));
  collection.acceptSnapshot(snapshot);
  const targets = store.get(collection.sha256Of('targets') ?? '');
  if (targets === undefined) return undefined;
  collection.acceptTargets(targets);
  for (let [next] = collection.pendingDelegations(); next !== undefined;) {
    const file = store.get(collection.sha256Of(next) ?? '');
    if (file === undefined) return undefined;
    collection.acceptDelegation(next, file);
    [next] = collection.pendingDelegations();
  }
  return collection.finish();
}

function rootOf(timestamp: RecordedDocument, version: number): Buffer {
  const backEnd = backEndOf(timestamp.from);
  const root = documents.find(
    ({ from, gun, role, text }) =>
      role === 'root' &&
      gun === timestamp.gun &&
      from.startsWith(`${backEnd}/`) &&
      text.includes(`"version":${version}}`),
  );
  return Buffer.from(root?.text ?? '');
}

function hashListedIn(text: string, role: string): string {
  const { signed } = JSON.parse(text) as {
    signed: { meta: Record<string, { hashes: { sha256: string } }> };
  };
  return Buffer.from(signed.meta[role]?.hashes.sha256 ?? '', 'base64').toString('hex');
}

const timestamps = documents.filter(({ role }) => role === 'timestamp');

function viewIn(command: string): TrustedView | undefined {
  const timestamp = timestamps.find(({ from }) => from.includes(`/${command}/`));
  return timestamp && replay(timestamp);
}

describe('the recorded collections of both back ends', () => {
  it('verify whole, whatever Go client made them', () => {
    const views = timestamps.flatMap((timestamp) => replay(timestamp) ?? []);
    expect(views.length).toBeGreaterThan(60);
    expect(views.some(({ targets }) => targets.has('targets/releases'))).toBe(true);
    expect(views.some(({ root }) => root.signatures.length > 1)).toBe(true);
  });

  it('verify as a history: each state follows from the one before', () => {
    const latest = new Map<string, TrustedView>();
    let steps = 0;
    for (const timestamp of timestamps) {
      const name = `${backEndOf(timestamp.from)} ${timestamp.gun}`;
      const earlier = latest.get(name);
      const { version } = (JSON.parse(timestamp.text) as { signed: { version: number } }).signed;
      // Clients with an old cache read old roots on purpose; only steps forward make a history.
      if (version < (earlier?.timestamp.signed.version ?? 0)) continue;
      const view = replay(timestamp, earlier);
      if (view === undefined) continue;
      latest.set(name, view);
      if (earlier !== undefined) steps += 1;
    }
    expect(steps).toBeGreaterThan(40);
  });

  it('show the delegation without keys that docker trust signer remove leaves as skipped', () => {
    const view = viewIn('f04-inspect');
    expect(view?.skipped.get('targets/releases')?.reason).toBe('signatures');
    expect(view?.warnings.map(({ role }) => role)).toEqual(['targets/releases']);
  });
});

describe('what we say of a collection', () => {
  it('is what docker trust inspect says', () => {
    const view = viewIn('e11-inspect');
    if (view === undefined) throw new Error('not recorded');
    const inspection = [
      {
        Name: view.gun,
        SignedTags: listTags(view).map(({ tag, digest, signers }) => ({
          SignedTag: tag,
          Digest: digest.replace('sha256:', ''),
          Signers: signers,
        })),
        Signers: signersOf(view).map(({ name, keyIds }) => ({
          Name: name,
          Keys: keyIds.map((ID) => ({ ID })),
        })),
        AdministrativeKeys: [
          { Name: 'Root', Keys: adminKeysOf(view).root.map((ID) => ({ ID })) },
          { Name: 'Repository', Keys: adminKeysOf(view).repository.map((ID) => ({ ID })) },
        ],
      },
    ];
    expect(inspection).toEqual(readFixture('docker/inspect-repo.json'));
  });

  it('names the signer of a tag that docker trust sign signed', () => {
    const view = viewIn('e06-inspect');
    if (view === undefined) throw new Error('not recorded');
    expect(listTags(view)[0]).toMatchObject({ tag: '1', signers: ['frank'], isPulled: true });
    expect(lookUpTag(view, '1')).toMatchObject({ role: 'targets/releases' });
  });

  it('agrees with notary list about what is signed where', () => {
    const view = viewIn('11-list');
    if (view === undefined) throw new Error('not recorded');
    const digest = 'sha256:23e9bf2f0c9442a49c6f8bcefe92299367c3f521c17f924b81eab24d4f67783b';
    expect(lookUpTag(view, 'v1')).toMatchObject({ role: 'targets', length: 100, digest });
    expect(lookUpTag(view, 'v2')).toMatchObject({ role: 'targets/releases', length: 1234, digest });
    expect(lookUpTag(view, 'b/x')).toMatchObject({ kind: 'refused', role: 'targets/bob' });
    expect(lookUpTag(view, 'nope')).toEqual({ kind: 'unsigned', tag: 'nope' });
  });

  it("holds for Docker's own cache on disk", () => {
    const cache = readFixture('local-cache/docker-28.json') as Record<string, string>;
    const gun = 'localhost:15000/demo/img';
    const file = (role: string): Buffer =>
      Buffer.from(cache[`tuf/${gun}/metadata/${role}.json`] ?? '');
    const collection = new TrustedCollection({ gun, now: recordedAt });
    collection.acceptRoot(file('root'));
    collection.acceptTimestamp(file('timestamp'));
    collection.acceptSnapshot(file('snapshot'));
    collection.acceptTargets(file('targets'));
    for (const role of collection.pendingDelegations()) {
      collection.acceptDelegation(role, file(role));
    }
    expect(collection.finish().targets.has('targets')).toBe(true);
  });
});
