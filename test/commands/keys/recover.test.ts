import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

const repository = 'team/app';
const gun = `${host}/${repository}`;
let scenario: RegistryScenario;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  const tags = ['1', '2'];
  scenario.push(repository, tags);
  const signed = await scenario.run('sign', { registry: host, repository, tags: tags.join() });
  expect(signed.failure).toBeUndefined();
});
afterAll(() => scenario.close());

const recover = (inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('keysRecover', { registry: host, repository, ...inputs });

describe('the recovery from lost keys', () => {
  it('has nothing to do while all keys are available', async () => {
    const { failure, lines, summary } = await recover();
    expect(failure).toBeUndefined();
    expect(lines.at(-1)).toBe('Nothing has to be done.');
    expect(lines.join('\n')).toMatch(/targets +20\S+ +109\d +valid/);
    expect(summary).toContain(`#### \`${gun}\``);
    expect(summary).toContain('Nothing has to be done.');
  });

  it('succeeds with a key that cannot be opened, and numbers the steps', async () => {
    const lost = path.join(scenario.folder, 'no-such.pem');
    const { failure, lines, warnings } = await recover({ 'root-key': '', keys: lost });
    expect(failure).toBeUndefined();
    expect(warnings).toContainEqual(expect.stringContaining(`${lost} is not available: `));
    expect(lines.join('\n')).toMatch(/\nnot available +root: key [0-9a-f]{64}\n/);
    expect(lines).toContainEqual(
      expect.stringMatching(/^1\. Look for the missing keys first: root/),
    );
  });

  it('is still known by its former name, and warns of it', async () => {
    const asked = () => ({ command: () => 'keys lost' });
    const ran = await scenario.run('keysRecover', { registry: host, repository }, { host: asked });
    expect(ran.failure).toBeUndefined();
    expect(ran.warnings).toContain(
      'The command "keys lost" is now "keys recover". Use the new name.',
    );
  });

  it('reports what is left of each repository, and what it could not read', async () => {
    const ran = await recover({
      repository: `gone,${repository}`,
      'root-key': '',
      'signing-key': '',
      'warn-expiry-days': '2000',
    });
    expect(ran.failure).toMatchObject({ code: 'TRUST_DATA_MISSING' });
    expect(ran.lines.join('\n')).toMatch(/\navailable +nothing\n/);
    expect(ran.lines).toContain('What to do:');
    expect(ran.lines.find((line) => line.startsWith('2. '))).toMatch(/reinitialise before 20/);
    expect(ran.summary).toMatch(/\n {3}```sh\n {3}acr-content-trust inspect /);
    expect(ran.warnings).toContainEqual(expect.stringMatching(/^targets of \S+ expires on 20/));
    expect(await reportOf(ran)).toMatchObject({
      command: 'keysRecover',
      unopenedKeys: [],
      repositories: [
        {
          gun,
          missing: 'root and targets',
          end: { what: 'targets', at: ran.outputs['first-expiry'] },
          custody: [
            { role: 'root', threshold: 1, heldKeyIds: [], isAtHand: false },
            { role: 'targets', threshold: 1, heldKeyIds: [], isAtHand: false },
          ],
          signedTags: [{ tag: '1' }, { tag: '2' }],
        },
      ],
      failures: [{ gun: `${host}/gone`, code: 'TRUST_DATA_MISSING' }],
    });
  });
});
