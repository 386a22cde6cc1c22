import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withPrivateDocker, type DockerLogin } from '../../src/docker/index.js';
import type { Machine } from '../../src/ports.js';
import { TrustError, type ErrorCode } from '../../src/errors.js';

const startMs = Date.parse('2026-01-01T00:00:00Z');
const loginMs = 3 * 3_600_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-docker-setup-'));
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual([]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Logins that last three hours, and a clock that the work on Docker moves. */
function scenario() {
  let nowMs = startMs;
  const opened: string[] = [];
  const warnings: string[] = [];
  const login = (): Promise<DockerLogin> => {
    const password = `login-${opened.length + 1}`;
    opened.push(password);
    return Promise.resolve({ username: 'u', password, expiresAt: new Date(nowMs + loginMs) });
  };
  const use = { docker: { environment: {} }, registry: 'contoso.azurecr.io', login };
  const machine = {
    log: { warn: (line: string) => warnings.push(line) },
    clock: () => new Date(nowMs),
    environment: {},
    platform: process.platform,
    homeDirectory: folder,
    tempDirectory: folder,
    registerCleanup: () => undefined,
  } as unknown as Machine;
  return {
    opened,
    warnings,
    wait: (ms: number) => {
      nowMs += ms;
    },
    run: (body: () => Promise<string>, isRepeatable?: boolean) =>
      withPrivateDocker(use, machine, body, isRepeatable),
  };
}

function refusal(code: ErrorCode, message: string): TrustError {
  return new TrustError(code, message, { remedy: 'Assign AcrPush.' });
}

const refused = refusal('PUSH_NOT_AUTHORIZED', 'docker push failed: unauthorized');

describe('Docker with a login that expires while it works', () => {
  it.each([
    refused,
    refusal('SIGNER_NOT_AUTHORIZED', 'docker push could not sign'),
    refusal('BUILD_FAILED', 'failed to solve: failed to authorize: 401 Unauthorized'),
  ])('runs once more with a new login: $code', async (error) => {
    const { run, wait, opened, warnings } = scenario();
    const result = await run(() => {
      if (opened.length === 2) return Promise.resolve('pushed');
      wait(loginMs);
      return Promise.reject(error);
    });
    expect(result).toBe('pushed');
    expect(opened).toEqual(['login-1', 'login-2']);
    expect(warnings.join()).toContain('login expired');
  });

  it('names the expired login, not a role, where the second try outlasts it too', async () => {
    const { run, wait, opened } = scenario();
    const failed = run(() => {
      wait(loginMs);
      return Promise.reject(refused);
    });
    await expect(failed).rejects.toMatchObject({
      code: 'REGISTRY_LOGIN_EXPIRED',
      remedy: expect.not.stringContaining('AcrPush') as string,
    });
    expect(opened).toHaveLength(2);
  });

  it('names the expired login at once where a second try would take as long as the first', async () => {
    const { run, wait, opened } = scenario();
    const failed = run(() => {
      wait(loginMs);
      return Promise.reject(refused);
    }, false);
    await expect(failed).rejects.toMatchObject({ code: 'REGISTRY_LOGIN_EXPIRED' });
    expect(opened).toHaveLength(1);
  });

  it.each<[string, TrustError, number]>([
    ['a refusal of a login that is still valid', refused, loginMs - 1],
    [
      'a step of the build that failed',
      refusal('BUILD_FAILED', 'npm: 401 Unauthorized\nthe step did not complete successfully'),
      loginMs,
    ],
    ['any other failure', refusal('PUSH_FAILED', 'no space left on device'), loginMs],
  ])('leaves %s as it is', async (_name, error, lasting) => {
    const { run, wait, opened } = scenario();
    const failed = run(() => {
      wait(lasting);
      return Promise.reject(error);
    });
    await expect(failed).rejects.toBe(error);
    expect(opened).toHaveLength(1);
  });
});
