import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { packTar, type TarEntry } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { limits } from '../../src/limits.js';
import {
  createMemorySigner,
  readKeyStore,
  writeDockerKeyFile,
  writeKeyArchive,
  type KeyStore,
} from '../../src/signing/index.js';

interface Fixture {
  readonly file: string;
  readonly keyid: string;
  readonly role: string;
  readonly gun: string | null;
  readonly passphrase: string;
}

const fixtureFolder = path.resolve(import.meta.dirname, '../fixtures/notary/keystore');
const rootKey = '20ac20e42c009ca1f16553ddbe1e92ef9c047243ab52c0c0cee19eb67ef25e63.key';
const targetsKey = '242436fe525fb084b455d7b35469e93157191d2bc00ce90279f61e294ea7529a.key';
const signerKey = '3ed559b230b296e8bc82b377c09d6045daf5ab0db048d4df438678ae139ca92d.key';
const legacyKey = 'variant-legacy-dek-info.pem';
const now = new Date('2026-11-23T12:00:00Z');

let work: string;
let fixtures: readonly Fixture[];
const texts = new Map<string, string>();

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'key-store-'));
  const index = await readFile(path.join(fixtureFolder, 'index.json'), 'utf8');
  const all = JSON.parse(index) as readonly Fixture[];
  fixtures = all.filter(({ file }) => file.endsWith('.key'));
  for (const { file } of all) {
    texts.set(file, await readFile(path.join(fixtureFolder, file), 'utf8'));
  }
});

afterAll(() => rm(work, { recursive: true, force: true }));

const textOf = (file: string): string => texts.get(file) ?? '';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = path.join(work, randomUUID());
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

async function archiveOf(entries: readonly TarEntry[], compress = true): Promise<string> {
  const file = path.join(work, `${randomUUID()}.tar.gz`);
  const tar = await packTar(entries);
  await writeFile(file, compress ? gzipSync(tar) : tar);
  return file;
}

function entry(name: string, text: string): TarEntry {
  return { header: { name, size: Buffer.byteLength(text) }, body: text };
}

const opened = (store: KeyStore, file: string, passphrase?: string): string => {
  const key = store.keys.find((candidate) => candidate.path.endsWith(file));
  if (!key) throw new Error(`${file} was not found`);
  return createMemorySigner(key.open(passphrase, 'the input').privateKey, 'key').keyId;
};

describe('a folder of keys', () => {
  it('gives every key that Docker and notary wrote, with role and repository', async () => {
    const folder = await folderWith(
      Object.fromEntries(fixtures.map(({ file }) => [`private/${file}`, textOf(file)])),
    );
    const store = await readKeyStore(path.join(folder, 'private'));
    expect(store).toMatchObject({ kind: 'folder', unusable: [] });
    expect(
      store.keys.map(({ path, keyId, role, gun, isEncrypted }) => [
        path,
        keyId,
        role,
        gun,
        isEncrypted,
      ]),
    ).toEqual(
      [...fixtures]
        .sort((a, b) => (a.file < b.file ? -1 : 1))
        .map(({ file, keyid, role, gun }) => [file, keyid, role, gun ?? undefined, true]),
    );
    for (const { file, keyid, passphrase } of fixtures) {
      expect(opened(store, file, passphrase)).toBe(keyid);
    }
  });

  it.each(['', 'trust', 'trust/private'])('is found from ".docker/%s"', async (inner) => {
    const docker = await folderWith({
      [`trust/private/${rootKey}`]: textOf(rootKey),
      'trust/tuf/contoso.azurecr.io/app/metadata/root.json': '{}',
      'tls/contoso.azurecr.io/client.key': textOf('variant-plain-pkcs8.pem'),
      'config.json': '{}',
    });
    const { keys, unusable } = await readKeyStore(path.join(docker, inner));
    expect(keys.map(({ keyId }) => `${keyId ?? ''}.key`)).toEqual([rootKey]);
    expect(unusable).toEqual([]);
  });

  it('is found from a folder of notary', async () => {
    const { keys } = await readKeyStore(
      await folderWith({ [`private/${targetsKey}`]: textOf(targetsKey) }),
    );
    expect(keys[0]).toMatchObject({ role: 'targets', gun: 'localhost:15000/demo/img' });
  });

  it('of an old version says role and repository by its folders and names', async () => {
    const id = '2222d19cc59f55f87df86cee166272ca0adf5ccd6a558b8c46916b7483a163e7';
    const text = textOf(legacyKey).replace(/^(?:role|gun): .*\n/gm, '');
    const folder = await folderWith({
      [`private/root_keys/${id}_root.key`]: text,
      [`private/tuf_keys/localhost:5000/team/app/${id}_targets.key`]: text,
      [`private/tuf_keys/localhost:5000/team/app/${id}_snapshot.key`]: text,
    });
    const { keys } = await readKeyStore(folder);
    expect(keys.map(({ role, gun, isEncrypted }) => [role, gun, isEncrypted])).toEqual([
      ['root', undefined, true],
      ['snapshot', 'localhost:5000/team/app', true],
      ['targets', 'localhost:5000/team/app', true],
    ]);
    expect(
      keys.map((key) => createMemorySigner(key.open('targetpass1', 'x').privateKey, 'key').keyId),
    ).toEqual([id, id, id]);
  });

  it('names files that hold no key, and gives the others', async () => {
    const { keys, unusable } = await readKeyStore(
      await folderWith({
        [`private/${rootKey}`]: textOf(rootKey),
        'private/broken.key': 'nothing of a key',
        'private/large.key': 'x'.repeat(limits.keyFileBytes + 1),
        'private/readme.txt': textOf(signerKey),
      }),
    );
    expect(keys.map(({ path }) => path)).toEqual([`private/${rootKey}`, 'private/readme.txt']);
    expect(unusable).toEqual([
      { path: 'private/broken.key', why: 'holds no private key that can be read' },
      { path: 'private/large.key', why: 'is far too large for a key' },
    ]);
  });

  it('does not follow the link that a key is', async () => {
    const folder = await folderWith({
      [`private/${rootKey}`]: textOf(rootKey),
      elsewhere: textOf(signerKey),
    });
    await symlink(path.join(folder, 'elsewhere'), path.join(folder, 'private', signerKey));
    const { keys, unusable } = await readKeyStore(folder);
    expect(keys.map(({ path }) => path)).toEqual(['elsewhere', `private/${rootKey}`]);
    expect(unusable).toEqual([
      { path: `private/${signerKey}`, why: 'is not a regular file; links are not followed' },
    ]);
  });

  it('may itself be a link', async () => {
    const folder = await folderWith({ [`private/${rootKey}`]: textOf(rootKey) });
    const link = path.join(work, randomUUID());
    await symlink(folder, link);
    expect((await readKeyStore(link)).keys).toHaveLength(1);
  });

  it('gives every copy of a key, as each is a file that somebody has to destroy', async () => {
    const { keys } = await readKeyStore(
      await folderWith({
        [`private/${rootKey}`]: textOf(rootKey),
        [`private/old/${rootKey}`]: textOf(rootKey),
      }),
    );
    expect(keys.map(({ path }) => path)).toEqual([`private/${rootKey}`, `private/old/${rootKey}`]);
  });

  it.each([
    ['is not there', () => Promise.resolve(path.join(work, 'nowhere')), /ENOENT/],
    ['holds no keys', () => folderWith({ 'readme.txt': 'x' }), /it holds no keys/],
    [
      'is too deep',
      () => folderWith({ [`${'d/'.repeat(limits.keyStoreDepth + 1)}x.key`]: 'x' }),
      /too deep/,
    ],
  ])('is refused when it %s', async (_, make, why) => {
    const folder = await make();
    await expect(readKeyStore(folder)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(why) as string,
    });
  });
});

describe('an archive of keys', () => {
  it.each([
    ['-zcf', 'keys.tar.gz'],
    ['-cf', 'keys.tar'],
    ['-zcf', 'posix.tgz', '--format=posix'],
  ])('that tar made is read (%s %s)', async (flag, name, ...more) => {
    const folder = await folderWith({
      [`.docker/trust/private/${rootKey}`]: textOf(rootKey),
      [`.docker/trust/private/${targetsKey}`]: textOf(targetsKey),
      '.docker/trust/tuf/some/metadata/root.json': '{}',
    });
    const archive = path.join(folder, name);
    execFileSync('tar', [flag, archive, ...more, '-C', folder, '.docker/trust']);
    const store = await readKeyStore(archive);
    expect(store.kind).toBe('archive');
    expect(store.keys.map(({ role }) => role)).toEqual(['root', 'targets']);
    expect(opened(store, targetsKey, 'repopass1')).toBe(targetsKey.slice(0, 64));
  });

  it("of the folder's content alone is read as well", async () => {
    const folder = await folderWith({ [signerKey]: textOf(signerKey) });
    const archive = path.join(work, `${randomUUID()}.tar.gz`);
    execFileSync('tar', ['-zcf', archive, '-C', folder, '.']);
    expect((await readKeyStore(archive)).keys[0]).toMatchObject({ path: signerKey, role: 'frank' });
  });

  it('passes over TLS keys and other files of a whole .docker folder', async () => {
    const archive = await archiveOf([
      entry('.docker/config.json', '{"auths":{}}'),
      entry('.docker/certs.d/registry/client.key', textOf('variant-plain-pkcs8.pem')),
      entry(`.docker/trust/private/${rootKey}`, textOf(rootKey)),
    ]);
    expect((await readKeyStore(archive)).keys.map(({ keyId }) => `${keyId ?? ''}.key`)).toEqual([
      rootKey,
    ]);
  });

  it.each(['symlink', 'link'] as const)(
    'names a key that is a %s, and gives the others',
    async (type) => {
      const archive = await archiveOf([
        entry(`private/${rootKey}`, textOf(rootKey)),
        { header: { name: `private/${signerKey}`, size: 0, type, linkname: '/etc/shadow' } },
      ]);
      const { keys, unusable } = await readKeyStore(archive);
      expect(keys).toHaveLength(1);
      expect(unusable[0]?.path).toBe(`private/${signerKey}`);
    },
  );

  it.each([
    ['../private/a.key', /unsafe path/],
    ['private/../../a.key', /unsafe path/],
    ['private\\..\\a.key', /unsafe path/],
    ['private/a\nb.key', /unsafe path/],
  ])('with the name %j is refused', async (name, why) => {
    const archive = await archiveOf([entry(name, textOf(rootKey))]);
    await expect(readKeyStore(archive)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(why) as string,
    });
  });

  const refused: readonly (readonly [string, () => Promise<Buffer> | Buffer, RegExp])[] = [
    ['is no archive', () => Buffer.from('hello'.repeat(500)), /not a tar archive/],
    ['is empty', () => Buffer.alloc(0), /not a tar archive|holds no keys/],
    ['is a zip file', () => Buffer.from('PK\u0003\u0004rest'), /a zip file/],
    ['is compressed with xz', () => Buffer.from('fd377a585a0000', 'hex'), /xz/],
    [
      'is cut off',
      async () =>
        Buffer.from(await packTar([entry(`private/${rootKey}`, textOf(rootKey))])).subarray(0, 700),
      /not a tar archive, or it is damaged/,
    ],
    [
      'has a damaged compression',
      async () =>
        gzipSync(await packTar([entry(`private/${rootKey}`, textOf(rootKey))])).subarray(0, 60),
      /compression is damaged/,
    ],
    [
      'unpacks to far more than any store',
      () => gzipSync(Buffer.alloc(limits.keyArchiveUnpackedBytes + 512)),
      /far too large once it is unpacked/,
    ],
    [
      'has far too many keys',
      () => {
        const name = (n: number): string => `private/${n.toString(16).padStart(64, '0')}.key`;
        const keys = Array.from({ length: limits.keyStoreFiles + 1 }, (_, n) =>
          entry(name(n), 'x'),
        );
        return packTar(keys).then((tar) => Buffer.from(tar));
      },
      /more than 1000 keys/,
    ],
    [
      'has far too many entries',
      () => {
        const others = Array.from({ length: limits.keyStoreEntries + 1 }, (_, n) =>
          entry(`f${n}`, ''),
        );
        return packTar(others).then((tar) => gzipSync(tar));
      },
      /more than 20000 entries/,
    ],
    [
      'holds no keys',
      async () => gzipSync(await packTar([entry('readme.txt', 'x')])),
      /it holds no keys/,
    ],
  ];
  it.each(refused)('that %s is refused', async (_, make, why) => {
    const file = path.join(work, randomUUID());
    await writeFile(file, await make());
    await expect(readKeyStore(file)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(why) as string,
      remedy: expect.stringContaining('tar -czf') as string,
    });
  });
});

describe('an archive that somebody damaged', () => {
  it('is read or refused, whatever bytes were changed', async () => {
    const tar = Buffer.from(
      await packTar([
        entry(`private/${rootKey}`, textOf(rootKey)),
        entry(`private/${targetsKey}`, textOf(targetsKey)),
      ]),
    );
    const file = path.join(work, randomUUID());
    const changes = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(changes, fc.boolean(), fc.nat(tar.length), async (bytes, compress, cut) => {
        const damaged = Buffer.from(tar);
        for (const [at, value] of bytes) damaged[at] = value;
        const short = damaged.subarray(0, cut);
        await writeFile(file, compress ? gzipSync(short) : short);
        const outcome = await readKeyStore(file).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'ARCHIVE_INVALID' });
        else expect(outcome).toMatchObject({ kind: 'archive' });
      }),
      { numRuns: 300 },
    );
  });
});

describe('writing an archive', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = writeDockerKeyFile(privateKey, {
    role: 'targets',
    gun: 'contoso.azurecr.io/app',
    passphrase: 'passphrase',
  });

  it('gives what Docker keeps, readable for its owner only', async () => {
    const archive = path.join(work, 'written.tar.gz');
    await writeKeyArchive(archive, [file], now);
    expect((await stat(archive)).mode & 0o777).toBe(0o600);
    const listed = execFileSync('tar', ['-tvzf', archive], { encoding: 'utf8' });
    expect(listed).toMatch(/^drwx------ .* private\/\n-rw------- .* private\/[0-9a-f]{64}\.key\n$/);
    const store = await readKeyStore(archive);
    expect(store.keys[0]).toMatchObject({
      role: 'targets',
      gun: 'contoso.azurecr.io/app',
      isEncrypted: true,
    });
    expect(`${opened(store, '.key', 'passphrase')}.key`).toBe(file.fileName);
  });

  it('never overwrites a file, whatever it is', async () => {
    const archive = path.join(work, 'there.tar.gz');
    await writeFile(archive, 'precious');
    await expect(writeKeyArchive(archive, [file], now)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining('a file of this name exists') as string,
    });
    expect(await readFile(archive, 'utf8')).toBe('precious');
  });

  it('does not follow a link to nowhere', async () => {
    const link = path.join(work, 'dangling.tar.gz');
    await symlink(path.join(work, 'target-of-link'), link);
    await expect(writeKeyArchive(link, [file], now)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    });
    await expect(stat(path.join(work, 'target-of-link'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says when the folder is not there', async () => {
    await expect(
      writeKeyArchive(path.join(work, 'nowhere/keys.tar.gz'), [file], now),
    ).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining('ENOENT') as string,
    });
  });

  it('leaves nothing behind when it fails half-way', async () => {
    const archive = path.join(work, 'half.tar.gz');
    const { FileHandle } = await fileHandleClass();
    const original = Object.getOwnPropertyDescriptor(FileHandle, 'sync');
    Object.defineProperty(FileHandle, 'sync', {
      configurable: true,
      value: () =>
        Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    });
    try {
      await expect(writeKeyArchive(archive, [file], now)).rejects.toMatchObject({
        code: 'FILE_NOT_WRITTEN',
        message: expect.stringContaining('ENOSPC') as string,
      });
    } finally {
      if (original) Object.defineProperty(FileHandle, 'sync', original);
    }
    await expect(stat(archive)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** The prototype of Node's file handles, which is not exported. */
async function fileHandleClass(): Promise<{ FileHandle: object }> {
  const { open } = await import('node:fs/promises');
  const handle = await open(path.join(work, 'probe'), 'w');
  const FileHandle = Object.getPrototypeOf(handle) as object;
  await handle.close();
  return { FileHandle };
}
