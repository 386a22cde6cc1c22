/** The login of Azure CLI: a program is asked for the token, and may hang, refuse or be slow. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCredential } from '../../src/azure/index.js';
import { fakeHttp, rejection } from '../registry/fake-http.js';

vi.mock(import('../../src/limits.js'), async (importOriginal) => {
  const { limits } = await importOriginal();
  return { limits: { ...limits, tokenProgramMs: 1_500 as never, waitReportMs: 500 as never } };
});

const scope = 'https://containerregistry.azure.net/.default';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'azure-cli-'));
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCliCredential');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Signs in with an `az` that is this script. */
async function signIn(script: string, lines: string[] = []) {
  const file = path.join(folder, 'az');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  const { http } = fakeHttp(() => ({ status: 404 }));
  const log = { info: (line: string) => void lines.push(line) };
  const secrets = { mask: () => undefined };
  return createCredential({ kind: 'default' }, { http, secrets, log }).getToken(scope);
}

describe.skipIf(process.platform === 'win32')('an az that is asked for a token', () => {
  it('gives it', async () => {
    const expires = Math.round(Date.now() / 1000) + 3600;
    const answer = JSON.stringify({ accessToken: 'of-a-person', expires_on: expires });
    const token = await signIn(`echo '${answer}'`);
    expect(token?.token).toBe('of-a-person');
  });

  it('and that hangs, with a program that it has started, is waited for until its time is up', async () => {
    const started = performance.now();
    const lines: string[] = [];
    const error = await rejection(signIn('sleep 60 & sleep 60', lines));
    expect(performance.now() - started).toBeLessThan(50_000);
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('such as Azure CLI, printed none within 1.5 seconds');
    expect(lines[0]).toMatch(/^Waiting for a program .*Azure CLI.*, \d+ of at most 180 s$/);
  });

  it('and that nobody has logged in to is told with what to do', async () => {
    const error = await rejection(
      signIn(`echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`),
    );
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('az login');
  });
});
