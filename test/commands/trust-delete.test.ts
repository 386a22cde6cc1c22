import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { host, reply, reportOf, startRegistryScenario } from './support/registry-scenario.js';
import type { RegistryScenario } from './support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterAll(() => scenario.close());

/** A signed repository; the digest of its one tag. */
async function signed(repository: string): Promise<string> {
  const digest = scenario.push(repository, ['1.0']);
  const { failure } = await scenario.run('sign', { registry: host, repository, tags: '1.0' });
  expect(failure).toBeUndefined();
  return digest;
}

const deletion = (repository: string, more: Readonly<Record<string, string>> = {}) =>
  scenario.run('trustDelete', { registry: host, repository, ...more });

/** The trust data of a repository that cannot be read. */
const damaged = (repository: string): void => {
  scenario.answerWith((request) =>
    request.method === 'GET' && request.url.includes(`/${repository}/_trust/tuf/snapshot`)
      ? Promise.resolve(reply(200, '{"signed":{},"signatures":[]}'))
      : undefined,
  );
};

describe('what trust delete is asked for', () => {
  it.each(['team/ap', 'contoso.azurecr.io', '*', 'yes', 'fabrikam.azurecr.io/db', 'DB'])(
    'does not take %j for a confirmation',
    async (confirm) => {
      const { failure } = await deletion('team/app, db', { confirm });
      expect(failure?.code).toBe('INPUT_CONFLICT');
    },
  );

  it('needs a repository', async () => {
    const { failure } = await scenario.run('trustDelete', { registry: host });
    expect(failure?.code).toBe('INPUT_MISSING');
  });
});

describe('trust delete', () => {
  it('lists what is lost and deletes nothing before every repository is confirmed', async () => {
    const digest = await signed('listed');
    const ran = await deletion('listed, empty', { confirm: 'empty' });
    expect(ran.failure?.code).toBe('CONFIRMATION_MISSING');
    expect(ran.failure?.remedy).toContain(`confirm: ${host}/listed`);
    const log = ran.lines.join('\n');
    expect(log).toMatch(new RegExp(`${host}/listed:1\\.0 +${digest} +Repo Admin`));
    expect(log).toMatch(/listed +not confirmed +1 +- +[0-9a-f]{64} +[0-9a-f]{64}/);
    expect(log).toMatch(/empty +nothing there +- +- +- +-/);
    expect(log).toContain(`~/.docker/trust/tuf/${host}/listed`);
    expect(ran.lines.at(-1)).toContain('Nothing was changed.');
    expect(ran.summary).toContain('### ❌ Trust delete failed');
    expect(ran.summary).toContain('could not rotate trust to a new trusted root');
    expect(ran.summary.match(/^\| --- /gm)).toHaveLength(1);
    expect(ran.outputs.repositories).toBe('');
    expect(scenario.isSigned('listed', '1.0')).toBe(true);
  });

  it('changes nothing in a dry run', async () => {
    await signed('kept');
    const ran = await deletion('kept', { confirm: 'kept', 'dry-run': 'true' });
    expect(ran.failure).toBeUndefined();
    expect(ran.summary).toContain('### ✅ Trust data that would be deleted: ');
    expect(await reportOf(ran)).toMatchObject({
      formatVersion: 2,
      dryRun: true,
      repositories: [{ state: 'to be deleted' }],
    });
    expect(scenario.isSigned('kept', '1.0')).toBe(true);
  });

  it('deletes what is confirmed, with or without the registry', async () => {
    const [one, other] = [await signed('team/one'), await signed('other')];
    const confirm = `${host}/team/one, other`;
    const ran = await deletion('team/one, other, empty', { confirm });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs.repositories).toBe(`${host}/team/one\n${host}/other`);
    expect(ran.summary).toContain('### ✅ Deleted trust data: ');
    expect(ran.summary).toContain(`| \`${host}/other\` | ✅ deleted | 1 |`);
    expect(await reportOf(ran)).toMatchObject({
      command: 'trustDelete',
      outcome: 'done',
      repositories: [
        { state: 'deleted', images: [`${host}/team/one:1.0@${one}`] },
        { state: 'deleted', images: [`${host}/other:1.0@${other}`] },
        { state: 'nothing there' },
      ],
    });
    expect(scenario.isSigned('team/one', '1.0')).toBe(false);
  });

  it('deletes what cannot be read, and says so', async () => {
    await signed('damaged');
    damaged('damaged');
    const ran = await deletion('damaged', { confirm: 'damaged' });
    scenario.answerWith(() => undefined);
    expect(ran.failure).toBeUndefined();
    const log = ran.lines.join('\n');
    expect(log).toMatch(/damaged +to be deleted +not readable +not readable/);
    expect(log).toContain('cannot be listed, because it cannot be read: ');
    expect(ran.summary).toContain('cannot be listed');
    expect(await reportOf(ran)).toMatchObject({
      repositories: [
        { state: 'deleted', unreadable: expect.stringContaining('snapshot') as string },
      ],
    });
  });

  it('keeps the report of what was to be deleted when the run may not delete', async () => {
    const digest = await signed('guarded');
    scenario.trustOf('guarded').rights.push = false;
    const ran = await deletion('guarded', { confirm: 'guarded' });
    expect(ran.failure?.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(await reportOf(ran)).toMatchObject({
      outcome: 'failed',
      repositories: [{ state: 'to be deleted', images: [`${host}/guarded:1.0@${digest}`] }],
    });
  });

  it('tells which of several could not be deleted', async () => {
    await signed('gone');
    await signed('stays');
    scenario.trustOf('stays').rights.all = false;
    const ran = await deletion('gone, stays', { confirm: 'gone, stays' });
    expect(ran.failure?.message).toContain('1 of 2 repositories: each was not deleted.');
    expect(ran.outputs.repositories).toBe(`${host}/gone`);
    expect(ran.summary).toContain(`| \`${host}/stays\` | ❌ failed |`);
    expect(await reportOf(ran)).toMatchObject({
      repositories: [
        { state: 'deleted' },
        { state: 'failed', error: { code: 'SIGNER_NOT_AUTHORIZED' } },
      ],
    });
  });
});
