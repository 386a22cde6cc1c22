/** What the shipped `setup` prints for a registry that has nothing, and for one that has all. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSuccess } from '../expectations.js';
import type { ProductHost } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';

const { stack, scenario } = await setUp();
const { registry, signer } = scenario;
const repository = scenario.repository();
const rootName = uniqueName('root');
const root = await stack.azure.createVault({ name: rootName });
const keys = await stack.azure.createVault({ name: uniqueName('keys') });
const vaults = [root, keys];
const owner = await registry.principal('Reader', 'AcrPush', 'AcrImageSigner');
const urlOf = ({ vaultUrl }: { readonly vaultUrl: string }) => vaultUrl.replace(/\/$/, '');

interface SetupReport {
  readonly steps: readonly string[];
  readonly unseen: readonly string[];
  readonly script: string;
  readonly pipeline: { readonly file: string; readonly text: string };
}

async function assign(principalId: string, role: string, scope: string): Promise<void> {
  await stack.azure.assignRole({ principalId, role, scope });
}

async function setup(
  given: Readonly<Record<string, string | undefined>> = {},
  host: ProductHost = 'cli',
) {
  const inputs = {
    command: 'setup',
    repository,
    ...credentialsOf(owner),
    'signing-key': `${urlOf(keys)}/keys/app`,
    'root-key': `${urlOf(root)}/keys/root`,
    host: 'azure-pipelines',
    pipeline: signer.clientId,
    'pipeline-object-id': signer.objectId,
    owner: owner.objectId,
    'service-connection': 'contoso-production',
    ...given,
  };
  return scenario.run({ host, inputs });
}

async function reportOf(
  given: Readonly<Record<string, string | undefined>> = {},
  host?: ProductHost,
): Promise<SetupReport> {
  const result = await setup(given, host);
  expectSuccess(result);
  return JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as SetupReport;
}

it('prints what is missing, says what it could not see, and in the end only the pipeline', async () => {
  const blind = await reportOf({ ...credentialsOf(signer) });
  expect(blind.unseen.join('\n')).toMatch(/the properties of the registry|the registry/);
  expect(blind.script).toContain('could not be seen');

  for (const { id } of vaults) {
    await assign(owner.objectId, 'Reader', id);
    await assign(owner.objectId, 'Key Vault Crypto Officer', id);
  }
  const first = await reportOf();
  expect(first.unseen).toEqual([]);
  expect(first.steps).toEqual([
    'The root key root: needed to initialise and to rotate, never to sign images',
    `The key app, which signs ${registry.loginServer}/${repository}`,
    'The roles of the pipeline',
    expect.stringMatching(/^Trust data of /),
    'The pipeline, in azure-pipelines.yml',
  ]);
  // The signer of this scenario may push and sign already.
  expect(first.script.match(/--role '?[\w ]+/g)).toEqual([`--role 'Key Vault Crypto User`]);

  await assign(signer.objectId, 'Key Vault Crypto User', `${keys.id}/keys/app`);
  const initialised = await scenario.run({
    host: 'cli',
    inputs: {
      command: 'keysInit',
      repository,
      ...credentialsOf(owner),
      'signing-key': `${urlOf(keys)}/keys/app`,
      'root-key': `${urlOf(root)}/keys/root`,
    },
  });
  expectSuccess(initialised);
  const pin = initialised.outputs['root-key-id'] ?? '';
  expect(pin).toMatch(/^[0-9a-f]{64}$/);
  for (const host of ['cli', 'action', 'task'] as const) {
    const last = await reportOf({}, host);
    expect(last.unseen).toEqual([]);
    expect(last.steps).toEqual(['The pipeline, in azure-pipelines.yml']);
    expect(last.script).not.toMatch(/^ *az /m);
    expect(last.pipeline.text).toContain(`trustPin: '${pin}'`);
  }
});

it('refuses a root that is not the one of the owner', async () => {
  const other = await stack.azure.createKey({
    vault: rootName,
    name: uniqueName('other'),
    kty: 'EC',
    crv: 'P-256',
  });
  expectFailure(await setup({ 'root-key': other.kid.replace(/\/[0-9a-f]{32}$/, '') }), {
    code: 'TRUST_PIN_MISMATCH',
    message: /signed by .*and not by/,
    remedy: /Name the root key/,
  });
});
