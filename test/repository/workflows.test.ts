/** The workflows that build, test and release this project: rules of ours, actionlint's and zizmor's. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../docs/pages.js';
import { actionlint } from './actionlint.js';
import { zizmor } from './zizmor.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly environment?: string;
  readonly 'timeout-minutes'?: number;
  readonly needs?: string | readonly string[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const files = readdirSync(path.join(root, folder)).map((file) => `${folder}/${file}`);
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const workflowOf = (file: string) => parse(textOf(file)) as Workflow;
const jobsOf = (file: string) => Object.entries(workflowOf(file).jobs);
const stepsOf = (file: string) => jobsOf(file).flatMap(([, { steps = [] }]) => steps);

/** The jobs that may do more than read, and what. */
const rights: Readonly<Record<string, readonly string[]>> = {
  'release.yml release': ['attestations', 'contents', 'id-token'],
  'release.yml npm': ['id-token'],
  'release.yml marketplace': ['id-token'],
  'release.yml major-tag': ['contents'],
};

describe('the workflows', () => {
  it('are those that the page on releasing explains', () => {
    const page = readFileSync(path.join(root, 'docs/releasing.md'), 'utf8');
    for (const file of files) expect(page).toContain(`](../${file})`);
    expect(files).toHaveLength(3);
  });

  it.each(files)(
    '%s gives no permission to all jobs, and each job no more than it needs',
    (file) => {
      expect(workflowOf(file).permissions).toEqual({});
      for (const [name, { permissions = {} }] of jobsOf(file)) {
        const given = Object.entries(permissions);
        const more = given.filter(([, level]) => level !== 'read').map(([right]) => right);
        expect(more.sort(), name).toEqual(rights[`${path.basename(file)} ${name}`] ?? []);
        expect(given.length, name).toBeGreaterThan(0);
      }
    },
  );

  it.each(files)('%s names actions of others by commit, with the version beside it', (file) => {
    const lines = textOf(file).match(/^.*\buses: .*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/uses: (?:\.\/\.github\/|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
    }
  });

  it('name each action at one version', () => {
    const named = new Set(files.flatMap((file) => textOf(file).match(/uses: [\w/-]+@.*$/gm) ?? []));
    const actions = new Set([...named].map((line) => line.split('@')[0]));
    expect(named.size).toBe(actions.size);
  });

  it.each(files)('%s runs for nobody with rights that are not theirs', (file) => {
    const triggers = Object.keys(workflowOf(file).on);
    expect(triggers).not.toContain('pull_request_target');
    expect(triggers).not.toContain('workflow_run');
  });

  it.each(files)('%s pastes nothing into a script, and keeps no credentials', (file) => {
    for (const { run, uses, with: inputs } of stepsOf(file)) {
      expect(run ?? '').not.toContain('${{');
      if (uses?.startsWith('actions/checkout@')) {
        expect(inputs).toMatchObject({ 'persist-credentials': false });
      }
    }
  });

  it.each(files)('%s needs no stored secret, and no job runs without end', (file) => {
    expect(textOf(file)).not.toMatch(/\bsecrets\./);
    for (const [name, { uses, 'timeout-minutes': minutes }] of jobsOf(file)) {
      if (uses === undefined) expect(minutes, name).toBeLessThanOrEqual(90);
    }
  });

  it('run only scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { readonly scripts: object };
    const commands = files.flatMap((file) => stepsOf(file).map(({ run = '' }) => run)).join('\n');
    const named = [...commands.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(
      ([, name]) => name,
    );
    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});

describe('CI', () => {
  const { jobs } = parse(textOf(`${folder}/ci.yml`)) as {
    readonly jobs: Readonly<Record<string, { readonly strategy: { readonly matrix: object } }>>;
  };

  it('runs everything on the oldest Node.js that the product needs, and on that of developers', () => {
    const { engines } = JSON.parse(textOf('package.json')) as {
      readonly engines: { readonly node: string };
    };
    const versions = [engines.node.replace('>=', ''), textOf('.nvmrc').trim()];
    expect(jobs.everything?.strategy.matrix).toEqual({ node: versions });
    expect(JSON.stringify(jobs.everything)).toContain('.ci/run');
  });

  it('runs unit tests and bundles on Windows and macOS', () => {
    const { os } = jobs['other-systems']?.strategy.matrix as { readonly os: readonly string[] };
    expect(os.map((name) => name.split('-')[0])).toEqual(['windows', 'macos']);
  });
});

describe('a release', () => {
  const { jobs } = workflowOf(`${folder}/release.yml`);
  const needsOf = (name: string): readonly string[] => {
    const direct = [jobs[name]?.needs ?? []].flat();
    return [...direct, ...direct.flatMap(needsOf)];
  };

  it('publishes nothing that is not tested, and built twice to the same bytes', () => {
    const publishing = Object.keys(jobs).filter((name) => `release.yml ${name}` in rights);
    expect(publishing).toHaveLength(4);
    for (const name of publishing)
      expect(needsOf(name)).toEqual(expect.arrayContaining(['test', 'build']));
    expect(needsOf('major-tag')).toEqual(expect.arrayContaining(['release', 'npm', 'marketplace']));
  });

  it('is approved by a person before anything is published', () => {
    for (const name of ['release', 'npm', 'marketplace'])
      expect(jobs[name]?.environment).toBe(name);
  });
});

describe('actionlint', () => {
  it('has nothing to say of the workflows', async ({ skip }) => {
    const problems = await actionlint(files);
    if (problems === undefined) skip('this system has no program "go"');
    expect(problems).toEqual([]);
  });

  it('would tell what is wrong', async ({ skip }) => {
    const broken = textOf(`${folder}/ci.yml`).replace('runs-on: ubuntu-24.04', 'runs-on: ubuntu-3');
    const problems = await actionlint([], { 'broken.yml': broken });
    if (problems === undefined) skip('this system has no program "go"');
    expect(problems?.join()).toContain('label "ubuntu-3" is unknown');
  });
});

describe('zizmor', () => {
  const unavailable = 'zizmor cannot be had here';

  it('has nothing to say of the workflows, of the actions and of what updates them', async ({
    skip,
  }) => {
    const actions = readdirSync(path.join(root, 'actions'));
    const findings = await zizmor([
      ...files,
      '.github/dependabot.yml',
      'action.yml',
      ...actions.map((name) => `actions/${name}/action.yml`),
    ]);
    if (findings === undefined) skip(unavailable);
    expect(findings).toEqual([]);
  });

  it('would tell what is wrong', async ({ skip }) => {
    const temporary = await mkdtemp(path.join(tmpdir(), 'zizmor-'));
    const file = path.join(temporary, 'broken.yml');
    await writeFile(
      file,
      textOf(`${folder}/ci.yml`).replace('- run: .ci/run', '- run: echo ${{ github.head_ref }}'),
    );
    const findings = await zizmor([file]).finally(() => rm(temporary, { recursive: true }));
    if (findings === undefined) skip(unavailable);
    expect(findings).toEqual([expect.stringMatching(/broken\.yml:\d+: template-injection: /)]);
  });
});
