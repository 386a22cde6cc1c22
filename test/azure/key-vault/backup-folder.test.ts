import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  asBackup,
  readBackup,
  readBackupPlace,
  writeBackup,
  type Backup,
} from '../../../src/azure/key-vault/backup-folder.js';
import { lostObjects } from '../../../src/azure/key-vault/backup-manifest.js';
import { failure } from '../../trust/support/failure.js';

const vault = 'https://contoso.vault.azure.net';
const version = 'a'.repeat(32);
const keyId = 'b'.repeat(64);

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'backup-'));
  folder = path.join(parent, 'new', 'backup');
});
afterEach(async () => {
  await rm(parent, { recursive: true });
});

function backupOf(...contents: readonly (readonly [name: string, text: string])[]): Backup {
  const purpose = { role: 'root' } as const;
  const taken = contents.map(([name, text]) =>
    asBackup(
      { kind: 'key', name, purpose, versions: [{ version, keyId }] },
      Buffer.from(text),
      new Date('2026-11-23T12:00:00.000Z'),
    ),
  );
  return {
    manifest: { formatVersion: 1, vault, objects: taken.map(({ object }) => object) },
    blobs: new Map(taken.map(({ object, bytes }) => [object.file, bytes])),
  };
}

const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

/** Changes the manifest in the folder as another user might. */
async function tamper(change: (manifest: Record<string, unknown>) => unknown): Promise<void> {
  const file = path.join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify(change(manifest)));
}

describe('the folder of a backup', () => {
  it('is made for its owner alone, and reads as it was written', async () => {
    const backup = backupOf(['app', 'one'], ['db', 'two']);
    await writeBackup(folder, backup, undefined, parent);
    expect(await mode(folder)).toBe('700');
    for (const file of await readdir(folder)) {
      expect(await mode(path.join(folder, file))).toBe('600');
    }
    const read = await readBackup(folder);
    expect(read.blobs).toEqual(backup.blobs);
    expect(read.manifest.objects[0]).toMatchObject({ name: 'app', role: 'root' });
    const text = await readFile(path.join(folder, 'manifest.json'), 'utf8');
    expect(text).toContain(`"id": "${vault}/keys/app/${version}"`);
  });

  it('has nothing left of the backup that was there before', async () => {
    const former = backupOf(['app', 'one']);
    await writeBackup(folder, former, undefined, parent);
    const next = backupOf(['app', 'newer']);
    await writeBackup(folder, next, former.manifest, parent);
    expect((await readdir(folder)).sort()).toEqual([...next.blobs.keys(), 'manifest.json'].sort());
  });

  it('is told from a free place and from other folders', async () => {
    expect(await readBackupPlace(folder)).toEqual({ kind: 'free' });
    expect(await readBackupPlace(path.join(parent, 'file', 'below'))).toEqual({ kind: 'free' });
    await writeFile(path.join(parent, 'other.txt'), 'x');
    expect(await readBackupPlace(parent)).toMatchObject({
      kind: 'other',
      why: 'it holds other files',
    });
    expect(await readBackupPlace(path.join(parent, 'other.txt'))).toMatchObject({ kind: 'other' });
    await writeBackup(folder, backupOf(['app', 'one']), undefined, parent);
    expect(await readBackupPlace(folder)).toMatchObject({ kind: 'backup' });
  });

  it('cannot be where nothing may be written', async () => {
    await writeFile(path.join(parent, 'file'), 'x');
    const error = await failure(
      writeBackup(path.join(parent, 'file', 'backup'), backupOf(['app', 'one']), undefined, parent),
    );
    expect(error.code).toBe('FILE_NOT_WRITTEN');
  });
});

describe('a backup that was changed', () => {
  beforeEach(() => writeBackup(folder, backupOf(['app', 'one']), undefined, parent));

  it('is refused when a byte of a file is another', async () => {
    const [file = ''] = [...backupOf(['app', 'one']).blobs.keys()];
    await writeFile(path.join(folder, file), 'onf');
    expect(await failure(readBackup(folder))).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(`${file} is not what was backed up`) as string,
    });
    await rm(path.join(folder, file));
    expect(await failure(readBackup(folder))).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it.each([
    ['a newer version', (m: object) => ({ ...m, formatVersion: 2 }), /newer version/],
    ['no objects', (m: object) => ({ ...m, objects: [] }), /not a manifest/],
    ['no vault', (m: object) => ({ ...m, vault: 7 }), /not a manifest/],
    ['a list', () => [], /not a manifest/],
  ])('is refused when its manifest is of %s', async (_, change, message) => {
    await tamper(change);
    const error = await failure(readBackup(folder));
    expect(error.code).toBe('ARCHIVE_INVALID');
    expect(error.message).toMatch(message);
  });

  it.each([
    ['a file elsewhere', { file: '../../secret.backup' }],
    ['a file with an absolute path', { file: '/etc/passwd' }],
    ['no hash', { sha256: '' }],
    ['a name that Key Vault has not', { name: '../app' }],
    ['another kind', { kind: 'disk' }],
    ['no versions', { versions: [] }],
    ['a key ID that is none', { versions: [{ version, keyId: 'x' }] }],
  ])('is refused when an object has %s', async (_, change) => {
    await tamper(({ objects, ...manifest }) => ({
      ...manifest,
      objects: (objects as object[]).map((object) => ({ ...object, ...change })),
    }));
    expect(await failure(readBackup(folder))).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('is refused when its manifest is not JSON, and a folder without one too', async () => {
    await writeFile(path.join(folder, 'manifest.json'), 'no');
    expect((await failure(readBackup(folder))).message).toContain('is not valid JSON');
    expect(await failure(readBackup(parent))).toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});

describe('a backup in place of another', () => {
  const wanted = (name: string, ...versions: readonly string[]) => ({
    kind: 'key' as const,
    name,
    purpose: undefined,
    versions: versions.map((one) => ({ version: one })),
  });
  const former = {
    formatVersion: 1,
    vault,
    objects: [wanted('a', '1'), wanted('b', '2')].map(
      (object) => asBackup(object, Buffer.from(object.name), new Date()).object,
    ),
  } as const;

  it('loses nothing when it has the same and more', () => {
    const now = [wanted('a', '3', '1'), wanted('b', '2'), wanted('c', '4')];
    expect(lostObjects(former, vault, now)).toEqual([]);
  });

  it('is told what would be lost', () => {
    expect(lostObjects(former, vault, [wanted('a', '3')])).toEqual(['key a version 1', 'key b']);
    expect(lostObjects(former, 'https://other.vault.azure.net', [])).toEqual([`keys of ${vault}`]);
  });
});
