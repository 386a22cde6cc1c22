/**
 * The pipelines in examples/: their templates expanded, and the steps of ours run through the task, in
 * the name of the service connection that they name.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSuccess } from '../expectations.js';
import { connectionVariables } from '../identity/service-connection.js';
import { runProduct, type ProductResult } from '../product.js';
import { setUp } from '../set-up.js';
import { prepareContoso } from './contoso.js';
import { jobsOf } from './pipelines.js';

const { stack, scenario } = await setUp();
const contoso = await prepareContoso(scenario);
const { signer } = scenario;

let project = '';
/** The service connections of the examples, all of one principal. */
const connections: Readonly<Record<string, string>> = {
  'contoso-production': '7b0c1d3e-6a0f-4d57-9a55-0d3c6c1f2b11',
  'contoso-owners': '7b0c1d3e-6a0f-4d57-9a55-0d3c6c1f2b12',
};
const connected = Object.fromEntries(
  Object.values(connections).flatMap((id) =>
    Object.entries(
      connectionVariables(signer, id, 'ServicePrincipal', {
        authenticationType: 'spnKey',
        serviceprincipalkey: signer.clientSecret,
      }),
    ),
  ),
);

beforeAll(async () => {
  project = await mkdtemp(path.join(stack.info.folder, 'pipelines-'));
  await contoso.fillProject(project);
});

const variables: Readonly<Record<string, string>> = {
  'Build.BuildNumber': '20260301.1',
  'Build.SourceBranchName': 'v1.4.2',
  'System.PullRequest.PullRequestId': '7',
};

function valueOf(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([\w.]+)\)/g, (_, name: string) => {
    expect(known).toHaveProperty([name]);
    return known[name] ?? '';
  });
}

/** Runs the steps of ours, one after the other; each has to succeed. */
async function runExample(
  name: string,
  change: Readonly<Record<string, string>> = {},
): Promise<readonly ProductResult[]> {
  const results: ProductResult[] = [];
  const docker = await stack.makeDockerConfig({ buildx: true });
  const textOf = (file: string) => contoso.textOf(`azure-pipelines/${file}`);
  for (const job of jobsOf(name, textOf)) {
    const known = { ...variables, 'Pipeline.Workspace': project, ...job.variables };
    const steps = job.steps.filter(({ task }) => task?.startsWith('AcrContentTrust@'));
    for (const { inputs = {} } of steps) {
      const given = Object.entries(inputs).map(([input, value]) => {
        const text = valueOf(String(value), known);
        const id = input === 'azureSubscription' ? (connections[text] ?? '') : text;
        return [input, id] as const;
      });
      const result = await runProduct(stack.info, {
        host: 'task',
        docker: 'docker26',
        dockerConfig: docker,
        cwd: project,
        inputs: { ...Object.fromEntries(given), ...change },
        env: { ...connected, SYSTEM_DEFAULTWORKINGDIRECTORY: project },
      });
      expectSuccess(result);
      results.push(result);
    }
  }
  return results;
}

const signed = (name: string) => contoso.signedTags(`team/${name}`);
const build = variables['Build.BuildNumber'] ?? '';

describe('an example for Azure Pipelines', () => {
  it('signs a single image', async () => {
    const [{ outputs } = {}] = await runExample('single-image.yml');
    expect(outputs?.image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(await signed('app')).toEqual(expect.arrayContaining([build, 'latest']));
  });

  it('signs several, side by side', async () => {
    expect(await runExample('matrix.yml')).toHaveLength(2);
    for (const name of ['api', 'worker']) expect(await signed(name)).toContain(build);
  });

  it('signs an index', async () => {
    await runExample('multi-arch.yml');
    expect(await signed('app')).toContain('v1.4.2');
  });

  it('signs each service of a monorepo', async () => {
    const results = await runExample('monorepo.yml', { tags: 'mono' });
    expect(results).toHaveLength(2);
    expect(await signed('worker')).toContain('mono');
  });

  it('builds a pull request, as nobody', async () => {
    const [{ output } = {}] = await runExample('pull-request.yml');
    expect(output).toContain('nothing was pushed');
  });

  it('signs, and verifies before it deploys, by a template that others own', async () => {
    expect(await runExample('extends.yml')).toHaveLength(2);
    const written = await readFile(path.join(project, 'verified/app.json'), 'utf8');
    expect(written.match(/"image":"\S+?@sha256:[0-9a-f]{64}"/g)).toHaveLength(2);
  });

  it('deploys what is verified', async () => {
    expect(await runExample('deploy.yml')).toHaveLength(1);
  });

  it('renews in four parts, and looks whether the pipeline could sign', async () => {
    expect(await runExample('renew.yml')).toHaveLength(2 * 4 + 1);
  });

  it('migrates in four parts, and says whether content trust can be switched off', async () => {
    const repository = ['cart', 'checkout'].map((name) => contoso.repositoryOf(`shop/${name}`));
    // Behind every registry of the stack is one, which has what other tests push.
    const results = await runExample('migrate.yml', { repository: repository.join(', ') });
    expect(results).toHaveLength(4 + 1);
    expect(results.at(-1)?.outputs['missing-signatures']).toBe('0');
  });

  it('writes the policy of a cluster', async () => {
    await runExample('cluster-policy.yml');
    const policy = await readFile(path.join(project, 'kubernetes/kyverno-cel.yaml'), 'utf8');
    expect(policy).toContain(contoso.repositoryOf('team/worker'));
  });
});
