import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalAt, startSample, useSample } from './start.js';

useSample();

let folder = '';
const inputs = {
  INPUT_REGISTRY: 'contoso.azurecr.io',
  INPUT_REPOSITORY: 'team/app',
  INPUT_TAGS: '1.0, latest',
  'INPUT_SIGNING-KEY-PASSPHRASE': 's3cret-passphrase',
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'actions-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the action', () => {
  it('prints groups, masks and warnings as GitHub reads them', async () => {
    const files = { GITHUB_OUTPUT: 'out', GITHUB_STATE: 'state', GITHUB_STEP_SUMMARY: 'summary' };
    const env: Record<string, string> = {};
    for (const [name, file] of Object.entries(files)) {
      env[name] = path.join(folder, file);
      await writeFile(path.join(folder, file), '');
    }
    const { code, stdout } = await startSample('action', { ...inputs, ...env });
    expect(code).toBe(0);
    expect(stdout.filter((line) => !line.startsWith('::add-mask::'))).toEqual([
      '::group::Build ##vso [task.debug]x',
      'tags 1.0 latest',
      '##vso [task.setvariable variable=a]b',
      ': :error::x',
      '## [group]y',
      'key *** and password ***',
      '::endgroup::',
      '::warning::careful%0A50%25 done',
      '::debug::details of ***',
    ]);
    const masks = stdout.filter((line) => line.startsWith('::add-mask::'));
    expect(masks).toContain('::add-mask::s3cret-passphrase');
    expect(masks).toContain('::add-mask::bGluZS1vbmUtb2Yta2V5');
    expect(masks).toContain('::add-mask::bGluZS10d28tb2Yta2V5');
    expect(stdout.indexOf('::add-mask::s3cret-passphrase')).toBe(0);
    expect(masks).not.toContain('::add-mask::-----BEGIN X-----');

    const outputs = await readFile(path.join(folder, 'out'), 'utf8');
    expect(outputs).toMatch(/^digest<<(ghadelimiter_\S+)\nsha256:abc\n\1\nsigned-tags<</);
    expect(await readFile(path.join(folder, 'summary'), 'utf8')).toBe('## Signed ***\n');
    expect(await readFile(path.join(folder, 'state'), 'utf8')).toContain(
      '["/tmp/acr-content-trust-docker-AbCd12"]',
    );
  });

  it('reports a failure once, with code, message and remedy, after the outputs', async () => {
    const { code, stdout } = await startSample('action', { ...inputs, SAMPLE: 'fails' });
    expect(code).toBe(1);
    expect(stdout.filter((line) => line.startsWith('::error'))).toEqual([
      '::error title=Content trust%3A PUSH_FAILED::PUSH_FAILED: Push of ***%0A##vso [task.complete]x failed%0ATry again;%0Athen ask.%0AMore about it: https://github.com/acr-content-trust/acr-content-trust/blob/v1/docs/troubleshooting.md#push_failed',
    ]);
    expect(stdout).toContain('::set-output name=digest::sha256:abc');
    expect(stdout.filter((line) => !line.startsWith('::add-mask::')).join('\n')).not.toContain(
      's3cret-passphrase',
    );
    expect(
      stdout.some((line) => line.startsWith('::debug::') && line.includes('cause with ***')),
    ).toBe(true);
  });

  it.each([
    ['throwsText', 'UNEXPECTED', 'just text'],
    ['crashes', 'UNEXPECTED', 'thrown where no one catches'],
    ['neverEnds', 'UNEXPECTED', 'the run ended before it was done'],
    ['idToken', 'CREDENTIAL_MISSING', 'id-token: write'],
  ])('fails the step when the run %s', async (scenario, errorCode, text) => {
    const { code, stdout } = await startSample('action', { ...inputs, SAMPLE: scenario });
    expect(code).toBe(1);
    const errors = stdout.filter((line) => line.startsWith('::error'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`::${errorCode}: `);
    expect(errors[0]).toContain(text);
  });

  it('asks GitHub for a token of the given audience, and masks it', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.headers.authorization ?? ''} ${request.url ?? ''}`);
      response.end(JSON.stringify({ value: 'header.payload.signature' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stdout } = await startSample('action', {
      ...inputs,
      SAMPLE: 'idToken',
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?v=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    });
    server.close();
    expect(code).toBe(0);
    expect(asked).toEqual([
      'Bearer request-token /token?v=2&audience=api%3A%2F%2FAzureADTokenExchange',
    ]);
    expect(stdout).toContain('::add-mask::header.payload.signature');
    expect(stdout).toContain('token ***.');
  });

  it('names our inputs for those of other actions; of the rest GitHub warns itself', async () => {
    const { stdout } = await startSample('action', {
      ...inputs,
      SAMPLE: 'environment',
      INPUT_FILE: 'Dockerfile.prod',
      INPUT_NONSENSE: 'x',
    });
    expect(stdout.filter((line) => line.startsWith('::warning'))).toEqual([
      '::warning::Input "file" is not known here and was ignored. Use dockerfile instead.',
    ]);
  });

  it('leaves no input in the environment of child processes', async () => {
    const { stdout } = await startSample('action', { ...inputs, SAMPLE: 'environment' });
    expect(stdout).toContain('inputs left: .');
  });

  it('says that it was stopped, after the run has cleaned up', async () => {
    const { code, stdout } = await startSample(
      'action',
      { ...inputs, SAMPLE: 'waits' },
      [],
      signalAt('waiting', 'SIGINT'),
    );
    expect(code).toBe(130);
    expect(stdout).toContain('cleaned up');
    expect(stdout.at(-1)).toBe(
      '::error title=Content trust%3A INTERRUPTED::INTERRUPTED: The run was stopped by SIGINT before it was done.%0ARun it again.%0AMore about it: https://github.com/acr-content-trust/acr-content-trust/blob/v1/docs/troubleshooting.md#interrupted',
    );
  });
});
