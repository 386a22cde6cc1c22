/** A build that takes longer than a registry login lasts. */
import { describe, expect, it } from 'vitest';
import { expectFailure, expectSigned } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import { build, runnable } from './builds.js';

const loginSeconds = 16;
const { stack, scenario } = await setUp({ refreshTokenSeconds: loginSeconds });

const slowBuild = async (): Promise<string> =>
  stack.makeImageContext('slow', {
    dockerfile: runnable(`RUN /bin/busybox sleep ${loginSeconds + 1}`),
  });

describe.concurrent('a build by buildx that outlasts the registry login', () => {
  it('is pushed with a new login, from what the builder has built already, and signed', async () => {
    const repository = scenario.repository();
    const result = await build(scenario, {
      builder: 'buildx',
      inputs: { repository, context: await slowBuild() },
    });
    expect(result.output).toContain('The registry login expired');
    const { digest = '' } = result.outputs;
    await expectSigned(scenario, repository, { tags: ['1.0'], digest });
  });

  it('fails for the expired login where the builder may not use its cache', async () => {
    const result = await scenario.run({
      host: 'cli',
      docker: 'docker26',
      dockerConfig: await stack.makeDockerConfig({ buildx: true }),
      inputs: {
        repository: scenario.repository(),
        tags: '1.0',
        'no-cache': 'true',
        ...(await makeKeys(scenario)),
        context: await slowBuild(),
      },
    });
    expectFailure(result, {
      code: 'REGISTRY_LOGIN_EXPIRED',
      message: /The registry login expired at \d{4}/,
      remedy: /no-cache/,
    });
    expect(result.output).not.toContain('AcrPush');
  });
});
