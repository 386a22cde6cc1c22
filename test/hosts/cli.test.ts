import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplePathOf, signalAt, startSample, useSample } from './start.js';

useSample();

let folder = '';
const image = [
  '--registry',
  'contoso.azurecr.io',
  '--repository',
  'team/app',
  '--tags',
  '1.0,latest',
];
const helpUrl =
  'https://github.com/acr-content-trust/acr-content-trust/blob/v1/docs/troubleshooting.md#push_failed';
const passphrase = { ACR_CONTENT_TRUST_SIGNING_KEY_PASSPHRASE: 's3cret-passphrase' };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cli-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the command line', () => {
  it('prints phases, lines and outputs for people, warnings on standard error', async () => {
    const { code, stdout, stderr } = await startSample('cli', passphrase, ['sign', ...image]);
    expect(stdout).toEqual([
      'Build ##vso [task.debug]x',
      '  tags 1.0 latest',
      '  ##vso [task.setvariable variable=a]b',
      '  : :error::x',
      '  ## [group]y',
      '  key *** and password ***',
      'digest: sha256:abc',
      'signed-tags: 1.0,latest',
    ]);
    expect(stderr).toEqual(['warning: careful', '50% done']);
    expect(code).toBe(0);
  });

  it('prints an output of several lines as a list below its name', async () => {
    const { stdout } = await startSample('cli', { SAMPLE: 'lists' }, ['sign', ...image]);
    expect(stdout).toEqual([
      'images:',
      '  contoso.azurecr.io/a@sha256:1',
      '  : :error::contoso.azurecr.io/b',
      '  c',
      'verified: 3',
    ]);
  });

  it('prints no group with nothing in it and no output without a value; JSON keeps that output', async () => {
    const env = { SAMPLE: 'saysLittle' };
    const { stdout, stderr } = await startSample('cli', env, ['sign', ...image]);
    expect(stdout).toEqual(['Only a warning', 'Warning first', '  a line', 'verified: 0']);
    expect(stderr).toEqual(['  warning: careful', '  warning: look']);
    const asJson = await startSample('cli', env, ['sign', '--json', ...image]);
    expect(JSON.parse(asJson.stdout.join(''))).toMatchObject({ images: '', verified: '0' });
  });

  it('prints the outputs as JSON, and only them, on standard output if asked', async () => {
    const { stdout } = await startSample('cli', passphrase, ['sign', '--json', ...image]);
    expect(stdout.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        formatVersion: 1,
        digest: 'sha256:abc',
        signedTags: '1.0,latest',
        report: { formatVersion: 1, tags: [{ length: 735, secret: '***' }] },
      },
    ]);
  });

  it('adds the summary to a file if asked', async () => {
    const file = path.join(folder, 'summary.md');
    await startSample('cli', passphrase, ['sign', '--summary-file', file, ...image]);
    expect(await readFile(file, 'utf8')).toBe('## Signed ***\n');
  });

  it('reports a failure once, with outputs so far, and exits with 1', async () => {
    const env = { ...passphrase, SAMPLE: 'fails' };
    const { code, stdout, stderr } = await startSample('cli', env, ['sign', '--json', ...image]);
    expect(code).toBe(1);
    expect(stderr).toEqual([
      'error PUSH_FAILED: Push of ***',
      '##vso [task.complete]x failed',
      'Try again;',
      'then ask.',
      `More about it: ${helpUrl}`,
    ]);
    expect(JSON.parse(stdout.join(''))).toEqual({
      formatVersion: 1,
      digest: 'sha256:abc',
      error: {
        code: 'PUSH_FAILED',
        helpUrl,
        message: 'Push of ***\n##vso [task.complete]x failed',
        remedy: 'Try again;\nthen ask.',
      },
    });
  });

  it('tells what lies behind a failure when debugging, without secrets', async () => {
    const env = { ...passphrase, SAMPLE: 'fails' };
    const { stderr } = await startSample('cli', env, ['sign', '--debug', ...image]);
    expect(stderr.join('\n')).toContain('cause with ***');
    expect(stderr.join('\n')).not.toContain('s3cret');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('cleans up and exits as is usual after %s', async (signal, expected) => {
    const env = { SAMPLE: 'waits' };
    const { code, stdout, stderr } = await startSample(
      'cli',
      env,
      ['sign', ...image],
      signalAt('waiting', signal),
    );
    expect(code).toBe(expected);
    expect(stdout).toContain('cleaned up');
    expect(stderr[0]).toBe(
      `error INTERRUPTED: The run was stopped by ${signal} before it was done.`,
    );
  });

  it.each([
    ['throwsText', 'error UNEXPECTED: Something unexpected happened: just text'],
    ['crashes', 'error UNEXPECTED: Something unexpected happened: thrown where no one catches'],
    [
      'neverEnds',
      'error UNEXPECTED: Something unexpected happened: the run ended before it was done',
    ],
  ])('exits with 1 when the run %s', async (scenario, line) => {
    const { code, stderr } = await startSample('cli', { SAMPLE: scenario }, ['sign', ...image]);
    expect(code).toBe(1);
    expect(stderr[0]).toBe(line);
  });

  it('warns of a variable that is no input', async () => {
    const env = { ACR_CONTENT_TRUST_REGSITRY: 'x', SAMPLE: 'environment' };
    const { stderr } = await startSample('cli', env, ['sign', ...image]);
    expect(stderr).toEqual([
      'warning: Variable ACR_CONTENT_TRUST_REGSITRY is not known here and was ignored. Check its name.',
    ]);
  });

  it('keeps its variables from child processes', async () => {
    const env = { ...passphrase, SAMPLE: 'environment' };
    const { stdout } = await startSample('cli', env, ['sign', ...image]);
    expect(stdout).toContain('inputs left: .');
  });
});

describe('an input on the command line', () => {
  it('may be a variable, and an option wins over it', async () => {
    const env = {
      ACR_CONTENT_TRUST_REGISTRY: 'contoso.azurecr.io',
      ACR_CONTENT_TRUST_REPOSITORY: 'team/app',
      ACR_CONTENT_TRUST_TAGS: 'from-variable',
    };
    const fromVariable = await startSample('cli', env, ['sign']);
    expect(fromVariable.stdout).toContain('  tags from-variable');
    const fromOption = await startSample('cli', env, ['sign', '--tags', 'a', '--tags', 'b']);
    expect(fromOption.stdout).toContain('  tags a b');
  });

  it('may not be a secret in an argument', async () => {
    const args = ['sign', ...image, '--client-secret', 'hunter2-hunter2'];
    const { code, stdout, stderr } = await startSample('cli', {}, args);
    expect(code).toBe(2);
    expect(stderr[0]).toContain(
      'error INPUT_INVALID: Input "client-secret" cannot be used: it holds a secret itself',
    );
    expect([...stdout, ...stderr].join('\n')).not.toContain('hunter2');
  });

  it('may be a secret in a file, which is masked', async () => {
    const file = path.join(folder, 'passphrase');
    await writeFile(file, 's3cret-passphrase\n');
    const args = ['sign', ...image, '--signing-key-passphrase', `@${file}`];
    const { stdout } = await startSample('cli', {}, args);
    expect(stdout).toContain('  key *** and password ***');
  });

  it('may be a secret too short to be hidden, and the log warns', async () => {
    const env = { ACR_CONTENT_TRUST_CLIENT_SECRET: 'abc' };
    const { code, stderr } = await startSample('cli', env, ['sign', ...image]);
    expect(code).toBe(0);
    expect(stderr[0]).toBe('warning: "client-secret" is too short to be hidden in the log.');
  });

  it.each([
    ['a file that is not there', ['--client-secret', '@/nowhere/secret']],
    ['an empty standard input', ['--client-secret', '@-']],
    ['an option there is none of', ['--no-such-option']],
    ['neither true nor false', ['--content-trust', 'maybe']],
    ['none of the choices', ['--engine', 'steam']],
  ])('may not be %s', async (_, args) => {
    const { code, stderr } = await startSample('cli', {}, ['push', ...image, ...args]);
    expect(code).toBe(2);
    expect(stderr[0]).toMatch(/^error INPUT_INVALID: /);
  });

  it('that is not known is answered with the help of the command', async () => {
    const { stderr } = await startSample('cli', {}, ['keys', 'init', '--reg']);
    expect(stderr).toEqual([
      "error INPUT_INVALID: unknown option '--reg'",
      'See acr-content-trust keys init --help.',
    ]);
  });

  it('is missed', async () => {
    const { code, stderr } = await startSample('cli', {}, [
      'revoke',
      '--registry',
      'contoso.azurecr.io',
    ]);
    expect(code).toBe(2);
    expect(stderr[0]).toMatch(/^error INPUT_MISSING: /);
  });
});

describe.skipIf(process.platform === 'win32')('a secret on standard input', () => {
  /** A run that has read more than a pipe holds, and waits for the rest. */
  async function startWaiting() {
    const args = [samplePathOf(), 'cli', 'sign', ...image, '--signing-key-passphrase', '@-'];
    const child = spawn(process.execPath, args, { env: {}, stdio: 'pipe' });
    const ended = once(child, 'close') as Promise<[number | null, string | null]>;
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    await new Promise((resolve) => child.stdin.write(' '.repeat(200_000), resolve));
    return { child, ended, outputOf: () => output };
  }

  it('may take its time to come', async () => {
    const { child, ended, outputOf } = await startWaiting();
    child.stdin.end('s3cret-passphrase\n');
    expect([await ended, outputOf()]).toEqual([[0, null], expect.stringContaining('key ***')]);
    expect(outputOf()).not.toContain('s3cret');
  });

  it('is waited for no longer when the run is stopped', async () => {
    const { child, ended, outputOf } = await startWaiting();
    child.kill('SIGINT');
    expect([await ended, outputOf()]).toEqual([[null, 'SIGINT'], '']);
  });
});

describe('a document on the command line', () => {
  const repository = image.slice(0, 4);

  it('has standard output for itself', async () => {
    const args = ['inspect', ...repository, '--format', 'json'];
    const { stdout, stderr } = await startSample('cli', { SAMPLE: 'prints' }, args);
    expect(stdout).toEqual([String.raw`["text \u0023\u0023vso[task.debug]x"]`]);
    expect(JSON.parse(stdout.join(''))).toEqual(['text ##vso[task.debug]x']);
    expect(stderr.join()).toContain('a line of the log');
  });

  it('is not there where tables were asked for', async () => {
    const args = ['inspect', ...repository];
    const { stdout } = await startSample('cli', { SAMPLE: 'prints' }, args);
    expect(stdout[0]).toContain('a line of the log');
    expect(stdout.at(-1)).toContain('inspection: /tmp/inspection.json');
  });
});
