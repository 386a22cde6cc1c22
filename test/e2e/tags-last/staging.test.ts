/** Builders that cannot push by digest: a staging tag of the run's own gives the same. */
import { describe, expect, it } from 'vitest';
import { anyText, expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import { plainTags, writesSince } from './pushing.js';

const { stack, scenario } = await setUp();

async function inputsFor(
  repository: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  return {
    repository,
    tags: 'one',
    'tags-last': 'always',
    ...(await makeKeys(scenario)),
    context: await stack.makeImageContext(repository),
    ...more,
  };
}

async function localTags(engine: 'docker20' | 'docker26', repository: string): Promise<string[]> {
  const gun = `${scenario.registry.loginServer}/${repository}`;
  const args = ['images', '--format', '{{.Tag}}', gun];
  const { stdout } = await stack.docker({ engine, args });
  return stdout.split('\n').filter((line) => line !== '' && line !== '<none>');
}

describe('tags last by a staging tag', () => {
  it.each([
    ['docker20', 'action'],
    ['docker26', 'task'],
  ] as const)('comes after the signature with %s through the %s', async (docker, host) => {
    const repository = scenario.repository();
    const dockerConfig = await stack.makeDockerConfig({ buildx: docker === 'docker26' });
    const inputs = await inputsFor(repository);
    const since = await stack.requestMark();
    const result = await scenario.run({ host, docker, dockerConfig, inputs });
    expectSuccess(result);
    expect(await writesSince(scenario, repository, since)).toEqual([
      expect.stringMatching(/^PUT manifests\/acr-content-trust-staging-[0-9a-f]{16}$/),
      'POST tuf/',
      'PUT manifests/one',
    ]);
    expect(result.output).toMatch(/The staging tag acr-content-trust-staging-\w+ remains/);
    const digest = result.outputs.digest ?? '';
    await expectSigned(scenario, repository, { tags: ['one'], digest });
    expect(await localTags(docker, repository)).toEqual(['one']);
  });

  it('leaves nothing but the staging tag when the signing failed', async () => {
    const repository = scenario.repository();
    const inputs = await inputsFor(repository);
    const target = `/${repository}/_trust/tuf/$`;
    await stack.failNext({
      target,
      method: 'POST',
      times: 50,
      failure: { kind: 'answer', status: 403, body: '{}' },
    });
    const run = { host: 'cli', docker: 'docker20', inputs } as const;
    const failed = await scenario.run(run);
    await stack.takeBackFaults(target);
    expectFailure(failed, {
      code: 'SIGNER_NOT_AUTHORIZED',
      message: /No tag of \S+ was moved/,
      outputs: { digest: anyText },
    });
    expect(await plainTags(scenario, repository)).toEqual([]);
    expectSuccess(await scenario.run({ ...run, inputs: { ...inputs, command: 'push' } }));
    expect(await plainTags(scenario, repository)).toEqual(['one']);
  });

  it('is refused to the docker engine, which signs as it pushes', async () => {
    const inputs = await inputsFor(scenario.repository(), { engine: 'docker' });
    const result = await scenario.run({ host: 'cli', docker: 'docker20', inputs });
    expectFailure(result, { code: 'INPUT_CONFLICT', message: /signs a tag as it pushes it/ });
  });
});
