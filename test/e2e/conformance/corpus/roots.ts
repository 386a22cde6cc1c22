/** Roots and how one follows another: rotation chains, thresholds, roles and keys listed in them. */
import type { RootSigned } from '../../../../src/trust/metadata/index.js';
import type { Files, RepositoryBuilder } from '../../../trust/repository-builder.js';
import { ecdsaKey, rootKey, withPublicKey, type TestKey } from '../../../trust/test-keys.js';
import type { Served } from '../trust-server.js';
import { daysFrom, edited, plain, replaced, type Case, type Chapter } from './types.js';

const noFiles: Files = new Map();

/** What {@link chain} may be told to do differently. */
interface ChainOptions {
  /** Who signs the root of a version, given the keys of all versions (index 0 is version 1). */
  readonly signers?: Readonly<Record<number, (keys: readonly TestKey[]) => readonly TestKey[]>>;
  /** Versions that the server does not have. */
  readonly missing?: readonly number[];
  /** Versions that expired yesterday. */
  readonly expired?: readonly number[];
}

/** The first visit sees version 1, the second `length`, with every root in between on the server. */
function chain(length: number, options: ChainOptions = {}) {
  return (repository: RepositoryBuilder): readonly (Files | Served)[] => {
    plain(repository);
    const keys = Array.from({ length }, () => rootKey(repository.gun));
    const lasting = repository.root.expires;
    const builds = keys.map((key, index) => {
      const version = index + 1;
      repository.previousRootKeys = keys.slice(index === 0 ? index : index - 1, index);
      Object.assign(repository.root, { keys: [key], version });
      repository.root.expires =
        options.expired?.includes(version) === true ? daysFrom(repository, -1) : lasting;
      const signers = options.signers?.[version]?.(keys);
      return repository.publish(signers && { signers: { root: signers } });
    });
    const roots = new Map(
      builds
        .map((files, index) => [index + 1, files.get('root') ?? Buffer.alloc(0)] as const)
        .filter(([version]) => options.missing?.includes(version) !== true),
    );
    return [
      { files: builds[0] ?? noFiles, roots },
      { files: builds.at(-1) ?? noFiles, roots },
    ];
  };
}

const pick = (...versions: readonly number[]) =>
  function (keys: readonly TestKey[]): readonly TestKey[] {
    return keys.filter((_key, index) => versions.includes(index + 1));
  };

/** A root with several keys, `signing` of which sign. */
function severalKeys(threshold: number, count: number, signing: number) {
  return (repository: RepositoryBuilder): Files => {
    plain(repository).root.keys = Array.from({ length: count }, () => rootKey(repository.gun));
    repository.root.threshold = threshold;
    return repository.build({ signers: { root: repository.root.keys.slice(0, signing) } });
  };
}

/** From `before` of two keys to `after` of two new ones; `signing` names old and new signers. */
function newThreshold(before: number, after: number, signing: { old: number; own: number }) {
  return (repository: RepositoryBuilder): readonly Files[] => {
    const pair = (): TestKey[] => [rootKey(repository.gun), rootKey(repository.gun)];
    const [old, own] = [pair(), pair()];
    Object.assign(plain(repository).root, { keys: old, threshold: before });
    const first = repository.publish();
    Object.assign(repository.root, { keys: own, threshold: after, version: 2 });
    repository.previousRootKeys = old;
    const root = [...old.slice(0, signing.old), ...own.slice(0, signing.own)];
    return [first, repository.publish({ signers: { root } })];
  };
}

const rotation: readonly Case[] = [
  {
    name: 'a first visit after one rotation',
    pull: 'image 1.0',
    serve: (repository) => {
      plain(repository).rotateRoot();
      return repository.publish();
    },
  },
  { name: 'the next root is signed by old and new key', pull: 'image 1.0', serve: chain(2) },
  { name: 'three rotations since the last visit', pull: 'image 1.0', serve: chain(4) },
  {
    name: 'an intermediate root is missing, the known key signed the last one too',
    pull: 'image 1.0',
    serve: chain(4, { missing: [2, 3], signers: { 4: pick(1, 4) } }),
  },
  {
    name: 'an intermediate root is missing',
    pull: 'invalid',
    serve: chain(4, { missing: [3] }),
  },
  {
    name: 'an intermediate root lacks the signature of the one before',
    pull: 'invalid',
    serve: chain(4, { signers: { 2: pick(2) } }),
  },
  {
    name: 'an intermediate root lacks its own signature',
    pull: 'invalid',
    serve: chain(4, { signers: { 3: pick(2) } }),
  },
  {
    name: 'an intermediate root has expired',
    pull: 'image 1.0',
    serve: chain(4, { expired: [2, 3] }),
  },
  {
    name: 'an intermediate root is not of the version asked for',
    pull: 'invalid',
    serve: (repository) => {
      const visits = chain(4, { signers: { 4: pick(2, 4) } })(repository) as Served[];
      const roots = new Map(visits[1]?.roots);
      const second = roots.get(2);
      if (second) roots.set(3, second);
      return visits.map((visit) => ({ ...visit, roots }));
    },
  },
  {
    name: 'the next root lacks the signature of the one before',
    pull: 'invalid',
    serve: chain(2, { signers: { 2: pick(2) } }),
  },
  {
    name: 'the next root lacks its own signature',
    pull: 'invalid',
    serve: chain(2, { signers: { 2: pick(1) } }),
  },
  { name: 'the last root has expired', pull: 'expired', serve: chain(2, { expired: [2] }) },
  {
    name: 'the root goes back to an earlier version',
    pull: 'invalid',
    serve: (repository) => {
      const [first, second] = chain(2)(repository) as [Served, Served];
      return [second, first];
    },
  },
  {
    name: 'the root changes without a new version',
    pull: 'invalid',
    serve: (repository) => {
      const first = plain(repository).publish();
      repository.targetsRole.keys = [ecdsaKey()];
      repository.targetsRole.version += 1;
      return [first, repository.publish()];
    },
  },
  {
    name: 'the trust data was deleted and begun anew with another root key',
    pull: 'invalid',
    serve: (repository) => {
      const first = plain(repository).publish();
      repository.root.keys = [rootKey(repository.gun)];
      return [first, repository.publish()];
    },
  },
  {
    name: 'the targets key is replaced by the next root',
    pull: 'image 1.0',
    serve: (repository) => {
      const first = plain(repository).publish();
      repository.targetsRole.keys = [ecdsaKey()];
      repository.targetsRole.version += 1;
      repository.root.version += 1;
      return [first, repository.publish()];
    },
  },
  {
    name: 'the targets key is replaced, its file still signed by the old one',
    pull: 'invalid',
    serve: (repository) => {
      const first = plain(repository).publish();
      const old = repository.targetsRole.keys;
      repository.targetsRole.keys = [ecdsaKey()];
      repository.root.version += 1;
      return [first, repository.publish({ signers: { targets: old } })];
    },
  },
];

const thresholds: readonly Case[] = [
  { name: 'two of three root keys signed', pull: 'image 1.0', serve: severalKeys(2, 3, 2) },
  { name: 'one of two root keys signed', pull: 'invalid', serve: severalKeys(2, 2, 1) },
  { name: 'more root signatures needed than keys', pull: 'invalid', serve: severalKeys(3, 2, 2) },
  {
    name: 'one root key signed twice where two must sign',
    pull: 'invalid',
    serve: (repository) => {
      const root = plain(repository).root;
      const [first = rootKey(repository.gun)] = root.keys;
      Object.assign(root, { keys: [first, rootKey(repository.gun)], threshold: 2 });
      return repository.build({ signers: { root: [first, first] } });
    },
  },
  {
    name: 'two certificates around one root key sign where two must',
    pull: 'image 1.0',
    serve: (repository) => {
      const key = ecdsaKey();
      const keys = [rootKey(repository.gun, { key }), rootKey(repository.gun, { key })];
      Object.assign(plain(repository).root, { keys, threshold: 2 });
      return repository.build();
    },
  },
  {
    name: 'the root threshold is raised and met',
    pull: 'image 1.0',
    serve: newThreshold(1, 2, { old: 1, own: 2 }),
  },
  {
    name: 'the root threshold is raised and not met',
    pull: 'invalid',
    serve: newThreshold(1, 2, { old: 1, own: 1 }),
  },
  {
    name: 'the root threshold is lowered, the old one met',
    pull: 'image 1.0',
    serve: newThreshold(2, 1, { old: 2, own: 1 }),
  },
  {
    name: 'the root threshold is lowered, the old one not met',
    pull: 'invalid',
    serve: newThreshold(2, 1, { old: 1, own: 2 }),
  },
];

type Edit = (signed: RootSigned) => unknown;
const root = (name: string, pull: Case['pull'], edit: Edit): Case =>
  edited(name, pull, 'root', edit);

const content: readonly Case[] = [
  ...[0, -1].map((threshold) =>
    root(`a root role has the threshold ${threshold}`, 'invalid', (signed) => ({
      ...signed,
      roles: { ...signed.roles, root: { ...signed.roles.root, threshold } },
    })),
  ),
  root('the targets role has the threshold 0', 'invalid', (signed) => ({
    ...signed,
    roles: { ...signed.roles, targets: { ...signed.roles.targets, threshold: 0 } },
  })),
  ...['root', 'targets', 'snapshot', 'timestamp'].map((role) =>
    root(`the root does not define ${role}`, 'invalid', (signed) => ({
      ...signed,
      roles: Object.fromEntries(Object.entries(signed.roles).filter(([name]) => name !== role)),
    })),
  ),
  root('the root defines further roles, as old Notary did', 'image 1.0', (signed) => ({
    ...signed,
    roles: { ...signed.roles, 'root.1': signed.roles.root },
  })),
  root('the root names a key that it does not list', 'invalid', (signed) => ({
    ...signed,
    roles: {
      ...signed.roles,
      targets: { keyids: [...(signed.roles.targets?.keyids ?? []), 'ab'.repeat(32)], threshold: 1 },
    },
  })),
  root('the root lists no keys', 'invalid', (signed) => ({ ...signed, keys: null })),
  root('the root says consistent_snapshot', 'image 1.0', (signed) => ({
    ...signed,
    consistent_snapshot: true,
  })),
  root('the root leaves consistent_snapshot out', 'image 1.0', (signed) =>
    Object.fromEntries(Object.entries(signed).filter(([name]) => name !== 'consistent_snapshot')),
  ),
  {
    name: 'the root lists a key under an ID that is not its own',
    pull: 'invalid',
    serve: (repository) => {
      const [key = ecdsaKey()] = plain(repository).targetsRole.keys;
      const wrong = { ...withPublicKey(key, key.publicKey), keyId: 'cd'.repeat(32) };
      repository.targetsRole.keys = [wrong];
      return repository.build();
    },
  },
  {
    name: 'the snapshot names another root than the one served',
    pull: 'invalid',
    serve: (repository) => {
      const files = plain(repository).build();
      repository.root.version += 1;
      return replaced(files, { root: repository.build().get('root') ?? Buffer.alloc(0) });
    },
  },
];

export const roots: readonly Chapter[] = [
  { title: 'Root rotation', cases: rotation },
  { title: 'Root thresholds', cases: thresholds },
  { title: 'Content of the root', cases: content },
];
