/**
 * The workflows in examples/, run by act: ours as a tag has it, OpenID Connect and all. Actions of others
 * cannot be had without the network; what stands in for them only answers.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../docs/pages.js';
import { checkOutAction, type Installed } from '../../installed.js';
import type { RunResult } from '../../stack/index.js';
import { setUp } from '../set-up.js';
import { buildAct, runAct, writeAction, writeProgram, type ActOptions } from './act.js';
import { prepareContoso } from './contoso.js';

const { stack, scenario } = await setUp();
const { registry, signer } = scenario;
const contoso = await prepareContoso(scenario);
const act = await buildAct();

let action: Installed;
let work = '';
/** The programs of others that a step calls, and what with. */
let programs = '';
let notes = '';
const subject = 'repo:contoso/app:ref:refs/heads/main';

const others = {
  metadata: 'docker/metadata-action@dc802804100637a589fabce1cb79ff13a1411302',
  qemu: 'docker/setup-qemu-action@96fe6ef7f33517b61c61be40b68a1882f3264fb8',
  buildx: 'docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e',
  azure: 'azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca',
};
/** Those of the workflow that releases this project. */
const release = readFileSync(path.join(root, '.github/workflows/release.yml'), 'utf8');
const ours = Object.fromEntries(
  [...release.matchAll(/uses: (\S+@[0-9a-f]{40})/g)].map(([, name = '']) => [
    name.replace(/\W/g, '-'),
    name,
  ]),
);
const answers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  metadata: {
    tags: `${registry.loginServer}/${contoso.repositoryOf('team/app')}:main`,
    labels: 'org.opencontainers.image.title=app',
  },
};

beforeAll(async () => {
  action = await checkOutAction();
  work = await mkdtemp(path.join(stack.info.folder, 'act-'));
  programs = path.join(work, 'programs');
  notes = path.join(work, 'notes');
  await writeFile(notes, '');
  for (const name of ['az', 'kubectl', 'gh', 'npm', 'npx'])
    await writeProgram(path.join(programs, name), notes);
  await stack.azure.addFederatedCredential(signer.clientId, {
    issuer: 'https://token.actions.githubusercontent.com',
    subject,
    audience: 'api://AzureADTokenExchange',
  });
});

afterAll(() => action.remove());

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=c', '-c', 'user.email=c@contoso.example', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();

interface Ran extends RunResult {
  readonly project: string;
  /** The commit that it ran for. */
  readonly sha: string;
}

type Change = Partial<Pick<ActOptions, 'event' | 'payload'>> & {
  readonly edit?: (text: string) => string;
  /** Of another workflow than the example of that name. */
  readonly text?: string;
  /** A folder with what download-artifact brings, by its input `path`. */
  readonly artifacts?: string;
  /** A file that the last commit changes. */
  readonly changed?: string;
  readonly anonymous?: boolean;
};

/** Runs an example as the only workflow of a repository. */
async function runExample(program: string, name: string, change: Change = {}): Promise<Ran> {
  const { event = 'push', edit = (text: string) => text, changed = 'readme' } = change;
  const folder = path.join(work, name);
  const project = path.join(folder, 'project');
  await mkdir(path.join(project, '.github/workflows'), { recursive: true });
  await contoso.fillProject(project);
  await writeFile(
    path.join(project, '.github/workflows', name),
    change.text ?? edit(contoso.textOf(`github/${name}`)),
  );
  git(project, 'init', '--quiet', '--initial-branch', 'main');
  git(project, 'add', '--all');
  git(project, 'commit', '--quiet', '--message', 'first');
  const before = git(project, 'rev-parse', 'HEAD');
  await writeFile(path.join(project, changed), name);
  git(project, 'add', '--all');
  git(project, 'commit', '--quiet', '--message', 'second');
  const repositories: Record<string, string> = {
    'acr-content-trust/acr-content-trust@v1': action.folder,
    'contoso/workflows@v1': await writeSharedWorkflow(folder),
  };
  for (const [other, reference] of Object.entries({ ...others, ...ours })) {
    const answer = other.startsWith('actions-download-artifact')
      ? { files: change.artifacts ?? '' }
      : answers[other];
    repositories[reference] = await writeAction(path.join(folder, 'actions', other), answer);
  }
  const docker = await stack.makeDockerConfig({ buildx: true });
  const env = stack.dockerEnv({ engine: 'docker26', config: docker });
  const { requestUrl, requestToken } = await stack.azure.createGitHubOidc({ subject });
  const result = await runAct(program, {
    project,
    work: path.join(folder, 'work'),
    workflow: name,
    event,
    payload: { ref: 'refs/heads/main', before, ...change.payload },
    repositories,
    variables: {
      AZURE_CLIENT_ID: signer.clientId,
      AZURE_TENANT_ID: signer.tenantId,
      AZURE_SUBSCRIPTION_ID: signer.tenantId,
    },
    env: {
      ...env,
      PATH: [programs, path.dirname(stack.info.tools.node['24']), env.PATH].join(':'),
      ...(change.anonymous !== true && {
        ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      }),
    },
  });
  expect(result.exitCode, result.output).toBe(0);
  return { ...result, project, sha: git(project, 'rev-parse', 'HEAD') };
}

/** The repository that the example of a caller names. */
async function writeSharedWorkflow(folder: string): Promise<string> {
  const shared = path.join(folder, 'shared');
  await mkdir(path.join(shared, '.github/workflows'), { recursive: true });
  await writeFile(
    path.join(shared, '.github/workflows/reusable-sign.yml'),
    contoso.textOf('github/reusable-sign.yml'),
  );
  return shared;
}

const signed = (name: string) => contoso.signedTags(`team/${name}`);

describe.skipIf(act.kind === 'unavailable')('an example for GitHub', () => {
  const program = act.kind === 'built' ? act.path : '';
  const example = (name: string, change?: Change) => runExample(program, name, change);

  it('signs a single image', async () => {
    const { output } = await example('single-image.yml');
    expect(await signed('app')).toContain('main');
    expect(output).toMatch(/image=\S+\/app@sha256:[0-9a-f]{64}/);
  });

  it('signs several, side by side', async () => {
    const { sha } = await example('matrix.yml');
    for (const name of ['api', 'worker', 'migrations']) {
      expect(await signed(name)).toEqual(expect.arrayContaining([sha, 'latest']));
    }
  });

  it('signs an index', async () => {
    await example('multi-arch.yml', { payload: { ref: 'refs/tags/v1.4.2' } });
    expect(await signed('app')).toContain('v1.4.2');
  });

  it('signs the services that a push changed, and no others', async () => {
    const { sha } = await example('monorepo.yml', { changed: 'services/api/marker' });
    expect(await signed('api')).toContain(sha);
    expect(await signed('worker')).not.toContain(sha);
  });

  it('builds a pull request, as nobody', async () => {
    const { output } = await example('pull-request.yml', {
      event: 'pull_request',
      payload: { number: 7 },
      anonymous: true,
    });
    expect(output).toMatch(/naming to \S+\/app:pr-7 done[^]*nothing was pushed/);
    expect(await stack.tags(contoso.repositoryOf('team/app'))).not.toHaveProperty(['pr-7']);
  });

  it('signs by a workflow that others share', async () => {
    const { sha, output } = await example('reusable-caller.yml');
    expect(await signed('app')).toEqual(expect.arrayContaining([sha, 'latest']));
    expect(output).toMatch(/deploy \S+\/app@sha256:[0-9a-f]{64}/);
  });

  it('deploys what is verified, by digest', async () => {
    await example('deploy.yml', { event: 'workflow_dispatch' });
    const [, applied = ''] = (await readFile(notes, 'utf8')).split(
      'kubectl apply --filename verified',
    );
    expect(applied.match(/"image":"\S+?@sha256:[0-9a-f]{64}"/g)).toHaveLength(2);
  });

  it('renews in four parts, and looks whether the pipeline could sign', async () => {
    const { output } = await example('renew.yml', { event: 'workflow_dispatch' });
    expect(output).toContain('Renew 4/4');
  });

  it('migrates in four parts, and says whether content trust can be switched off', async () => {
    const { output } = await example('migrate.yml', {
      event: 'workflow_dispatch',
      // Behind every registry of the stack is one, which has what other tests push.
      edit: (text) =>
        text.replaceAll(
          /^( +)registry: .*$/gm,
          `$&\n$1repository: ${contoso.repositoryOf('shop/cart')}, ${contoso.repositoryOf('shop/checkout')}`,
        ),
    });
    expect(output).toMatch(/safe-to-switch-off/);
  });

  it('applies the policy of a cluster', async () => {
    await example('cluster-policy.yml');
    const applied = (await readFile(notes, 'utf8')).split('kubectl apply --filename kubernetes')[1];
    expect(applied).toContain(
      `glob: ${registry.loginServer}/${contoso.repositoryOf('team/worker')}`,
    );
    expect(applied).toContain('name: only-covered-images');
  });
});

describe.skipIf(act.kind === 'unavailable')('the release of this project', () => {
  it('is made of what was built twice, then published; the tag of the major version moves last', async () => {
    // What comes before is npm test itself, and the build of what it tests.
    const { jobs: all, ...workflow } = parse(release) as {
      readonly jobs: Readonly<Record<string, { readonly needs: unknown }>>;
    };
    const jobs = Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => name !== 'test' && name !== 'build')
        .map(([name, { needs, ...job }]) => [name, name === 'release' ? job : { ...job, needs }]),
    );
    const artifacts = path.join(work, 'artifacts');
    for (const folder of ['built/built-on-ubuntu-24.04', 'built/built-on-ubuntu-22.04', 'out']) {
      await mkdir(path.join(artifacts, folder), { recursive: true });
      for (const file of ['notes.md', 'SHA256SUMS', 'acr-content-trust-1.2.3.tgz'])
        await writeFile(path.join(artifacts, folder, file), file);
    }
    await runExample(act.kind === 'built' ? act.path : '', 'release.yml', {
      text: JSON.stringify({ ...workflow, jobs }),
      artifacts,
      payload: { ref: 'refs/tags/v1.2.3' },
    });
    const said = (await readFile(notes, 'utf8')).split('\n');
    const at = (begin: string) => said.findIndex((line) => line.startsWith(begin));
    expect(said[at('gh release')]).toMatch(
      /^gh release create v1\.2\.3 --verify-tag .* --notes-file notes\.md out\/SHA256SUMS out\/acr-content-trust-1\.2\.3\.tgz$/,
    );
    for (const published of ['npm publish', 'npx --no-install tfx extension publish']) {
      expect(at(published), published).toBeGreaterThan(at('gh release'));
      expect(at(published), published).toBeLessThan(at('gh api'));
    }
    expect(said[at('gh api')]).toMatch(/PATCH repos\/\S+\/git\/refs\/tags\/v1 -f sha=[0-9a-f]{40}/);
  });
});
