import { constants } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBounded } from '../src/read-file.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'read-file-'));
  file = path.join(folder, 'four');
  await writeFile(file, '1234');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a file', () => {
  it('is read up to the bound', async () => {
    expect(await readBounded(file, 4)).toEqual(Buffer.from('1234'));
    expect(await readBounded(file, 100)).toEqual(Buffer.from('1234'));
  });

  it('is not read that has one byte more', async () => {
    expect(await readBounded(file, 3)).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('is not read to an end that it has not', async () => {
    expect(await readBounded('/dev/zero', 100_000)).toBeUndefined();
  });

  it('that is a folder is refused by the system', async () => {
    await expect(readBounded(folder, 4)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it.skipIf(process.platform === 'win32')('is opened as asked for', async () => {
    const link = path.join(folder, 'link');
    await symlink(file, link);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
    await expect(readBounded(link, 4, flags)).rejects.toMatchObject({ code: 'ELOOP' });
  });
});
