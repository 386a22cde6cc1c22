/** What a machine refuses a run: files to write to, room, and file descriptors. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLimited, startSample, useSample, type Finished } from './start.js';

useSample();

let folder = '';
let files: Record<string, string> = {};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'runner-'));
  files = {
    INPUT_REGISTRY: 'contoso.azurecr.io',
    INPUT_REPOSITORY: 'team/app',
    INPUT_TAGS: '1.0',
  };
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
    files[name] = path.join(folder, name);
    await writeFile(files[name], '');
  }
});
afterEach(() => rm(folder, { recursive: true }));

const errorsOf = ({ stdout }: Finished) => stdout.filter((line) => line.startsWith('::error'));
const hasBegun = ({ stdout }: Finished) => stdout.some((line) => line.startsWith('::group::'));

describe.skipIf(process.platform === 'win32')('a file of the runner', () => {
  const bad: [string, () => string | Promise<string>][] = [
    ['is missing', () => path.join(folder, 'gone')],
    ['is a folder', () => folder],
    ['lies below a file', () => path.join(folder, 'GITHUB_STATE', 'output')],
    [
      'is a pipe that nobody reads',
      () => {
        execFileSync('mkfifo', [path.join(folder, 'pipe')]);
        return path.join(folder, 'pipe');
      },
    ],
  ];
  if (process.platform === 'linux') bad.push(['is a device without room', () => '/dev/full']);

  it.each(bad)('that %s ends the run before it begins', async (_what, make) => {
    const file = await make();
    const ran = await startSample('action', { ...files, GITHUB_OUTPUT: file });
    expect(ran.code).toBe(1);
    expect(errorsOf(ran)).toEqual([
      expect.stringContaining(`FILE_NOT_WRITTEN: GITHUB_OUTPUT, ${file}, cannot be written to: `),
    ]);
    expect(hasBegun(ran)).toBe(false);
  });

  it('is proven whichever it is', async () => {
    for (const name of ['GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
      const ran = await startSample('action', { ...files, [name]: folder });
      expect(errorsOf(ran)).toEqual([expect.stringContaining(`FILE_NOT_WRITTEN: ${name}, `)]);
    }
  });

  it('may be a device that takes everything', async () => {
    const ran = await startSample('action', { ...files, GITHUB_OUTPUT: '/dev/null' });
    expect(ran.code).toBe(0);
  });

  it('is not touched by the proof', async () => {
    await startSample('action', { ...files, SAMPLE: 'environment' });
    expect(await readFile(path.join(folder, 'GITHUB_OUTPUT'), 'utf8')).toBe('');
  });

  it('that may not grow ends the run before it begins', async () => {
    const ran = await startLimited('-f 8', files);
    expect(ran.code).toBe(1);
    expect(errorsOf(ran)).toEqual([
      expect.stringMatching(/FILE_NOT_WRITTEN: GITHUB_OUTPUT, .* cannot be written to: EFBIG/),
    ]);
    expect(hasBegun(ran)).toBe(false);
  });

  it('that vanishes while the run works loses no word of what was done', async () => {
    const ran = await startSample('action', { ...files, SAMPLE: 'loses', LOST: folder });
    expect(ran.code).toBe(1);
    expect(errorsOf(ran)).toEqual([
      expect.stringMatching(
        /FILE_NOT_WRITTEN: These outputs of the run could not be written: .*digest/,
      ),
    ]);
    expect(ran.stdout).toContainEqual(
      expect.stringMatching(/^::warning::The job summary is missing: /),
    );
    await mkdir(folder, { recursive: true });
  });
});

describe.skipIf(process.platform === 'win32')('a process without file descriptors', () => {
  it.each([
    ['program', '"sh" could not be started', {}],
    ['server', 'POST https://192.0.2.1/', {}],
    ['proxy', 'POST https://192.0.2.1/', { HTTPS_PROXY: 'http://127.0.0.1:9' }],
  ])('says so where it wants a %s', async (wanted, what, proxy) => {
    const env = { ...files, ...proxy, SAMPLE: 'exhausts', WANTED: wanted };
    const ran = await startLimited('-n 256', env);
    expect(ran.code).toBe(1);
    expect(errorsOf(ran)).toEqual([
      expect.stringContaining(
        `OUT_OF_DESCRIPTORS: ${what}: this process has no file descriptor left (EMFILE)%0ARaise`,
      ),
    ]);
  });
});
