/** Repositories that get their keys: what the command says, and what it is refused with. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../../support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

const init = (repository: string, more: Readonly<Record<string, string>> = {}) =>
  scenario.run('keysInit', { registry: host, repository, ...more });

describe('keys init', () => {
  it('initialises, names keys and pin, and finds all as it should be afterwards', async () => {
    const dry = await init('init/a', { 'dry-run': 'true' });
    expect(dry.failure).toBeUndefined();
    expect(dry.lines).toContain('Nothing was changed.');
    expect(dry.summary).toContain('### ✅ Repositories that would be initialised');
    expect(dry.outputs).toMatchObject({ repositories: '', 'key-id': '' });

    const made = await init('init/a,init/b');
    expect(made.failure).toBeUndefined();
    const keyId = made.outputs['key-id'] ?? '';
    const report = await reportOf(made);
    const repositoryKey = {
      reference: path.join(scenario.folder, 'signing.pem'),
      keyId,
      isNew: false,
    };
    expect(report).toMatchObject({
      formatVersion: 1,
      command: 'keysInit',
      outcome: 'done',
      dryRun: false,
      rootKey: { reference: path.join(scenario.folder, 'root.pem'), isNew: false },
      repositories: [
        { gun: `${host}/init/a`, state: 'initialised', repositoryKey },
        { gun: `${host}/init/b`, state: 'initialised', repositoryKey },
      ],
      failures: [],
    });
    const { rootKey } = report as { readonly rootKey: { readonly keyId: string } };
    expect(made.lines.join('\n')).toMatch(
      /REPOSITORY +STATE +REPOSITORY KEY +KEY ID\n.*init\/a +initialised +\S+signing\.pem +[0-9a-f]{64}/,
    );
    expect(made.lines.at(-1)).toContain(`trust-pin: ${rootKey.keyId}`);
    expect(made.outputs.repositories).toBe(`${host}/init/a\n${host}/init/b`);
    expect(made.warnings.join('\n')).toContain('The root key is a file');

    const again = await init('init/a,init/b');
    expect(again.lines).toContain('Nothing was changed.');
    expect(await reportOf(again)).toMatchObject({
      repositories: [{ state: 'unchanged' }, { state: 'unchanged' }],
    });
  });

  it('initialises the others where one fails, and says which', async () => {
    scenario.answerWith(({ method, url }) =>
      method === 'POST' && url.includes('init/bad/')
        ? Promise.resolve(reply(400, '{"errors":[{"code":"INVALID_UPDATE","message":"broken"}]}'))
        : undefined,
    );
    const ran = await init('init/bad,init/good');
    expect(ran.failure).toMatchObject({
      code: 'TRUST_SERVER_REJECTED',
      message: expect.stringMatching(/^1 of 2 repositories: each was not initialised/) as string,
    });
    expect(ran.outputs.repositories).toBe(`${host}/init/good`);
    expect(await reportOf(ran)).toMatchObject({
      outcome: 'failed',
      repositories: [
        { state: 'failed', error: { code: 'TRUST_SERVER_REJECTED' } },
        { state: 'initialised' },
      ],
      failures: [{ gun: `${host}/init/bad`, code: 'TRUST_SERVER_REJECTED' }],
    });
  });

  it('changes nothing anywhere when one repository has other keys', async () => {
    await init('init/taken');
    const other = {
      'signing-key': path.join(scenario.folder, 'root.pem'),
      'root-key': 'signing.pem',
    };
    const ran = await init('init/taken,init/fresh', other);
    expect(ran.failure).toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
    expect(scenario.trustOf('init/fresh').stored('root')).toBeUndefined();
    expect(await reportOf(ran)).toMatchObject({ outcome: 'failed', command: 'keysInit' });
  });
});
