/** Notary Project signatures that go with promoted images, between the two kinds of registries. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, it } from 'vitest';
import { connectStack } from '../../stack/index.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import { pushUnsigned, pushUnsignedIndex } from '../main-job/unsigned-tag.js';
import type { ProductResult } from '../product.js';
import { createScenario, type Scenario } from '../scenario.js';
import { prepareNotaryProject } from './certificates.js';

const stack = connectStack(inject('stack'));
/** A registry with the referrers API, and one without it. */
const [dev, prod] = await Promise.all([createScenario(stack), createScenario(stack)]);
await stack.azure.updateRegistry(prod.registry.loginServer, { customerManagedKey: true });
const [devSigns, prodSigns] = [await prepareNotaryProject(dev), await prepareNotaryProject(prod)];
const [devRoot, prodRoot] = [await dev.vault.key(), await prod.vault.key()];
const [release, approval] = [
  await devSigns.makeCertificate({ issuer: 'Unknown' }),
  await prodSigns.makeCertificate(),
];

const gunOf = ({ registry }: Scenario, repository: string) =>
  `${registry.loginServer}/${repository}`;

async function reportOf({ outputs }: ProductResult) {
  return JSON.parse(await readFile(outputs['trust-report'] ?? '', 'utf8')) as {
    readonly unchanged: boolean;
    readonly notaryProject?: readonly object[];
    readonly images: readonly {
      readonly signatures: readonly { readonly digest: string; readonly listed: boolean }[];
    }[];
  };
}

/** Lets the signer of `to` read the registry of `from`. */
async function promote(
  from: Scenario,
  source: string,
  to: Scenario,
  inputs: Readonly<Record<string, string>>,
): Promise<ProductResult> {
  const { clientId: principalId } = to.signer;
  await stack.azure.assignRole({ principalId, role: 'AcrPull', scope: from.registry.id });
  return to.run({ host: 'cli', inputs: { command: 'promote', source, ...inputs } });
}

it('an image keeps its signatures from registry to registry, and gets new ones', async () => {
  const made = dev.repository();
  const index = await pushUnsignedIndex(dev, made, 'rc');
  expectSuccess(
    await dev.run({
      host: 'cli',
      inputs: {
        command: 'sign',
        repository: made,
        tags: 'rc',
        signatures: 'both',
        'sign-platforms': 'true',
        'signing-key': release.url,
        'root-key': devRoot,
      },
    }),
  );

  // From the API to the tag, and for Docker too.
  const approved = prod.repository();
  const inputs = {
    repository: approved,
    tags: '1',
    'signing-key': await prod.vault.key(),
    'root-key': prodRoot,
  };
  const first = await promote(dev, `${gunOf(dev, made)}:rc`, prod, inputs);
  expectSuccess(first);
  const { images } = await reportOf(first);
  const signatures = images[0]?.signatures ?? [];
  expect(signatures).toHaveLength(3);
  expect(signatures.every(({ listed }) => listed)).toBe(true);
  const root = release.chain.at(-1) ?? '';
  for (const { digest } of signatures) {
    expect(await prodSigns.verify(approved, digest, root)).toMatchObject({ accepted: true });
  }
  await expectSigned(prod, approved, { tags: ['1'], digest: index });
  const again = await promote(dev, `${gunOf(dev, made)}:rc`, prod, inputs);
  expect(await reportOf(again)).toMatchObject({ unchanged: true });

  // Back from the tag to the API, with a signature of its own that names the new tag.
  const back = dev.repository();
  const signedAsWell = await promote(prod, `${gunOf(prod, approved)}:1`, dev, {
    repository: back,
    tags: 'stable',
    signatures: 'both',
    'signing-key': release.url,
    'root-key': devRoot,
  });
  expectSuccess(signedAsWell);
  expect(await reportOf(signedAsWell)).toMatchObject({
    notaryProject: [{ digest: index, isNew: true }],
  });
  const metadata = { 'tag:stable': gunOf(dev, back) };
  expect(await devSigns.verify(back, index, root, metadata)).toMatchObject({ accepted: true });
  await expectSigned(dev, back, { tags: ['stable'], digest: index });
});

it('an exported policy of notation accepts what is signed, and nothing else', async () => {
  const repository = prod.repository();
  const gun = gunOf(prod, repository);
  const [signed, foreign, unsigned] = [
    await pushUnsigned(prod, repository, 'signed'),
    await pushUnsigned(prod, repository, 'foreign'),
    await pushUnsigned(prod, repository, 'unsigned'),
  ];
  const other = await prodSigns.makeCertificate();
  for (const [tags, certificate] of [
    ['signed', approval],
    ['foreign', other],
  ] as const) {
    const inputs = { signatures: 'notary-project', 'signing-key': certificate.url };
    expectSuccess(
      await prod.run({ host: 'cli', inputs: { command: 'sign', repository, tags, ...inputs } }),
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'exported-'));
  const exported = await prod.run({
    host: 'task',
    inputs: {
      command: 'exportPolicy',
      repository,
      'trusted-certificate': approval.chain[0],
      'trusted-identity': 'C=US, ST=WA, O=Contoso',
      'policy-format': 'notation',
      'output-directory': folder,
    },
  });
  expectSuccess(exported);
  const [policy = '', certificates = ''] = await Promise.all(
    (exported.outputs['policy-files'] ?? '').split('\n').map((file) => readFile(file, 'utf8')),
  );
  const question = (digest: string) =>
    ({
      kind: 'verify',
      reference: `${gun}@${digest}`,
      ...prod.reader.login,
      policy: JSON.parse(policy) as unknown,
      trustStore: { 'ca/trusted': { 'certificates.pem': certificates } },
    }) as const;
  const answers = await stack.askNotation([signed, foreign, unsigned].map(question));
  expect(answers.map(({ accepted }) => accepted)).toEqual([true, false, false]);
});
