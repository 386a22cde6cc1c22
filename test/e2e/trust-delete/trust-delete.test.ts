/** Trust data that is deleted, judged by stock clients. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { credentialsOf } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
const { registry, reader } = scenario;

interface Report {
  readonly repositories: readonly {
    readonly gun: string;
    readonly state: string;
    readonly images?: readonly string[];
    readonly unreadable?: string;
  }[];
}

const reportOf = async (file: string | undefined) =>
  JSON.parse(await readFile(file ?? '', 'utf8')) as Report;

describe('trust delete', () => {
  it('lists what is lost, deletes only what is named, and lets it begin anew', async () => {
    const keys = await makeKeys(scenario);
    const [repository, empty] = [scenario.repository(), scenario.repository()];
    const gun = gunOf(repository);
    const digest = await pushUnsigned(scenario, repository, '1');
    const sign = { ...keys, command: 'sign' };
    const first = { ...sign, repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs: first }));
    const returningClient = await stack.makeDockerConfig({
      logins: { [registry.loginServer]: reader.login },
    });
    const pull = { engine: 'docker26', args: ['pull', `${gun}:1`], trust: true } as const;
    expect((await stack.docker({ ...pull, config: returningClient })).exitCode).toBe(0);

    const before = await stateOf(scenario, repository);
    const inputs = { command: 'trustDelete', repository: `${repository}, ${empty}` };
    const unconfirmed = await scenario.run({ host: 'task', inputs });
    expectFailure(unconfirmed, {
      code: 'CONFIRMATION_MISSING',
      message: new RegExp(`All signatures of ${gun} would be lost for good`),
      remedy: new RegExp(`confirm: ${gun}`),
      outputs: { repositories: '' },
    });
    expect(unconfirmed.output).toMatch(new RegExp(`${gun}:1 +${digest}`));
    expect(unconfirmed.output).toContain('Nothing was changed.');
    const other = await scenario.run({ host: 'cli', inputs: { ...inputs, confirm: 'team/ap' } });
    expectFailure(other, { code: 'INPUT_CONFLICT', message: /"confirm" names "team\/ap"/ });
    const dry = { ...inputs, confirm: repository, 'dry-run': 'true', ...credentialsOf(reader) };
    expectSuccess(await scenario.run({ host: 'cli', inputs: dry }));
    const confirmed = { ...inputs, confirm: repository };
    const reading = { ...confirmed, ...credentialsOf(reader) };
    const refused = await scenario.run({ host: 'cli', inputs: reading });
    expectFailure(refused, {
      code: 'SIGNER_NOT_AUTHORIZED',
      message: /./,
      remedy: /AcrImageSigner/,
    });
    expect(await stateOf(scenario, repository)).toEqual(before);

    const deleted = await scenario.run({
      host: 'action',
      actionFolder: 'actions/trust',
      inputs: { ...confirmed, command: 'delete' },
    });
    expectSuccess(deleted);
    expect(deleted.outputs.repositories).toBe(gun);
    expect(deleted.output).toContain(
      `${gunOf(empty)} has no trust data: there is nothing to delete`,
    );
    const { repositories } = await reportOf(deleted.outputs['trust-report']);
    expect(repositories).toMatchObject([
      { gun, state: 'deleted', images: [`${gun}:1@${digest}`] },
      { gun: gunOf(empty), state: 'nothing there' },
    ]);
    const { login } = reader;
    const gone = await stack.dockerPull({ engine: 'docker20', ref: `${gun}:1`, login });
    expect(gone.output).toContain('remote trust data does not exist');
    const again = await scenario.run({ host: 'task', inputs });
    expectSuccess(again);
    expect(again.output).toContain('Nothing was changed.');

    // What the report lists can be signed anew; whoever knew the old root does not follow.
    const images = repositories[0]?.images?.join() ?? '';
    expectSuccess(await scenario.run({ host: 'cli', inputs: { ...sign, images } }));
    await expectSigned(scenario, repository, { tags: ['1'], digest });
    const stale = await stack.docker({ ...pull, config: returningClient });
    expect(stale.exitCode).not.toBe(0);
    expect(stale.output).toContain('could not rotate trust to a new trusted root');
  });

  it('deletes what cannot be read, and says so', async () => {
    const keys = await makeKeys(scenario);
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const sign = { ...keys, command: 'sign', repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs: sign }));
    await stack.failNext({
      target: `/${repository}/_trust/tuf/snapshot`,
      method: 'GET',
      // By its name, by its hash, and by its hash once more.
      times: 3,
      failure: { kind: 'answer', status: 200, body: '{"signed":{},"signatures":[]}' },
    });
    const inputs = { command: 'trustDelete', repository, confirm: gunOf(repository) };
    const deleted = await scenario.run({ host: 'cli', inputs });
    expectSuccess(deleted);
    expect(deleted.output).toMatch(/cannot be listed, because it cannot be read: .*snapshot/);
    const { repositories } = await reportOf(deleted.outputs['trust-report']);
    expect(repositories[0]?.state).toBe('deleted');
    expect(repositories[0]?.unreadable).toContain('snapshot');
    expect((await stack.trustState(gunOf(repository))).root).toBeUndefined();
  });

  it('has written down what is lost before anything is', async () => {
    const keys = await makeKeys(scenario);
    const repository = scenario.repository();
    const digest = await pushUnsigned(scenario, repository, '1');
    const sign = { ...keys, command: 'sign', repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs: sign }));
    await stack.failNext({
      target: `/${repository}/_trust/tuf/$`,
      method: 'DELETE',
      failure: { kind: 'hold', name: repository },
    });
    const stopped = await scenario.run({
      host: 'action',
      inputs: { command: 'trustDelete', repository, confirm: repository },
      signalWhen: { pattern: /::group::Deletion/, signal: 'SIGTERM' },
    });
    await stack.release(repository);
    expect(stopped.exitCode, stopped.output).not.toBe(0);
    const { repositories } = await reportOf(stopped.outputs['trust-report']);
    expect(repositories).toMatchObject([
      { state: 'to be deleted', images: [`${gunOf(repository)}:1@${digest}`] },
    ]);
  });
});
