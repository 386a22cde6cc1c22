/** What the pages for those who come from other steps tell them to write, run as it stands there. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codeBlocksOf, root } from '../../docs/pages.js';
import type { Step } from '../../docs/steps.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import { connectionVariables } from '../identity/service-connection.js';
import { createDockerOwner, passphrases, writeBeside } from '../main-job/stock-owners.js';
import { nobody } from '../identity/signs.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
const { registry, signer } = scenario;
const logins = { [registry.loginServer]: signer.login };

/** The first step of ours that a page has, with its names replaced. */
function stepOn(page: string, isOurs: RegExp, replaced: Readonly<Record<string, string>>) {
  const steps = codeBlocksOf(page)
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => {
      const named = Object.entries(replaced).reduce((all, [a, b]) => all.replaceAll(a, b), text);
      const block = parse(named) as readonly Step[] | { readonly steps?: readonly Step[] };
      return 'steps' in block ? (block.steps ?? []) : (block as readonly Step[]);
    });
  const step = steps.find(({ uses, task }) => isOurs.test(uses ?? task ?? ''));
  expect(step).toBeDefined();
  return Object.fromEntries(
    Object.entries({ ...step?.inputs, ...step?.with }).map(([name, value]) => [
      name,
      String(value),
    ]),
  );
}

const pin = '1f0a3b5c7d9e1f0a3b5c7d9e1f0a3b5c7d9e1f0a3b5c7d9e1f0a3b5c7d9e1f0a';

interface Task {
  readonly inputs: readonly { readonly name: string; readonly aliases?: readonly string[] }[];
}

/** As the service does before it hands a step to an agent: names in any case, and aliases. */
function asTaskHasIt(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const text = readFileSync(path.join(root, 'tasks/AcrContentTrustV1/task.json'), 'utf8');
  const task = JSON.parse(text) as Task;
  return Object.fromEntries(
    Object.entries(inputs).map(([given, value]) => {
      const input = task.inputs.find(({ name, aliases = [] }) =>
        [name, ...aliases].some((each) => each.toLowerCase() === given.toLowerCase()),
      );
      expect(input, given).toBeDefined();
      return [input?.name ?? '', value];
    }),
  );
}

describe('the one step that replaces those of Docker@2', () => {
  it('signs with the key file and the service connection that are there', async () => {
    const connectionId = '5e0b7a44-1c1e-4f0e-8f7e-3a1a6c0d9b21';
    const repository = scenario.repository();
    const owner = await createDockerOwner(scenario, repository);
    await owner.push('first');
    const inputs = stepOn('docs/from-docker-trust.md', /^AcrContentTrust@/, {
      'containerRegistry: contoso': `containerRegistry: ${connectionId}`,
      'team/app': repository,
      '$(privateKey.secureFilePath)': await writeBeside(
        owner.config,
        'secure.key',
        await owner.keyFile('targets'),
      ),
      '$(passphrase)': passphrases.other,
      [pin]: await owner.rootKeyId(),
    });
    const sources = await stack.makeImageContext('from Docker@2', {
      files: { 'node_modules/a/Dockerfile': 'FROM scratch', 'services/readme': '' },
    });
    const result = await scenario.run({
      host: 'task',
      docker: 'docker26',
      dockerConfig: await stack.makeDockerConfig({ buildx: true }),
      env: {
        ...connectionVariables(signer, connectionId, 'UsernamePassword', {
          registry: `https://${registry.loginServer}`,
          ...signer.login,
        }),
        SYSTEM_DEFAULTWORKINGDIRECTORY: sources,
        SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: 'https://dev.azure.com/contoso/',
        SYSTEM_HOSTTYPE: 'build',
        BUILD_BUILDID: '4711',
        BUILD_BUILDNUMBER: '20261129.1',
        BUILD_REPOSITORY_URI: 'https://contoso@dev.azure.com/contoso/_git/app',
        BUILD_SOURCEVERSION: '4c6c56a',
      },
      inputs: {
        ...asTaskHasIt(inputs),
        ...nobody,
        registry: undefined,
      },
    });
    expectSuccess(result);
    const { digest = '' } = result.outputs;
    await expectSigned(scenario, repository, { tags: ['4711'], digest });
    const labels = await stack.docker({
      engine: 'docker20',
      args: ['inspect', '--format', '{{json .Config.Labels}}', `${gunOf(repository)}:4711`],
    });
    expect(JSON.parse(labels.stdout)).toEqual({
      'com.azure.dev.image.system.teamfoundationcollectionuri': 'https://dev.azure.com/contoso/',
      'com.azure.dev.image.build.sourceversion': '4c6c56a',
      'com.azure.dev.image.build.repository.uri': 'https://dev.azure.com/contoso/_git/app',
      'com.azure.dev.image.build.buildnumber': '20261129.1',
      'org.opencontainers.image.source': 'https://dev.azure.com/contoso/_git/app',
      'org.opencontainers.image.revision': '4c6c56a',
    });
  });
});

describe("the one step after docker's actions", () => {
  it('signs what they pushed, by what they put out', async () => {
    const repository = scenario.repository();
    const keys = await makeKeys(scenario);
    const initialised = await scenario.run({
      host: 'cli',
      inputs: { command: 'keysInit', repository, ...keys },
    });
    expectSuccess(initialised);
    const tags = ['1.4.2', 'main', 'sha-4c6c56a'];
    const digest = await stack.storeImage(repository, tags, "docker's actions");
    const inputs = stepOn('docs/with-docker-actions.md', /\/actions\/sign@/, {
      // As a workflow has it: an output of several lines.
      '${{ steps.meta.outputs.tags }}': JSON.stringify(
        tags.map((tag) => `${gunOf(repository)}:${tag}`).join('\n'),
      ),
      '${{ steps.push.outputs.digest }}': digest,
      '${{ vars.AZURE_CLIENT_ID }}': signer.clientId,
      '${{ vars.AZURE_TENANT_ID }}': signer.tenantId,
      'https://contoso-keys.vault.azure.net/keys/team-app': keys['signing-key'],
      [pin]: /trust-pin: ([0-9a-f]{64})/.exec(initialised.output)?.[1] ?? '',
    });
    const result = await scenario.run({
      host: 'action',
      actionFolder: 'actions/sign',
      dockerConfig: await stack.makeDockerConfig({ logins }),
      inputs: { ...inputs, command: undefined, registry: undefined },
    });
    expectSuccess(result);
    expect(result.outputs.image).toBe(`${gunOf(repository)}@${digest}`);
    await expectSigned(scenario, repository, { tags, digest });
  });
});
