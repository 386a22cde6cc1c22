import { spawn } from 'node:child_process';
import { once, EventEmitter } from 'node:events';
import { open } from 'node:fs/promises';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { exitWhenFlushed, tolerateLostOutput, type ExitingProcess } from '../../src/hosts/exit.js';
import { samplePathOf, useSample } from './start.js';

useSample();

const hosts = {
  action: { INPUT_REGISTRY: 'contoso.azurecr.io', INPUT_REPOSITORY: 'a', INPUT_TAGS: '1' },
  task: { INPUT_REGISTRY: 'contoso.azurecr.io', INPUT_REPOSITORY: 'a', INPUT_TAGS: '1' },
  cli: {
    ACR_CONTENT_TRUST_REGISTRY: 'contoso.azurecr.io',
    ACR_CONTENT_TRUST_REPOSITORY: 'a',
    ACR_CONTENT_TRUST_TAGS: '1',
  },
} as const;
type Host = keyof typeof hosts;
const all = ['action', 'task', 'cli'] as const;

/** What each host says of the failure, and of the output. */
const lastWords = {
  action: /::error title=.*PUSH_FAILED/,
  task: /##vso\[task\.complete result=Failed;\]PUSH_FAILED/,
  cli: /digest: sha256:abc/,
} as const;

function start(host: Host, scenario: string, stdout: 'pipe' | number = 'pipe') {
  const args = [samplePathOf(), host, ...(host === 'cli' ? ['sign'] : [])];
  return spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', ...hosts[host], SAMPLE: scenario },
    stdio: ['ignore', stdout, 'pipe'],
  });
}

async function exitCodeOf(child: ReturnType<typeof start>): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

describe.concurrent.each(all)('the %s, whose output is read late,', (host) => {
  it.each([
    ['talksAndFails', 1],
    ['talks', 0],
  ])('ends a run that %s with %i, and every line arrives', async (scenario, expected) => {
    const child = start(host, scenario);
    const closed = exitCodeOf(child);
    child.stderr?.resume();
    // Output begins, and then nobody reads for a while.
    await once(child.stdout as NodeJS.ReadableStream, 'readable');
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(child.exitCode).toBeNull();
    let text = '';
    child.stdout?.on('data', (data: Buffer) => (text += data.toString()));
    expect(await closed).toBe(expected);
    expect(text).toContain('line 19999 of a long log');
    if (expected === 1) expect(text).toMatch(lastWords[host]);
  });
});

describe.each(all)('the %s, whose output is closed,', (host) => {
  it.each([
    ['talksAndFails', 1],
    ['talks', 0],
  ])('ends a run that %s with %i all the same', async (scenario, expected) => {
    const child = start(host, scenario);
    const closed = exitCodeOf(child);
    let errors = '';
    child.stderr?.on('data', (data: Buffer) => (errors += data.toString()));
    child.stdout?.destroy();
    expect(await closed).toBe(expected);
    expect(errors).not.toMatch(/EPIPE|\bat .*\.c?js:\d+/);
    if (host === 'cli' && expected === 1) expect(errors).toMatch(/^error PUSH_FAILED: /m);
  });
});

describe('the help of the cli, whose output is closed,', () => {
  it('leaves no trace of that', async () => {
    const child = spawn(process.execPath, [samplePathOf(), 'cli', 'sign', '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, errors]).toEqual([0, '']);
  });
});

describe.skipIf(process.platform !== 'linux').each(all)('the %s, with a full disk,', (host) => {
  it('does not end with 0 when results were lost', async () => {
    const full = await open('/dev/full', 'w');
    const child = start(host, 'talks', full.fd);
    child.stderr?.resume();
    expect(await exitCodeOf(child)).toBe(1);
    await full.close();
  });
});

describe('a process that is done', () => {
  const stuck = (): Writable => new Writable({ write: () => undefined });
  const processOf = (stdout: Writable) => {
    const exits: number[] = [];
    const events = new EventEmitter();
    const leaving: ExitingProcess = {
      stdout,
      stderr: new PassThrough(),
      once: (name, listener) => events.once(name, listener),
      exit: (code) => exits.push(code),
    };
    return { leaving, events, exits };
  };

  it.each([0, 1, 130])('leaves with its code %i once its output was taken', async (code) => {
    const { leaving, exits } = processOf(new PassThrough());
    await exitWhenFlushed(leaving, code);
    expect(exits).toEqual([code]);
  });

  it.each([
    [0, 1],
    [2, 2],
  ])('that nobody listens to is not done: %i becomes %i', async (code, expected) => {
    const stdout = stuck();
    stdout.write('x');
    const { leaving, exits } = processOf(stdout);
    await exitWhenFlushed(leaving, code, 10);
    expect(exits).toEqual([expected]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'])('waits no longer at %s', async (signal) => {
    const stdout = stuck();
    stdout.write('x');
    const { leaving, events, exits } = processOf(stdout);
    const left = exitWhenFlushed(leaving, 0);
    events.emit(signal);
    await left;
    expect(exits).toEqual([1]);
  });

  it.each([
    ['EPIPE', 0],
    ['EOF', 0],
    ['ENOSPC', 1],
    ['EIO', 1],
  ])('after its output met %s leaves with %i', async (code, expected) => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write failed'), { code }));
      },
    });
    const { leaving, exits } = processOf(stdout);
    tolerateLostOutput(leaving);
    stdout.write('x');
    await exitWhenFlushed(leaving, 0);
    expect(exits).toEqual([expected]);
  });
});
