import { chmod, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flawOf, requireOwn } from '../../../src/trust/reading/own-folder.js';
import { openTrustCache } from '../../../src/trust/reading/trust-cache.js';
import { dockerLikeRepository, gun, now, trustFiles } from '../repository-builder.js';

const [me, root, stranger] = [1000, 0, 1001];
const isLink = (answer: boolean) => () => answer;
const folder = (uid: number, mode: number, gid = uid) => ({
  uid,
  gid,
  mode,
  isSymbolicLink: isLink(false),
});

describe('an entry on the way to the cache folder', () => {
  it.each([
    ['is ours', folder(me, 0o755)],
    ['belongs to root', folder(root, 0o755)],
    ['belongs to root and is sticky, as /tmp', folder(root, 0o1777)],
    ['lets our own group write', folder(me, 0o775)],
    ['is a link of ours', { ...folder(me, 0o777), isSymbolicLink: isLink(true) }],
  ])('is fine when it %s', (_, entry) => {
    expect(flawOf(entry, me, false)).toBeUndefined();
  });

  it.each([
    ['belongs to another user', folder(stranger, 0o700), /belongs to another user \(1001\)/],
    ['lets all users write', folder(me, 0o757), /by all users/],
    ['of root lets all users write', folder(root, 0o777), /by all users/],
    ['lets a shared group write', folder(me, 0o775, 50), /by its group \(50\)/],
    [
      'is a link of another user',
      { ...folder(stranger, 0o777), isSymbolicLink: isLink(true) },
      /another user/,
    ],
  ])('is refused when it %s', (_, entry, flaw) => {
    expect(flawOf(entry, me, false)).toMatch(flaw);
  });

  it('must not be sticky and open to all when it is the folder itself', () => {
    expect(flawOf(folder(me, 0o1777), me, true)).toMatch(/by all users/);
  });
});

describe.skipIf(process.platform === 'win32')('a cache folder', () => {
  let home = '';
  beforeEach(async () => {
    home = await realpath(await mkdtemp(path.join(tmpdir(), 'own-folder-')));
  });
  afterEach(() => rm(home, { recursive: true }));

  const open = (directory: string) =>
    openTrustCache(directory, {
      workingDirectory: home,
      clock: () => now,
      nameInput: (name) => name,
    });
  const view = trustFiles(dockerLikeRepository().build());
  const refusal = (text: RegExp): unknown =>
    expect.objectContaining({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(text) as string,
    });

  it('that nobody else can write to is used, at any depth', async () => {
    const cache = open(path.join(home, 'made', 'here'));
    await cache.save(view);
    expect((await cache.load(gun))?.root.bytes).toEqual(view.root.bytes);
    await requireOwn(path.join(home, 'not', 'there', 'yet'), 'cache-directory');
  });

  it('that others can write to is refused before it is read or written', async () => {
    const directory = path.join(home, 'cache');
    await open(directory).save(view);
    await chmod(directory, 0o777);
    await expect(open(directory).load(gun)).rejects.toThrow(
      refusal(/can be written to by all users/),
    );
    await expect(open(directory).save(view)).rejects.toEqual(refusal(/can be written to by all/));
    await expect(requireOwn(directory, 'cache-directory')).rejects.toMatchObject({
      remedy: expect.stringContaining(`Remove ${directory}`) as string,
    });
  });

  it('whose parent others can write to is refused', async () => {
    const parent = path.join(home, 'open');
    await open(path.join(parent, 'cache')).save(view);
    await chmod(parent, 0o777);
    const load = open(path.join(parent, 'cache')).load(gun);
    await expect(load).rejects.toEqual(refusal(/open can be written to by all users/));
  });

  it('behind a link that lies where others can write is refused', async () => {
    const own = path.join(home, 'own');
    await open(own).save(view);
    const shared = path.join(home, 'open');
    await mkdir(shared);
    await symlink(own, path.join(shared, 'link'));
    await requireOwn(path.join(shared, 'link'), 'cache-directory');
    await chmod(shared, 0o777);
    const check = requireOwn(path.join(shared, 'link'), 'cache-directory');
    await expect(check).rejects.toEqual(refusal(/open can be written to by all users/));
  });

  it('with a file in it that others can write to is refused', async () => {
    const directory = path.join(home, 'cache');
    const cache = open(directory);
    await cache.save(view);
    const [name = ''] = await readdir(directory);
    await writeFile(path.join(directory, name), '{}');
    await chmod(path.join(directory, name), 0o666);
    await expect(cache.load(gun)).rejects.toEqual(refusal(/it can be written to by all users/));
  });
});
