/**
 * The main job through every host, signing engine and builder, on every Node version a host runs
 * on. The bundles are those that ship; stock clients judge each result.
 */
import { describe, expect, it } from 'vitest';
import { expectSigned, expectSuccess } from '../expectations.js';
import { removeRun, type ProductHost } from '../product.js';
import { setUp } from '../set-up.js';
import { expectReported, groupsOf } from './reported.js';
import { pushByDocker } from './unsigned-tag.js';

interface Combination {
  readonly host: ProductHost;
  readonly node: '20' | '24';
  readonly docker: 'docker20' | 'docker26';
  readonly engine: 'native' | 'docker';
  readonly builder: 'classic' | 'buildx';
}

const row = (
  host: ProductHost,
  node: '20' | '24',
  docker: 'docker20' | 'docker26',
  engine: 'native' | 'docker',
  builder: 'classic' | 'buildx',
): Combination => ({ host, node, docker, engine, builder });

/**
 * Every engine and builder on every host; those two and both versions of Docker on both of Node. The
 * four do not know of each other, so not every combination of them is run.
 */
const combinations = [
  row('action', '24', 'docker20', 'native', 'classic'),
  row('action', '24', 'docker26', 'native', 'buildx'),
  row('action', '24', 'docker20', 'docker', 'classic'),
  row('task', '20', 'docker26', 'native', 'classic'),
  row('task', '24', 'docker26', 'native', 'buildx'),
  row('task', '20', 'docker20', 'docker', 'classic'),
  row('cli', '24', 'docker20', 'native', 'classic'),
  row('cli', '20', 'docker26', 'native', 'buildx'),
  row('cli', '24', 'docker20', 'docker', 'classic'),
];

const { stack, scenario } = await setUp();

function phasesOf({ engine, builder }: Combination): string[] {
  const building = ['Docker', 'Registry login', 'Trust data', 'Base images', 'Build'];
  return [
    ...building,
    ...(engine === 'docker' ? ['Initialisation'] : []),
    ...(builder === 'classic' ? ['Push'] : []),
    'Digest',
    'Signature',
    'Result',
  ];
}

describe('build, push and sign', () => {
  it.each(combinations)(
    'works as $host on Node $node with $docker, signed by $engine, built by $builder',
    async (combination) => {
      const { host, node, docker, engine, builder } = combination;
      const repository = scenario.repository();
      await pushByDocker(scenario, repository, 'unsigned');
      const key = () => (engine === 'native' ? scenario.vault.key() : scenario.vault.secretKey());
      const result = await scenario.run({
        host,
        node,
        docker,
        dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
        inputs: {
          repository,
          tags: '1.0, latest',
          engine,
          builder,
          context: await stack.makeImageContext(repository),
          'signing-key': await key(),
          'root-key': await key(),
        },
      });
      expectSuccess(result);
      expect(result.taskResult).not.toBe('Failed');
      const tags = ['1.0', 'latest'];
      const report = { repository, tags, engine, initialised: true };
      const digest = await expectReported(scenario, result, report);
      await expectSigned(scenario, repository, { tags, digest, unsigned: 'unsigned' });
      expect(groupsOf(host, result)).toEqual(phasesOf(combination));
      await removeRun(result);
    },
  );
});
