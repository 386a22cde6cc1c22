/** Every key, envelope and kind of registry, with and without a time stamp, judged by notation. */
import path from 'node:path';
import { beforeAll, expect, inject, it } from 'vitest';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { trustIn } from '../../judges/notation.js';
import { goodSubject, keyKinds, makeChain } from '../../notation/make-chain.js';
import { connectStack, run } from '../../stack/index.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { createScenario, type Scenario } from '../scenario.js';
import { expectVerified, verify } from '../verify/signed.js';
import type { MatrixCase, MatrixJob } from './matrix-driver.js';

const stack = connectStack(inject('stack'));
const subject = 'C=US,ST=WA,O=ACME,CN=signer';

async function pushTo(scenario: Scenario): Promise<MatrixJob['images'][number]> {
  const repository = scenario.repository();
  await pushUnsigned(scenario, repository, 'base');
  const host = scenario.registry.loginServer;
  return { host, repository, tag: 'base', login: scenario.signer.login };
}

let cases: readonly MatrixCase[];
let withApi: Scenario;
let without: Scenario;
let timestamp: MatrixJob['timestamp'];

beforeAll(async () => {
  [withApi, without] = [await createScenario(stack), await createScenario(stack)];
  await stack.azure.updateRegistry(without.registry.loginServer, { customerManagedKey: true });
  timestamp = await stack.azure.timestampAuthority();
  const job: MatrixJob = { images: [await pushTo(withApi), await pushTo(without)], timestamp };
  const driver = path.join(import.meta.dirname, 'matrix-driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(job),
  });
  expect(result.exitCode, result.output).toBe(0);
  cases = JSON.parse(result.stdout) as readonly MatrixCase[];
});

const scenarioOf = ({ gun }: MatrixCase): Scenario =>
  gun.startsWith(withApi.registry.loginServer) ? withApi : without;
const tagOf = ({ name }: MatrixCase): string => name.replaceAll(' ', '-');

it('six keys, two envelopes, with and without time stamp, in registries with and without the API', async () => {
  expect(cases).toHaveLength(48);
  const ask = (one: MatrixCase, asksForStamp = one.isStamped) => {
    const { gun, digest, root, name } = one;
    return {
      kind: 'verify',
      reference: `${gun}@${digest}`,
      ...scenarioOf(one).reader.login,
      ...trustIn(root, subject, gun, asksForStamp ? timestamp.root : undefined),
      metadata: { name, [`tag:${tagOf(one)}`]: gun },
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

it('what notation signs with each key, in each envelope, is accepted by us', async () => {
  const chains = new Map(
    await Promise.all(keyKinds.map(async (kind) => [kind, await makeChain({ kind })] as const)),
  );
  const unstamped = cases.filter(({ isStamped }) => !isStamped);
  const questions = unstamped.map((one) => {
    const [kind, format] = one.name.split(' ');
    const made = [...chains].find(([name]) => name === kind)?.[1];
    return {
      kind: 'sign',
      reference: `${one.gun}@${one.digest}`,
      ...scenarioOf(one).signer.login,
      mediaType: format === 'jws' ? 'application/jose+json' : 'application/cose',
      key: String(made?.key.export({ type: 'pkcs8', format: 'pem' })),
      chain: (made?.chain ?? []).map((der) => pem('CERTIFICATE', der)).join(''),
    } as const;
  });
  const made = await stack.askNotation(questions);
  expect(made.map(({ error }) => error)).toEqual(unstamped.map(() => undefined));
  const roots = [...chains.values()].map(({ chain }) =>
    pem('CERTIFICATE', chain.at(-1) ?? Buffer.of()),
  );
  for (const scenario of [withApi, without]) {
    const signed = unstamped.filter((one) => scenarioOf(one) === scenario);
    expect(signed).toHaveLength(12);
    const images = signed.map((one) => ({ ...one, ref: `${one.gun}:${tagOf(one)}` }));
    const result = await verify(scenario, {
      host: 'cli',
      inputs: {
        images: images.map(({ ref }) => ref).join('\n'),
        signatures: 'notary-project',
        'trusted-certificate': roots.join(''),
        'trusted-identity': goodSubject,
      },
    });
    expectVerified(
      result,
      images.map((image) => ({ ...image, repository: '' })),
    );
  }
});
