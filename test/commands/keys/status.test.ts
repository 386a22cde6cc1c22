import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

const day = 24 * 60 * 60 * 1000;
const repository = 'team/app';
const gun = `${host}/${repository}`;
let scenario: RegistryScenario;
let key: string;
let signedAt: number;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  scenario.push(repository, ['1']);
  signedAt = Date.now();
  const signed = await scenario.run('sign', { registry: host, repository, tags: '1' });
  expect(signed.failure).toBeUndefined();
  key = path.join(scenario.folder, 'a|key.pem');
  await copyFile(path.join(scenario.folder, 'signing.pem'), key);
});
afterAll(() => scenario.close());
afterEach(() => vi.useRealTimers());

const status = (inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('keysStatus', {
    registry: host,
    repository,
    'signing-key': key,
    'root-key': '',
    ...inputs,
  });

/** Has so many days go by since the image was signed. */
function pass(days: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: signedAt + days * day });
}

describe('the status of trust data', () => {
  it('succeeds while nothing expires soon, and changes nothing', async () => {
    const { failure, lines, outputs } = await status();
    expect(failure).toBeUndefined();
    const [head, ...rows] = lines.slice(lines.findIndex((line) => line.startsWith('REPOSITORY')));
    expect(head).toMatch(/^REPOSITORY +ROLE +EXPIRES +DAYS +STATE +RENEWABLE BY$/);
    expect(rows).toHaveLength(5);
    expect(rows.find((row) => row.includes(' targets '))).toMatch(
      /targets +20\d\d-\d\d-\d\d +109\d +valid +\S.*a\|key\.pem/,
    );
    expect(rows.at(-1)).toMatch(/timestamp +20\d\d-\d\d-\d\d +13 +valid +the server$/);
    expect(Date.parse(outputs['first-expiry'] ?? '')).toBeGreaterThan(Date.now());
  });

  it('fails for what expires soon, with a report that other programs read', async () => {
    pass(10.5);
    const ran = await status({ 'warn-expiry-days': '1090' });
    expect(ran.failure).toMatchObject({
      code: 'TRUST_DATA_EXPIRING',
      message: expect.stringMatching(/expires within 1090 days: targets on /) as string,
    });
    expect(await reportOf(ran)).toMatchObject({
      formatVersion: 1,
      command: 'keysStatus',
      outcome: 'failed',
      error: { code: 'TRUST_DATA_EXPIRING' },
      withinDays: 1090,
      keys: [{ description: expect.stringContaining('a|key.pem') as string }],
      repositories: [
        {
          gun,
          firstExpiry: ran.outputs['first-expiry'],
          roles: [
            { role: 'root', part: 'file', renewableBy: 'others', heldKeyIds: [] },
            { role: 'root', part: 'certificate' },
            { role: 'targets', state: 'expiring', days: 1084, renewableBy: 'keys' },
            { role: 'snapshot', renewableBy: 'server', keyIds: [] },
            { role: 'timestamp' },
          ],
        },
      ],
      failures: [],
    });
  });

  it('fails for what has expired first, and says what else is wrong', async () => {
    pass(1100);
    const ran = await status({ repository: `gone,${repository}` });
    expect(ran.failure).toMatchObject({
      code: 'TRUST_DATA_EXPIRED',
      message: expect.stringMatching(
        /^2 of 2 repositories: each needs attention\..*has no trust data/,
      ) as string,
    });
    const rows = ran.lines.filter((line) => line.includes(gun));
    expect(rows.find((row) => row.includes(' targets '))).toMatch(/ -\d +EXPIRED +\S.*a\|key\.pem/);
    expect(await reportOf(ran)).toMatchObject({
      failures: [{ gun: `${host}/gone`, code: 'TRUST_DATA_MISSING' }],
    });
  });

  it('is a summary in which no name can break out of its cell', async () => {
    const { summary } = await status();
    expect(summary).toContain('### ✅ When trust data expires: ');
    expect(summary).toContain(`| \`${gun}\` | \`targets\` | `);
    expect(summary).toMatch(/\| ✅ valid \| .*a\\\|key\.pem.* \|/);
    expect(summary).toContain('- ⚠️ The root of');
  });
});
