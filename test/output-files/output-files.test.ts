import * as fs from 'node:fs/promises';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  appendOutput,
  proveOutput,
  resolveOutput,
  writeOutputs,
} from '../../src/output-files/index.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, rename: vi.fn(real.rename) };
});
// The pauses between tries are not what is tested here.
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

let base = '';
let workspace = '';
const at = (...names: string[]): string => path.join(base, ...names);
const text = (file: string): Promise<string> => readFile(file, 'utf8');

beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), 'output-files-')));
  workspace = at('workspace');
  await mkdir(path.join(workspace, 'folder'), { recursive: true });
  await mkdir(at('elsewhere'));
  await writeFile(at('elsewhere', 'config.json'), 'theirs');
});

afterEach(async () => {
  vi.mocked(fs.rename).mockReset();
  vi.mocked(fs.rename).mockImplementation(
    (await vi.importActual<typeof fs>('node:fs/promises')).rename,
  );
  await rm(base, { recursive: true, force: true });
});

const write = (...files: string[]): Promise<void> =>
  writeOutputs(
    files.map((file) => ({ path: file, content: 'ours' })),
    workspace,
  );

/** Every way to a file, with what must not be changed by it. */
const ways: [string, (file: string) => Promise<unknown>][] = [
  ['written', (file) => write(file)],
  ['proven', (file) => proveOutput(file, workspace)],
  ['appended to', (file) => appendOutput(file, 'ours', workspace)],
];

describe.each(ways)('a file to be %s', (_, act) => {
  const links: [string, (workspaceFolder: string) => Promise<string>][] = [
    [
      'a folder that is a link out of the workspace',
      async () => {
        await symlink(at('elsewhere'), path.join(workspace, 'out'));
        return path.join(workspace, 'out', 'config.json');
      },
    ],
    [
      'a relative link further up',
      async () => {
        await symlink('../..', path.join(workspace, 'folder', 'up'));
        return path.join(workspace, 'folder', 'up', 'elsewhere', 'config.json');
      },
    ],
    [
      "a link into Git's own folder, whose hooks are run",
      async () => {
        await mkdir(path.join(workspace, '.git', 'hooks'), { recursive: true });
        await symlink('.git/hooks', path.join(workspace, 'hooks'));
        return path.join(workspace, 'hooks', 'post-checkout');
      },
    ],
    [
      'a link to a link that leads out',
      async () => {
        await symlink(at('elsewhere'), path.join(workspace, 'second'));
        await symlink('second', path.join(workspace, 'first'));
        return path.join(workspace, 'first', 'config.json');
      },
    ],
    [
      'a link outside whose way leads through the workspace and out again',
      async () => {
        await symlink(at('elsewhere'), path.join(workspace, 'out'));
        await symlink(path.join(workspace, 'out'), at('way'));
        return at('way', 'config.json');
      },
    ],
    [
      'a second checkout beside the workspace, with a link out of it',
      async () => {
        await mkdir(at('other', '.git'), { recursive: true });
        await symlink(at('elsewhere'), at('other', 'out'));
        return at('other', 'out', 'config.json');
      },
    ],
    [
      'a checkout within the workspace, with a link out of it',
      async () => {
        await mkdir(path.join(workspace, 'pr', '.git'), { recursive: true });
        await symlink('../folder', path.join(workspace, 'pr', 'out'));
        return path.join(workspace, 'pr', 'out', 'config.json');
      },
    ],
    [
      'a link as the file itself',
      async () => {
        await symlink(at('elsewhere', 'config.json'), path.join(workspace, 'report.json'));
        return path.join(workspace, 'report.json');
      },
    ],
    [
      'a link as the file itself, to nothing yet',
      async () => {
        await symlink(at('elsewhere', 'new'), path.join(workspace, 'report.json'));
        return path.join(workspace, 'report.json');
      },
    ],
    [
      'a link in a shared folder as the file itself',
      async () => {
        await symlink(at('elsewhere', 'config.json'), at('report.json'));
        return at('report.json');
      },
    ],
    [
      'a folder that is a link to nothing',
      async () => {
        await symlink(at('nowhere'), path.join(workspace, 'out'));
        return path.join(workspace, 'out', 'config.json');
      },
    ],
    [
      'links in a circle',
      async () => {
        await symlink('b', path.join(workspace, 'a'));
        await symlink('a', path.join(workspace, 'b'));
        return path.join(workspace, 'a', 'config.json');
      },
    ],
    ['a folder as the file itself', () => Promise.resolve(path.join(workspace, 'folder'))],
    ['a device', () => Promise.resolve('/dev/null')],
  ];

  it.each(links)('is refused for %s', async (_what, make) => {
    const file = await make(workspace);
    await expect(act(file)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining(file) as string,
    });
    expect(await readdir(at('elsewhere'))).toEqual(['config.json']);
    expect(await text(at('elsewhere', 'config.json'))).toBe('theirs');
  });

  it('may lie in a folder outside that the user named', async () => {
    await expect(act(at('elsewhere', 'new.json'))).resolves.not.toThrow();
  });

  it('may lie behind a link that is not part of a checkout', async () => {
    await symlink(at('elsewhere'), at('data'));
    expect(await resolveOutput(at('data', 'x'), workspace)).toBe(at('elsewhere', 'x'));
    await act(at('data', 'x'));
  });

  it('may lie behind a link that stays in the workspace', async () => {
    await symlink('folder', path.join(workspace, 'current'));
    await expect(act(path.join(workspace, 'current', 'x'))).resolves.not.toThrow();
  });
});

describe('files that are written', () => {
  it('keep the mode of what they replace, or get the one that was asked for', async () => {
    const [old, open, fresh] = [at('old'), at('open'), at('fresh')];
    for (const file of [old, open]) {
      await writeFile(file, 'old');
      await chmod(file, 0o646);
    }
    await writeOutputs(
      [
        { path: old, content: 'ours' },
        { path: open, content: 'ours', mode: 0o600 },
        { path: fresh, content: 'ours', mode: 0o600 },
      ],
      workspace,
    );
    const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
    expect([await mode(old), await mode(open), await mode(fresh)]).toEqual(['646', '600', '600']);
    expect(await text(old)).toBe('ours');
  });

  it('make missing folders only where that is wanted', async () => {
    const file = at('a', 'b', 'file');
    await expect(write(file)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    await writeOutputs([{ path: file, content: '', folderMode: 0o700 }], workspace);
    expect(((await stat(at('a'))).mode & 0o777).toString(8)).toBe('700');
  });

  it('leave another name of the same file as it was', async () => {
    await fs.link(at('elsewhere', 'config.json'), path.join(workspace, 'same'));
    await write(path.join(workspace, 'same'));
    expect(await text(at('elsewhere', 'config.json'))).toBe('theirs');
  });
});

describe('a file that another program holds open', () => {
  const held = (code: string): Error =>
    Object.assign(new Error(`${code}: operation not permitted, rename`), {
      code,
      syscall: 'rename',
    });

  it.each(['EPERM', 'EACCES', 'EBUSY'])('is tried again after %s', async (code) => {
    vi.mocked(fs.rename).mockRejectedValueOnce(held(code)).mockRejectedValueOnce(held(code));
    await write(at('file'));
    expect(await text(at('file'))).toBe('ours');
  });

  it('is told to be so in the end, and every file is as it was', async () => {
    await writeFile(at('a'), 'a');
    await writeFile(at('c'), 'c');
    const { rename } = await vi.importActual<typeof fs>('node:fs/promises');
    vi.mocked(fs.rename).mockImplementation((from, to) =>
      to === at('c') && String(from).endsWith('.tmp')
        ? Promise.reject(held('EPERM'))
        : rename(from, to),
    );
    await expect(write(at('a'), at('b'), at('c'))).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining(
        `${at('c')} cannot be replaced: another program has it open`,
      ) as string,
    });
    expect(await text(at('a'))).toBe('a');
    expect(await text(at('c'))).toBe('c');
    expect((await readdir(base)).sort()).toEqual(['a', 'c', 'elsewhere', 'workspace']);
  });

  it('does not hide that an earlier file stays replaced', async () => {
    await writeFile(at('a'), 'a');
    let renames = 0;
    const { rename } = await vi.importActual<typeof fs>('node:fs/promises');
    vi.mocked(fs.rename).mockImplementation((from, to) => {
      renames += 1;
      return renames === 1 ? rename(from, to) : Promise.reject(held('EBUSY'));
    });
    await expect(write(at('a'), at('b'))).rejects.toMatchObject({
      message: expect.stringContaining(`Replaced already: ${at('a')}`) as string,
    });
  });
});

describe('files of which one cannot be prepared', () => {
  it('are all left as they were', async () => {
    await writeFile(at('a'), 'a');
    await expect(write(at('a'), at('missing', 'b'))).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    });
    expect(await text(at('a'))).toBe('a');
    expect((await readdir(base)).sort()).toEqual(['a', 'elsewhere', 'workspace']);
  });

  it('are all left as they were when the last look before replacing says no', async () => {
    await writeFile(at('a'), 'a');
    const no = new Error('no');
    const files = [{ path: at('a'), content: 'ours' }];
    await expect(writeOutputs(files, workspace, () => Promise.reject(no))).rejects.toMatchObject({
      cause: no,
    });
    expect(await text(at('a'))).toBe('a');
  });
});

describe('a proof', () => {
  it('leaves nothing behind and makes no folder', async () => {
    await proveOutput(path.join(workspace, 'not', 'yet', 'there'), workspace);
    expect(await readdir(workspace)).toEqual(['folder']);
    await expect(lstat(path.join(workspace, 'not'))).rejects.toThrow();
  });
});

describe('text that is appended', () => {
  it('comes after what is there', async () => {
    await appendOutput(at('summary.md'), 'one\n', workspace);
    await appendOutput(at('summary.md'), 'two\n', workspace);
    expect(await text(at('summary.md'))).toBe('one\ntwo\n');
  });
});
