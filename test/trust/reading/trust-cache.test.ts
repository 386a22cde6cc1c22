import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTrustCache, type TrustCache } from '../../../src/trust/reading/trust-cache.js';
import { dockerLikeRepository, gun, inDays, now, trustFiles } from '../repository-builder.js';

const openCache = (directory: string, at: Date) =>
  openTrustCache(directory, {
    workingDirectory: tmpdir(),
    clock: () => at,
    nameInput: (name) => name,
  });

let folder = '';
let cache: TrustCache;

beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'trust-cache-')), 'made', 'here');
  cache = openCache(folder, now);
});
afterEach(() => rm(path.dirname(path.dirname(folder)), { recursive: true }));

const onlyFile = async (): Promise<string> => {
  const [name = '', ...others] = await readdir(folder);
  expect(others).toEqual([]);
  return path.join(folder, name);
};

/** Changes one document of the only file. */
async function damage(role: string, change: (text: string) => string): Promise<void> {
  const file = await onlyFile();
  const content = JSON.parse(await readFile(file, 'utf8')) as { files: Record<string, string> };
  const text = Buffer.from(content.files[role] ?? '', 'base64').toString();
  content.files[role] = Buffer.from(change(text)).toString('base64');
  await writeFile(file, JSON.stringify(content));
}

describe('the trust data kept in a folder', () => {
  it('is nothing at first, and what was kept later on', async () => {
    expect(await cache.load(gun)).toBeUndefined();
    const view = trustFiles(dockerLikeRepository().build());
    await cache.save(view);
    const kept = await cache.load(gun);
    expect(kept?.root.bytes).toEqual(view.root.bytes);
    expect(kept?.timestamp?.signed).toEqual(view.timestamp.signed);
    expect(kept?.snapshot?.signed).toEqual(view.snapshot.signed);
    expect([...(kept?.targets?.keys() ?? [])]).toEqual([...view.targets.keys()]);
    expect((await stat(await onlyFile())).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('counts although it has expired meanwhile', async () => {
    await cache.save(trustFiles(dockerLikeRepository().build()));
    const later = openCache(folder, inDays(5000));
    expect((await later.load(gun))?.targets?.size).toBe(3);
  });

  it('makes older data a rollback', async () => {
    const repository = dockerLikeRepository();
    const before = repository.publish();
    await cache.save(trustFiles(repository.publish()));
    const earlier = await cache.load(gun);
    expect(() => trustFiles(before, { earlier })).toThrow(/rollback/);
  });

  it('is not replaced by what another run read before', async () => {
    const repository = dockerLikeRepository();
    const [older, newer] = [trustFiles(repository.publish()), trustFiles(repository.publish())];
    await cache.save(newer);
    await cache.save(older);
    expect((await cache.load(gun))?.timestamp?.signed).toEqual(newer.timestamp.signed);
  });

  it.each([
    ['a root with another signature', (text: string) => text.replace(/"sig":"..../, '"sig":"AAAA')],
    ['a root that is none', () => '{}'],
  ])('is an error with %s', async (_, change) => {
    await cache.save(trustFiles(dockerLikeRepository().build()));
    await damage('root', change);
    await expect(cache.load(gun)).rejects.toMatchObject({ code: 'TRUST_DATA_INVALID' });
  });

  it.each([
    ['text that is no JSON', 'nonsense'],
    ['the data of another repository', JSON.stringify({ gun: 'other', files: {} })],
  ])('is an error with %s', async (_, text) => {
    await cache.save(trustFiles(dockerLikeRepository().build()));
    await writeFile(await onlyFile(), text);
    await expect(cache.load(gun)).rejects.toMatchObject({ code: 'TRUST_DATA_INVALID' });
  });

  it.each(['timestamp', 'snapshot', 'targets', 'targets/alice'])(
    'keeps the root when its %s is damaged',
    async (role) => {
      await cache.save(trustFiles(dockerLikeRepository().build()));
      await damage(role, (text) => text.replace(/"version":\d+/, '"version":999999'));
      const kept = await cache.load(gun);
      expect(kept?.root.signed.version).toBe(1);
      const versions = [kept?.timestamp, kept?.snapshot, ...(kept?.targets?.values() ?? [])].map(
        (file) => file?.signed.version,
      );
      expect(versions).not.toContain(999999);
    },
  );

  it('is an error of the input where nothing can be kept or read', async () => {
    const file = path.join(path.dirname(path.dirname(folder)), 'file');
    await writeFile(file, '');
    const nowhere = openCache(file, now);
    await expect(nowhere.load(gun)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const below = openCache(path.join(file, 'below'), now);
    const view = trustFiles(dockerLikeRepository().build());
    await expect(below.save(view)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
