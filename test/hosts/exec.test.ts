import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExec } from '../../src/hosts/exec.js';
import { limits } from '../../src/limits.js';
import { which } from '../../src/hosts/which.js';
import { ExecutableNotFoundError } from '../../src/ports.js';

let folder = '';
const lines: string[] = [];
const exec = createExec({ info: (line) => lines.push(line) });

/** Runs a piece of JavaScript as a child process. */
async function script(body: string, options: Partial<Parameters<typeof exec>[2]> = {}) {
  return exec(process.execPath, ['-e', body], { env: {}, ...options });
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exec test '));
  await mkdir(path.join(folder, 'docker-folder'));
  await writeFile(
    path.join(folder, 'tool'),
    `#!${process.execPath}\nconsole.log('tool', process.argv.slice(2))`,
  );
  await chmod(path.join(folder, 'tool'), 0o755);
  await writeFile(path.join(folder, 'not-executable'), 'x');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a child process', () => {
  it('gives its exit code and both of its outputs', async () => {
    const result = await script(
      `process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 3`,
    );
    expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' });
  });

  it('gets its arguments as they are, with no shell between', async () => {
    const args = ['a b', '$HOME', '"q"', "'s'", '', '*', '\\', 'ü'];
    const result = await exec(
      process.execPath,
      ['-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args],
      { env: {} },
    );
    expect(JSON.parse(result.stdout)).toEqual(args);
  });

  it('gets the given environment and nothing else', async () => {
    const result = await script('console.log(JSON.stringify(process.env))', {
      env: { ONLY: 'this' },
    });
    expect(JSON.parse(result.stdout)).toEqual({ ONLY: 'this' });
  });

  it('meets an empty standard input, not an open one', async () => {
    const result = await script(
      `process.stdin.on('data', (d) => console.log('data', d)).on('end', () => console.log('end'))`,
    );
    expect(result.stdout).toBe('end\n');
  });

  it('reads what is given as its input', async () => {
    const result = await script('process.stdin.pipe(process.stdout)', { input: 'grüße' });
    expect(result.stdout).toBe('grüße');
  });

  it('may end without reading its input', async () => {
    const result = await script('process.exit(5)', { input: Buffer.alloc(4 * 1024 * 1024) });
    expect(result.exitCode).toBe(5);
  });

  it('may cut its output within a character', async () => {
    const result = await script(
      `const b = Buffer.from('日本'); process.stdout.write(b.subarray(0, 2)); setTimeout(() => process.stdout.write(b.subarray(2)), 50)`,
      { echo: true },
    );
    expect(result.stdout).toBe('日本');
    expect(lines).toContain('日本');
  });

  it('is silent unless its output is wanted in the log', async () => {
    lines.length = 0;
    await script(`console.log('quiet'); console.error('quiet')`);
    expect(lines).toEqual([]);
    await script(`console.log('one'); console.error('two'); process.stdout.write('three')`, {
      echo: true,
    });
    expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
  });
});

describe('looking up a program', () => {
  it('uses the PATH of the given environment', async () => {
    const result = await exec('tool', ['x y'], { env: { PATH: `/nowhere:${folder}` } });
    expect(result.stdout).toBe("tool [ 'x y' ]\n");
  });

  it.each(['no-such-program', 'not-executable', 'docker-folder'])(
    'does not find %s',
    async (name) => {
      const error: unknown = await exec(name, [], { env: { PATH: folder } }).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(ExecutableNotFoundError);
      expect((error as ExecutableNotFoundError).file).toBe(name);
    },
  );

  it('does not fall back to our own PATH', async () => {
    await expect(exec('sh', [], { env: {} })).rejects.toBeInstanceOf(ExecutableNotFoundError);
  });

  it('takes a path relative to the working directory', async () => {
    const result = await exec('./tool', [], { env: {}, cwd: folder });
    expect(result.exitCode).toBe(0);
  });

  it('knows that names of variables have no case on Windows', async () => {
    // win32 paths cannot be found on this machine; what matters is that Path and PATHEXT are read.
    const found = await which('docker', {
      env: { Path: 'C:\\nowhere' },
      cwd: 'C:\\',
      platform: 'win32',
    });
    expect(found).toBeUndefined();
  });
});

describe('when the run is aborted', () => {
  it('asks the child to end', async () => {
    const stop = new AbortController();
    const running = script(
      `process.on('SIGTERM', () => { console.log('asked'); process.exit(0) }); console.log('ready'); setInterval(() => {}, 1000)`,
      { signal: stop.signal, echo: true },
    );
    await expect.poll(() => lines).toContain('ready');
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(lines).toContain('asked');
  });

  it('stops only the child that the signal was given for', async () => {
    const stop = new AbortController();
    const other = script(`setTimeout(() => console.log('done'), 400)`);
    const stopped = script('setInterval(() => {}, 1000)', { signal: stop.signal });
    setTimeout(() => {
      stop.abort();
    }, 150);
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await other).toEqual({ exitCode: 0, stdout: 'done\n', stderr: '' });
  });

  it('starts nothing any more', async () => {
    await expect(script('', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });

  it('kills a child that does not listen', async () => {
    const stop = new AbortController();
    const running = script(
      `process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)`,
      { signal: stop.signal, echo: true },
    );
    await expect.poll(() => lines).toContain('deaf');
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('tells of a child that something else ended', async () => {
    const result = await script('process.kill(process.pid, "SIGKILL")');
    expect(result.exitCode).toBe(137);
  });
});

describe('a child that says nothing', () => {
  const minute = 60_000;
  const waiting = () => lines.filter((line) => line.startsWith('Waiting for '));
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Waits for a line. What vitest has for that moves the clock on. */
  async function until(line: string): Promise<void> {
    while (!lines.includes(line)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** A child that says "ready", and "more" whenever the file is there; on the clock of the test. */
  async function startTalker() {
    lines.length = 0;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const file = path.join(folder, 'say more');
    const stop = new AbortController();
    const body = `
      const { existsSync, rmSync } = require('node:fs');
      console.log('ready');
      setInterval(() => {
        if (!existsSync(process.env.FILE)) return;
        rmSync(process.env.FILE);
        console.log('more');
      }, 10);`;
    const running = script(body, { env: { FILE: file }, signal: stop.signal, echo: true });
    running.catch(() => undefined);
    await until('ready');
    return {
      talk: async () => {
        await writeFile(file, '');
        await until('more');
      },
      end: async () => {
        stop.abort();
        await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
      },
    };
  }

  it('is named after minutes, again and again, with how long it has been', async () => {
    const { end } = await startTalker();
    vi.advanceTimersByTime(2 * minute - 1);
    expect(waiting()).toEqual([]);
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(2 * minute);
    expect(waiting()).toEqual([
      `Waiting for "${process.execPath}", which has printed nothing for 2 minutes`,
      `Waiting for "${process.execPath}", which has printed nothing for 4 minutes`,
    ]);
    await end();
    vi.advanceTimersByTime(limits.silenceReportMs * 10);
    expect(waiting()).toHaveLength(2);
  });

  it('is only one that has said nothing for so long', async () => {
    const { talk, end } = await startTalker();
    vi.advanceTimersByTime(1.5 * minute);
    await talk();
    vi.advanceTimersByTime(1.5 * minute);
    expect(waiting()).toEqual([]);
    vi.advanceTimersByTime(minute);
    expect(waiting()).toHaveLength(1);
    await end();
  });
});
