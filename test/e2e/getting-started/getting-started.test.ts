/** docs/getting-started.md, command by command, as somebody who copies it from top to bottom. */
import { chmod, cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Finding } from '../../../src/diagnosis/index.js';
import { codeBlocksOf, readPage, root } from '../../docs/pages.js';
import type { Step } from '../../docs/steps.js';
import { run, uniqueName } from '../../stack/index.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import { runProduct } from '../product.js';
import { setUp } from '../set-up.js';
import { createAzureCli } from './azure-cli.js';

const { stack, scenario } = await setUp();
const { registry } = scenario;
const page = 'docs/getting-started.md';

/** The shell blocks below a heading, in which everything has names of its own. */
function blocksBelow(heading: string, names: Readonly<Record<string, string>>): readonly string[] {
  const lines = readPage(page).split('\n');
  const from = lines.indexOf(`## ${heading}`);
  const to = lines.findIndex((line, at) => at > from && line.startsWith('## '));
  const blocks = codeBlocksOf(page).filter(({ line }) => line > from && line <= to);
  expect(blocks.map(({ language }) => language)).toEqual(blocks.map(() => 'sh'));
  return blocks.map(({ text }) =>
    Object.entries(names).reduce((all, [name, own]) => all.replaceAll(name, own), text),
  );
}

/** The commands that a person types: a line that goes on is one, what `&&` joins are two. */
function commandsIn(blocks: readonly string[]): readonly string[] {
  return blocks.flatMap((block) =>
    block
      .replace(/\\\n/g, '')
      .split(/&&\s|\n/)
      .filter((line) => line.trim() !== ''),
  );
}

const variants = [
  { heading: 'GitHub Actions', host: 'action', file: '.github/workflows/image.yml' },
  { heading: 'Azure Pipelines', host: 'task', file: 'azure-pipelines.yml' },
] as const;

/** A folder for programs, and a clone with something to build, whose remote takes what is pushed. */
async function makeMachine() {
  const folder = await mkdtemp(path.join(stack.info.folder, 'getting-started-'));
  const at = (...names: readonly string[]) => path.join(folder, ...names);
  await mkdir(at('bin'));
  const programs: Readonly<Record<string, string>> = {
    'acr-content-trust': `exec ${stack.info.tools.node['24']} ${path.join(root, 'dist/cli/index.cjs')} "$@"`,
    kubectl: `echo "kubectl $*" >> ${at('deployed')}`,
    // What it would install is on the PATH already; test/installed.ts installs it.
    npm: '[ "$*" = "install --global acr-content-trust" ]',
  };
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(at('bin', name), `#!/bin/sh\n${line}\n`);
    await chmod(at('bin', name), 0o755);
  }
  await cp(await stack.makeImageContext(folder), at('clone'), { recursive: true });
  const env = {
    ...stack.info.env,
    PATH: `${at('bin')}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    TMPDIR: folder,
    ...{ GIT_AUTHOR_NAME: 'c', GIT_AUTHOR_EMAIL: 'c@contoso.example' },
    ...{ GIT_COMMITTER_NAME: 'c', GIT_COMMITTER_EMAIL: 'c@contoso.example' },
  };
  const bash = (script: string, more: Readonly<Record<string, string>> = {}) =>
    run('bash', ['-euc', script], { cwd: at('clone'), env: { ...env, ...more } });
  const prepared = await bash(
    'git init --quiet --initial-branch main && git add Dockerfile && git commit --quiet --message first' +
      ' && git init --quiet --bare ../remote && git remote add origin ../remote' +
      ' && git push --quiet --set-upstream origin main',
  );
  expect(prepared.exitCode, prepared.output).toBe(0);
  return { folder, at, bash };
}

describe.each(variants)('getting started with $heading', (variant) => {
  const { heading } = variant;

  it('needs six commands of a person after the script is printed', () => {
    const blocks = blocksBelow(heading, {});
    const printed = blocks.findIndex((block) => block.startsWith('acr-content-trust setup '));
    const own = commandsIn(blocks.slice(printed + 1));
    expect(own.map((command) => command.trim().split(/[ =]/)[0])).toEqual([
      ...['bash', 'git', 'git', 'git', 'image', 'kubectl'],
    ]);
  });

  it('ends with a signed image, a pinned root and a verified deployment', async () => {
    const person = await stack.azure.createServicePrincipal();
    const repository = scenario.repository();
    const machine = await makeMachine();
    const az = await createAzureCli(stack, registry, person, machine.at('bin'));
    const blocks = blocksBelow(heading, {
      'contoso.azurecr.io': registry.loginServer,
      'team/app': repository,
      'https://contoso-keys': `https://${uniqueName('keys')}`,
      'https://contoso-root': `https://${uniqueName('root')}`,
    });
    const [deploy = '', ...before] = blocks.toReversed();
    for (const block of before.toReversed()) {
      const done = await machine.bash(block, az.env);
      expect(done.exitCode, `${block}\n${done.output}`).toBe(0);
    }

    // An image that nobody has signed yet is not deployed.
    await stack.storeImage(repository, ['20261129.1'], 'somebody else');
    const early = await machine.bash(deploy, az.env);
    expect(early.exitCode, early.output).not.toBe(0);
    await expect(readFile(machine.at('deployed'))).rejects.toThrow('ENOENT');

    const pipeline = await runPipeline(machine, variant, az.connection());
    expectSuccess(pipeline);
    expect(pipeline.output).not.toMatch(/^(?:::warning|##vso\[task\.issue)/m);
    const { digest = '' } = pipeline.outputs;
    const tags = (pipeline.outputs['signed-tags'] ?? '').split(/[,\n]/);
    expect(tags).toHaveLength(1);
    await expectSigned(scenario, repository, { tags, digest });

    // What the script has set up leaves nothing to correct, as the pipeline itself sees it.
    const more = { command: 'doctor', tags: tags.join() };
    const doctor = await runPipeline(machine, variant, az.connection(), more);
    expectSuccess(doctor);
    const report = await readFile(doctor.outputs['trust-report'] ?? '', 'utf8');
    const { findings } = JSON.parse(report) as { readonly findings: readonly Finding[] };
    expect(findings.length).toBeGreaterThan(20);
    const others = findings.filter(({ verdict }) => verdict !== 'pass');
    expect(others.filter(({ verdict }) => verdict !== 'unknown')).toEqual([]);
    for (const { reason } of others) expect(reason).toMatch(/may not|is not set/);

    const deployed = await machine.bash(deploy, az.env);
    expect(deployed.exitCode, deployed.output).toBe(0);
    const image = `${registry.loginServer}/${repository}(:\\S+)?@${digest}`;
    expect(await readFile(machine.at('deployed'), 'utf8')).toMatch(
      new RegExp(`^kubectl create deployment app --image ${image}\\n$`),
    );
    az.close();
  });
});

/** Runs the step of ours in the file that was pushed, as its host would, with more inputs. */
async function runPipeline(
  { at, bash }: Awaited<ReturnType<typeof makeMachine>>,
  { host, file }: (typeof variants)[number],
  connection: { readonly id: string; readonly env: Readonly<Record<string, string>> } | undefined,
  more: Readonly<Record<string, string>> = {},
) {
  const { stdout } = await bash(`git --git-dir ../remote show main:${file} && git rev-parse HEAD`);
  const sha = stdout.trimEnd().split('\n').at(-1) ?? '';
  const document = parse(stdout.slice(0, stdout.lastIndexOf(sha))) as {
    readonly steps?: readonly Step[];
    readonly jobs?: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
  };
  const steps = document.steps ?? document.jobs?.image?.steps ?? [];
  const step = steps.find(({ uses, task }) => /content-?trust/i.test(uses ?? task ?? ''));
  const inputs = Object.fromEntries(
    Object.entries({ ...step?.inputs, ...step?.with }).map(([name, value]) => [
      name,
      String(value).replace('${{ github.sha }}', sha).replace('$(Build.BuildNumber)', '20261129.1'),
    ]),
  );
  const pin = inputs['trust-pin'] ?? inputs.trustPin;
  expect(pin).toMatch(/^[0-9a-f]{64}$/);
  return runProduct(stack.info, {
    host,
    inputs: {
      ...inputs,
      ...(host === 'task' && { azureSubscription: connection?.id ?? '' }),
      ...more,
    },
    docker: 'docker26',
    dockerConfig: await stack.makeDockerConfig({ buildx: true }),
    cwd: at('clone'),
    env:
      host === 'task'
        ? { ...connection?.env, SYSTEM_DEFAULTWORKINGDIRECTORY: at('clone') }
        : await actionEnvironment(),
  });
}

async function actionEnvironment(): Promise<Record<string, string>> {
  const subject = 'repo:contoso/app:ref:refs/heads/main';
  const { requestUrl, requestToken } = await stack.azure.createGitHubOidc({ subject });
  return { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken };
}
