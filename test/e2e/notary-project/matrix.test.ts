/** Every key, envelope and kind of registry, with and without a time stamp, judged by notation. */
import path from 'node:path';
import { expect, inject, it } from 'vitest';
import { trustIn } from '../../judges/notation.js';
import { connectStack, run } from '../../stack/index.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { createScenario, type Scenario } from '../scenario.js';
import type { MatrixCase, MatrixJob } from './matrix-driver.js';

const stack = connectStack(inject('stack'));
const subject = 'C=US,ST=WA,O=ACME,CN=signer';

async function pushTo(scenario: Scenario): Promise<MatrixJob['images'][number]> {
  const repository = scenario.repository();
  await pushUnsigned(scenario, repository, 'base');
  const host = scenario.registry.loginServer;
  return { host, repository, tag: 'base', login: scenario.signer.login };
}

it('six keys, two envelopes, with and without time stamp, in registries with and without the API', async () => {
  const [withApi, without] = [await createScenario(stack), await createScenario(stack)];
  await stack.azure.updateRegistry(without.registry.loginServer, { customerManagedKey: true });
  const timestamp = await stack.azure.timestampAuthority();
  const job: MatrixJob = { images: [await pushTo(withApi), await pushTo(without)], timestamp };
  const driver = path.join(import.meta.dirname, 'matrix-driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(job),
  });
  expect(result.exitCode, result.output).toBe(0);
  const cases = JSON.parse(result.stdout) as readonly MatrixCase[];
  expect(cases).toHaveLength(48);
  const ask = ({ gun, digest, root, name, isStamped }: MatrixCase, asksForStamp = isStamped) => {
    const reader = gun.startsWith(withApi.registry.loginServer) ? withApi.reader : without.reader;
    return {
      kind: 'verify',
      reference: `${gun}@${digest}`,
      ...reader.login,
      ...trustIn(root, subject, gun, asksForStamp ? timestamp.root : undefined),
      metadata: { name, [`tag:${name.replaceAll(' ', '-')}`]: gun },
    } as const;
  };
  const unstamped = cases.find(({ isStamped }) => !isStamped);
  const answers = await stack.askNotation([
    ...cases.map((one) => ask(one)),
    ...(unstamped ? [ask(unstamped, true)] : []),
  ]);
  const verdicts = cases.map(({ name, gun }, index) => [gun, name, answers[index]?.error]);
  expect(verdicts).toEqual(cases.map(({ name, gun }) => [gun, name, undefined]));
  expect(answers.map(({ accepted }) => accepted)).toEqual([...cases.map(() => true), false]);
});
