/** The workflows and pipelines in examples/, which people copy as they are. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { collectProblems, definitionOf, readCommand } from '../../src/commands/index.js';
import { inputNameOn } from '../../src/inputs/index.js';
import { codeBlocks, readPage, root } from '../docs/pages.js';
import { exampleOf, expectUnderstood, type Example, type Step } from '../docs/steps.js';
import { actionlint } from './actionlint.js';
import { zizmor } from './zizmor.js';

const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.yml'))
    .map((file) => `${folder}/${file}`);

const pipelines = 'examples/azure-pipelines';
const workflows = filesIn('examples/github');
const templates = filesIn(`${pipelines}/templates`);
const files = [...workflows, ...filesIn(pipelines), ...templates];

const read = (file: string): unknown => parse(textOf(file), { strict: true, uniqueKeys: true });

/** Every object in a document, itself included. */
function objectsIn(value: unknown): readonly object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

const stepsOf = (file: string): readonly Step[] =>
  objectsIn(read(file)).filter(
    (one): one is Step => 'uses' in one || 'task' in one || 'run' in one,
  );

const examplesOf = (file: string): readonly Example[] =>
  stepsOf(file).flatMap((step) => exampleOf(step, file) ?? []);

describe('the examples', () => {
  it('are all in the list of them', () => {
    const page = readPage('examples/README.md');
    const listed = [...page.matchAll(/\]\(([\w/-]+\.yml)\)/g)].map(
      ([, file]) => `examples/${file ?? ''}`,
    );
    expect([...new Set(listed)].sort()).toEqual([...files].sort());
  });

  it('show the same for both hosts, and sign for both kinds of verifiers', () => {
    const names = (folder: string) => filesIn(folder).map((file) => path.basename(file));
    const own = (name: string) => !/^reusable-|^extends/.test(name);
    expect(names('examples/github').filter(own)).toEqual(names(pipelines).filter(own));
    for (const some of [workflows, templates]) {
      expect(some.some((file) => /signatures: both$/m.test(textOf(file)))).toBe(true);
    }
  });

  it.each(files.flatMap(examplesOf))('of $where understand $command', expectUnderstood);

  it.each(files.flatMap(examplesOf))(
    'of $where pin the root in $command',
    ({ host, command, inputs }) => {
      const name = readCommand(
        command,
        collectProblems((input) => input),
      );
      expect(name).toBeDefined();
      const readsPin = definitionOf('trust-pin').commands.some((reader) => reader === name);
      // A policy for Notary Project signatures is made from their certificate alone.
      const needsPin = readsPin && !(inputNameOn(host, 'policy-format') in inputs);
      expect(inputNameOn(host, 'trust-pin') in inputs).toBe(needsPin);
    },
  );

  it('split repositories into all parts of a whole', () => {
    const split = files.filter((file) => /\bshard: /.test(textOf(file)));
    expect(split.map((file) => path.basename(file)).sort()).toEqual([
      'migrate.yml',
      'migrate.yml',
      'renew.yml',
      'renew.yml',
    ]);
    for (const file of split) {
      const parts = /\[((?:\d\/\d(?:, )?)+)\]/.exec(textOf(file))?.[1]?.split(', ') ?? [];
      expect(parts).toEqual(parts.map((_, at) => `${at + 1}/${parts.length}`));
      expect(parts.length).toBeGreaterThan(1);
    }
  });
});

/** Whole workflows that stand on pages, by where they stand. */
const workflowsOnPages = Object.fromEntries(
  codeBlocks('yaml')
    .filter(({ text }) => /^on:/m.test(text))
    .map(({ page, line, text }) => [`${page}:${line}.yml`, text]),
);

interface Workflow {
  readonly on: Readonly<
    Record<string, { readonly inputs?: Readonly<Record<string, Declared>> } | null>
  >;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: Readonly<Record<string, string>>;
        readonly uses?: string;
        readonly with?: object;
        readonly steps?: readonly Step[];
      }
    >
  >;
}

interface Declared {
  readonly required?: boolean;
  readonly default?: unknown;
}

describe('the rule for clusters', () => {
  it('lets the images pass that the policy covers, by digest, and no others', () => {
    const { spec } = parseAllDocuments(textOf('examples/kubernetes/only-covered-images.yaml'))
      .map((one) => one.toJS() as { readonly spec: { readonly variables?: readonly object[] } })
      .find(({ spec }) => spec.variables) ?? { spec: {} };
    const [, pattern = ''] = /matches\('(.+)'\)/.exec(JSON.stringify(spec.variables)) ?? [];
    const covered = ['examples/github', `${pipelines}/templates`].map(
      (folder) => /contoso\S+, contoso\S+/.exec(textOf(`${folder}/cluster-policy.yml`))?.[0] ?? '',
    );
    expect(covered[0]).toBe(covered[1]);
    const digest = `@sha256:${'0'.repeat(64)}`;
    for (const image of covered[0]?.split(', ') ?? []) {
      expect(`${image}${digest}`).toMatch(new RegExp(pattern));
      for (const other of [image, `${image}:1`, `${image}:1${digest}`, `x${image}${digest}`])
        expect(other).not.toMatch(new RegExp(pattern));
    }
    expect(`contoso.azurecr.io/team/other${digest}`).not.toMatch(new RegExp(pattern));
  });
});

describe('the workflows among them', () => {
  it.each(workflows)('%s gives each job what it needs, and no more', (file) => {
    const { permissions, jobs } = read(file) as Workflow;
    expect(permissions).toEqual({});
    for (const [name, job] of Object.entries(jobs)) {
      const commands = (job.steps ?? []).flatMap((step) => exampleOf(step, file)?.command ?? []);
      const signsIn = job.uses !== undefined || commands.some((command) => command !== 'build');
      expect(job.permissions?.['id-token'], name).toBe(signsIn ? 'write' : undefined);
      const others = Object.entries(job.permissions ?? {}).filter(
        ([right]) => right !== 'id-token',
      );
      expect(
        others.every(([, level]) => level === 'read'),
        name,
      ).toBe(true);
    }
  });

  it.each(workflows)('%s pins what is of others, keeps no credentials and no secret', (file) => {
    const text = textOf(file);
    expect(text).not.toMatch(/pull_request_target|secrets\./);
    for (const line of text.match(/^.*\buses: .*$/gm) ?? []) {
      expect(line).toMatch(
        /uses: (?:acr-content-trust\/|contoso\/|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/,
      );
    }
    for (const { run, uses, with: inputs } of stepsOf(file)) {
      expect(run ?? '').not.toContain('${{');
      if (uses?.startsWith('actions/checkout@')) {
        expect(inputs).toMatchObject({ 'persist-credentials': false });
      }
    }
  });

  it('call each other with the inputs that are declared', () => {
    const { jobs } = read('examples/github/reusable-caller.yml') as Workflow;
    const { uses = '', with: given = {} } = jobs.image ?? {};
    const [, called = ''] = /^contoso\/workflows\/\.github\/workflows\/(.+)@v\d+$/.exec(uses) ?? [];
    const { on } = read(`examples/github/${called}`) as Workflow;
    const declared = on.workflow_call?.inputs ?? {};
    expect(Object.keys(declared)).toEqual(expect.arrayContaining(Object.keys(given)));
    const needed = Object.entries(declared).filter(([, { required }]) => required === true);
    expect(Object.keys(given)).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
  });

  it('are what actionlint accepts', async ({ skip }) => {
    const problems = await actionlint(workflows, workflowsOnPages);
    if (problems === undefined) skip('this system has no program "go"');
    expect(problems).toEqual([]);
  });

  it('are what zizmor finds nothing in', async ({ skip }) => {
    const findings = await zizmor(workflows);
    if (findings === undefined) skip('zizmor cannot be had here');
    expect(findings).toEqual([]);
  });
});

interface Parameter {
  readonly name: string;
  readonly default?: unknown;
}

const parametersOf = (file: string): readonly Parameter[] =>
  (read(file) as { readonly parameters?: readonly Parameter[] }).parameters ?? [];

describe('the pipelines among them', () => {
  const callers = files.filter((file) => /^ *-? *template:/m.test(textOf(file)));

  it.each(templates)('%s uses the parameters that it declares', (file) => {
    const used = new Set(
      [...textOf(file).matchAll(/\bparameters\.(\w+)/g)].map(([, name]) => name),
    );
    expect([...used].sort()).toEqual(
      parametersOf(file)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each(callers)('%s calls templates that are there, as they want to be called', (file) => {
    const calls = objectsIn(read(file)).filter(
      (one): one is { readonly template: string; readonly parameters?: object } =>
        'template' in one,
    );
    for (const { template, parameters = {} } of calls) {
      const called = path.posix.join(path.posix.dirname(file), template.replace(/@templates$/, ''));
      expect(templates).toContain(called);
      const declared = parametersOf(called);
      const given = Object.keys(parameters).filter((name) => !name.startsWith('${{'));
      expect(declared.map(({ name }) => name)).toEqual(expect.arrayContaining(given));
      const needed = declared.filter((one) => !('default' in one)).map(({ name }) => name);
      expect(given).toEqual(expect.arrayContaining(needed));
    }
  });

  it('have one that extends a template, and use each template', () => {
    expect(read(`${pipelines}/extends.yml`)).toHaveProperty('extends.template');
    const all = files.map(textOf).join('\n');
    for (const file of templates) expect(all).toContain(path.basename(file));
  });
});
