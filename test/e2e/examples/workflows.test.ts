/**
 * The workflows of this project, run by act: with the scripts that they call as they are, and stand-ins
 * that note what they are called with for actions, npm and other programs of others. What act does not
 * know is not proven here: which branch an event is of, permissions, concurrency, other systems.
 */
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { version } from '../../../src/version.js';
import { root } from '../../docs/pages.js';
import type { RunResult } from '../../stack/index.js';
import { buildAct, runAct, type ActOptions } from './act.js';

const stack = inject('stack');
const act = await buildAct();
const node = path.dirname(stack.tools.node['24']);
let work = '';

beforeAll(async () => {
  work = await mkdtemp(path.join(stack.folder, 'workflows-'));
});

interface Ran extends RunResult {
  /** Calls of stand-ins, sorted: jobs run side by side. */
  readonly calls: readonly string[];
}

type Run = Pick<ActOptions, 'workflow' | 'event' | 'job'> & {
  /** The call that fails. */
  readonly failing?: string;
};

/** Runs a workflow of ours in a copy of what it reads of this project. */
async function runWorkflow({ failing = '', ...options }: Run): Promise<Ran> {
  const folder = await mkdtemp(path.join(work, `${options.event}-`));
  const [project, notes] = [path.join(folder, 'project'), path.join(folder, 'notes')];
  for (const part of ['.ci', '.github', '.nvmrc', 'dist/cli', 'package.json', 'test/judges']) {
    await cp(path.join(root, part), path.join(project, part), { recursive: true });
  }
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-qm', 'first'],
  ]) {
    const who = ['-c', 'user.name=c', '-c', 'user.email=c@contoso.example'];
    execFileSync('git', [...who, ...args], { cwd: project, stdio: 'pipe' });
  }
  const programs = path.join(folder, 'programs');
  for (const name of ['npm', 'pipx', 'go', 'git']) {
    await writeProgram(path.join(programs, name), notes, failing);
  }
  const repositories: Record<string, string> = {};
  for (const file of await readdir(path.join(root, '.github/workflows'))) {
    const text = await readFile(path.join(root, '.github/workflows', file), 'utf8');
    for (const [, name = '', ref = ''] of text.matchAll(/uses: (\S+)@(\S+)/g)) {
      repositories[`${name}@${ref}`] = await writeAction(path.join(folder, name), name, notes);
    }
  }
  const result = await runAct(act.kind === 'built' ? act.path : '', {
    ...options,
    project,
    work: path.join(folder, 'work'),
    platforms: ['ubuntu-24.04', 'windows-2025', 'macos-15'],
    repositories,
    env: { PATH: [programs, node, '/usr/bin', '/bin'].join(':') },
  });
  const calls = (await readFile(notes, 'utf8')).trim().split('\n');
  return { ...result, calls: calls.sort() };
}

/** A program that notes its call, and the folder where that is not the project's; one call fails. */
async function writeProgram(file: string, notes: string, failing: string): Promise<void> {
  const text = `#!/bin/sh
folder="\${PWD#"$GITHUB_WORKSPACE"}"
call="\${folder:+\${folder#/}: }\${0##*/} $*"
echo "$call" >> '${notes}'
[ "$call" != '${failing}' ]
`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** An action that notes its inputs. */
async function writeAction(folder: string, name: string, notes: string): Promise<string> {
  const script = `
    const inputs = Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_'));
    const said = inputs.map(([name, value]) => name.slice(6).toLowerCase() + '=' + value).sort();
    require('node:fs').appendFileSync(
      ${JSON.stringify(notes)}, [${JSON.stringify(name)}, ...said].join(' ') + '\\n');
  `;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'index.js'), script);
  const action = { name, runs: { using: 'node24', main: 'index.js' } };
  await writeFile(path.join(folder, 'action.yml'), JSON.stringify(action));
  return folder;
}

/** The jobs by name, each with how it ended. */
function jobsOf({ output }: Ran): Readonly<Record<string, string>> {
  const ended = output.matchAll(/^\[(.+?) *\] 🏁 +Job (succeeded|failed)$/gm);
  return Object.fromEntries([...ended].map(([, name = '', how = '']) => [name, how]));
}

const checkAndTest = ['npm run --silent check', 'npm test --silent'];
const callsOfCi = [
  ...['20.19', '24'].flatMap((node) => [
    `actions/setup-node node-version=${node}`,
    ...checkAndTest,
  ]),
  ...['windows', 'macos'].flatMap(() => [
    'actions/setup-node node-version-file=.nvmrc',
    'npm run test:unit',
  ]),
].sort();
const jobsOfCi = (everything: string) => ({
  'Everything, Node.js 20.19-1': everything,
  'Everything, Node.js 24-2': everything,
  'Unit tests and bundles, windows-2025-1': 'succeeded',
  'Unit tests and bundles, macos-15-2': 'succeeded',
});
const below = (workflow: string, jobs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(jobs).map(([name, how]) => [`${workflow}/${name}`, how]));

describe.skipIf(act.kind === 'unavailable')('CI', () => {
  it.each(['push', 'pull_request'])('checks and tests on every Node.js for a %s', async (event) => {
    const ran = await runWorkflow({ workflow: 'ci.yml', event });
    expect(ran.exitCode, ran.output).toBe(0);
    expect(jobsOf(ran)).toEqual(below('CI', jobsOfCi('succeeded')));
    expect(ran.calls).toEqual(callsOfCi);
    // The committed bundle has run on both other systems' jobs.
    expect(ran.output.split(`| ${version}\n`)).toHaveLength(3);
  });

  it('tests although a check fails, fails then, and stops no other job', async () => {
    const failing = 'npm run --silent check';
    const ran = await runWorkflow({ workflow: 'ci.yml', event: 'push', failing });
    expect(ran.exitCode, ran.output).toBe(1);
    expect(jobsOf(ran)).toEqual(below('CI', jobsOfCi('failed')));
    expect(ran.calls).toEqual(callsOfCi);
  });

  it('is a part of a release', async () => {
    const ran = await runWorkflow({ workflow: 'release.yml', event: 'push', job: 'test' });
    expect(ran.exitCode, ran.output).toBe(0);
    expect(jobsOf(ran)).toEqual(below('test/CI', jobsOfCi('succeeded')));
    expect(ran.calls).toEqual(callsOfCi);
  });
});

describe.skipIf(act.kind === 'unavailable')('the weekly jobs', () => {
  it.each(['schedule', 'workflow_dispatch'])('look at what others changed: %s', async (event) => {
    const ran = await runWorkflow({ workflow: 'scheduled.yml', event });
    expect(ran.exitCode, ran.output).toBe(0);
    expect(new Set(Object.values(jobsOf(ran)))).toEqual(new Set(['succeeded']));
    const judges = await readdir(path.join(root, 'test/judges'), { recursive: true });
    const programs = judges
      .filter((file) => path.basename(file) === 'go.mod')
      .map((file) => path.dirname(file));
    const renewed = programs.map((name) => `test/judges/${name}`);
    // Which links it leaves out is a long pattern.
    const calls = ran.calls.map((call) => call.replace(/ --exclude '.*?'/, ''));
    expect(calls).toEqual(
      [
        ...renewed.flatMap((name) => [`${name}: go get -u ./...`, `${name}: go mod tidy`]),
        'actions/setup-go cache=false go-version=stable',
        ...['audit', 'judges'].map(() => 'actions/setup-node node-version-file=.nvmrc'),
        'git diff --stat',
        'lycheeverse/lychee-action args=--no-progress --scheme https --max-retries 5 README.md SECURITY.md CONTRIBUTING.md docs fail=true',
        'npm audit --audit-level=high',
        'npm audit --omit=dev',
        'npm audit signatures',
        'npm ci',
        'npm run test:unit',
        'pipx run zizmor .github examples/github/*.yml',
      ].sort(),
    );
  });

  it('go on where packages have a vulnerability, and fail', async () => {
    const failing = 'npm audit --omit=dev';
    const ran = await runWorkflow({ workflow: 'scheduled.yml', event: 'schedule', failing });
    expect(ran.exitCode, ran.output).toBe(1);
    const failed = Object.entries(jobsOf(ran)).filter(([, how]) => how === 'failed');
    expect(failed.map(([name]) => name)).toEqual(['Scheduled/Known vulnerabilities']);
    expect(Object.keys(jobsOf(ran))).toHaveLength(4);
  });
});
