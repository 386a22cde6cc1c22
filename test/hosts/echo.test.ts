import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSample, useSample } from './start.js';

useSample();

const secret = 'pass"word\\of <ours>&größe!';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'echo-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Surroundings of each host, with a place for all that it writes. */
function surroundings(host: 'action' | 'task' | 'cli'): Record<string, string> {
  const image = { registry: 'contoso.azurecr.io', repository: 'a', tags: '1' };
  const common = { SAMPLE: 'echoes', ECHO_FILE: path.join(folder, `${host}-report.json`) };
  switch (host) {
    case 'action':
      return {
        ...common,
        RUNNER_DEBUG: '1',
        RUNNER_TEMP: folder,
        INPUT_REGISTRY: image.registry,
        INPUT_REPOSITORY: image.repository,
        INPUT_TAGS: image.tags,
        'INPUT_CLIENT-SECRET': secret,
      };
    case 'task':
      return {
        ...common,
        SYSTEM_DEBUG: 'true',
        AGENT_TEMPDIRECTORY: folder,
        INPUT_REGISTRY: image.registry,
        INPUT_REPOSITORY: image.repository,
        INPUT_TAGS: image.tags,
        INPUT_CLIENTSECRET: secret,
      };
    case 'cli':
      return {
        ...common,
        ACR_CONTENT_TRUST_REGISTRY: image.registry,
        ACR_CONTENT_TRUST_REPOSITORY: image.repository,
        ACR_CONTENT_TRUST_TAGS: image.tags,
        ACR_CONTENT_TRUST_CLIENT_SECRET: secret,
      };
  }
}

describe.each(['action', 'task', 'cli'] as const)(
  'a secret that a server repeats, on the %s',
  (host) => {
    it('is in nothing that the run prints or writes', async () => {
      const args = [
        'sign',
        '--json',
        '--debug',
        '--summary-file',
        path.join(folder, 'cli-summary.md'),
      ];
      const env = surroundings(host);
      if (host === 'action') {
        for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
          env[name] = path.join(folder, `action-${name}`);
          await writeFile(env[name], '');
        }
      }
      const { code, stdout, stderr } = await startSample(host, env, host === 'cli' ? args : []);
      expect(code).toBe(1);
      const masking = /^(::add-mask::|##vso\[task\.setsecret\])/;
      const told = [...stdout, ...stderr].filter((line) => !masking.test(line));
      const files = await Promise.all(
        (await readdir(folder)).map((file) => readFile(path.join(folder, file), 'utf8')),
      );
      expect(files.length).toBeGreaterThan(1);
      for (const text of [told.join('\n'), ...files]) {
        // No four characters of it in a row, but for those that its sentence has as well.
        for (const piece of [
          'pass',
          'word',
          'of <',
          'ours',
          '&gr',
          '&amp;gr',
          'größe',
          'u00f6',
          'C3%B6',
        ])
          expect(text).not.toContain(piece);
      }
      expect(told.join('\n')).toContain('the server said: ***');
    });
  },
);
