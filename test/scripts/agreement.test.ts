import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedProblems, versionProblems } from '../../scripts/checks/files.js';
import { taskProblems, taskProblemsOf } from '../../scripts/checks/task.js';
import { commandActions, generatedFiles, groupActions, root } from '../../scripts/generate.js';
import {
  commandLineOf,
  inputGroups,
  inputNameOn,
  outputs,
  placeOf,
  type OutputName,
} from '../../src/inputs/index.js';
import {
  commandNames,
  commands,
  definitionOf,
  inputNames,
  inputsOf,
  type CommandName,
} from '../../src/commands/index.js';

interface Task {
  readonly name: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly defaultValue?: string;
    readonly visibleRule?: string;
    readonly groupName?: string;
    readonly options?: Record<string, string>;
  }[];
  readonly groups: readonly { readonly name: string; readonly visibleRule?: string }[];
  readonly outputVariables: readonly { readonly name: string }[];
  readonly restrictions: { readonly settableVariables: { readonly allowed: readonly string[] } };
  readonly execution: object;
}

interface Action {
  readonly inputs: Record<string, { readonly default?: string; readonly required: boolean }>;
  readonly outputs: Record<string, unknown>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
}

async function text(file: string): Promise<string> {
  return readFile(path.join(root, file), 'utf8');
}

const task = JSON.parse(await text('tasks/AcrContentTrustV1/task.json')) as Task;
const action = parse(await text('action.yml')) as Action;
const outputNames = Object.keys(outputs) as OutputName[];

const mainCommands = commandNames.filter((name) => placeOf(name).group === undefined);

function ofCommands(of: readonly CommandName[]): readonly string[] {
  return inputsOf('action').filter((name) =>
    definitionOf(name).commands.some((command) => of.includes(command)),
  );
}

function outputsOf(of: readonly CommandName[]): readonly string[] {
  return outputNames.filter((name) => of.some((one) => commands[one].outputs.includes(name)));
}

describe('what is made from the table of inputs', () => {
  it('is current', async () => {
    expect(await generatedProblems()).toEqual([]);
  });

  it('is the same each time', async () => {
    expect([...(await generatedFiles())]).toEqual([...(await generatedFiles())]);
  });

  it('states one version', async () => {
    expect(await versionProblems()).toEqual([]);
  });
});

describe('action.yml', () => {
  it('has the inputs and outputs of the table', () => {
    expect(Object.keys(action.inputs)).toEqual(['command', ...ofCommands(mainCommands)]);
    expect(Object.keys(action.outputs)).toEqual(outputsOf(mainCommands));
    expect(action.outputs).not.toHaveProperty('archive');
  });

  it('has the defaults of the table', () => {
    for (const name of ofCommands(mainCommands)) {
      const definition = definitionOf(name);
      const expected = 'default' in definition ? String(definition.default) : undefined;
      expect(String(action.inputs[name]?.default)).toBe(String(expected));
    }
  });

  it('runs the bundles on Node 24', () => {
    expect(action.runs).toMatchObject({
      using: 'node24',
      main: 'dist/action/index.cjs',
      post: 'dist/action/post.cjs',
    });
  });
});

describe.each(commandActions)('the action of %s', (command) => {
  const folder = placeOf(command).verb;

  it('has the inputs and outputs of the command alone', async () => {
    const own = parse(await text(`actions/${folder}/action.yml`)) as Action;
    expect(Object.keys(own.inputs)).toEqual(inputsOf('action', command));
    expect(Object.keys(own.outputs)).toEqual(outputsOf([command]));
    expect(own.runs).toMatchObject({
      using: 'node24',
      main: `../../dist/action/${folder}.cjs`,
      post: '../../dist/action/post.cjs',
    });
  });
});

describe.each([...groupActions])('actions/%s/action.yml', (group, names) => {
  it('has the command, and the inputs and outputs of its commands', async () => {
    const own = parse(await text(`actions/${group}/action.yml`)) as Action;
    expect(Object.keys(own.inputs)).toEqual(['command', ...ofCommands(names)]);
    expect(own.inputs.command?.required).toBe(true);
    expect(Object.keys(own.outputs)).toEqual(outputsOf(names));
    expect(own.runs.main).toBe(`../../dist/action/${group}.cjs`);
  });
});

describe('task.json', () => {
  it('keeps the rules for task manifests', async () => {
    expect(await taskProblems()).toEqual([]);
  });

  it.each([
    ['a handler agents do not know', { execution: { Node20: { target: 'index.js' } } }],
    ['a name with a space', { name: 'Acr Trust' }],
    ['an unknown key', { outputs: [] }],
    [
      'a rule with both operators',
      {
        groups: [
          { name: 'a', displayName: 'b', isExpanded: true, visibleRule: 'a = b && c = d || e = f' },
        ],
      },
    ],
  ])('would not with %s', (_, change) => {
    expect(taskProblemsOf({ ...task, ...change })).not.toEqual([]);
  });

  it('has the inputs and outputs of the table, in camel case', () => {
    const names = inputsOf('task').map((name) => inputNameOn('task', name));
    expect(task.inputs.map(({ name }) => name)).toEqual(['command', ...names]);
    expect(outputsOf(commandNames)).toEqual(outputNames);
    const outputsInTask = outputNames.map((name) => inputNameOn('task', name));
    expect(task.outputVariables.map(({ name }) => name)).toEqual(outputsInTask);
    expect(task.restrictions.settableVariables.allowed).toEqual(outputsInTask);
  });

  it('shows an input for just the commands that use it', () => {
    for (const name of inputsOf('task')) {
      const input = task.inputs.find((one) => one.name === inputNameOn('task', name));
      const group = task.groups.find((one) => one.name === input?.groupName);
      const rule = [group?.visibleRule, input?.visibleRule].filter(Boolean).join(' && ');
      const hidden = new Set(rule.split(' && '));
      const shown = commandNames.filter((command) => !hidden.has(`command != ${command}`));
      expect(shown).toEqual(commandNames.filter((c) => definitionOf(name).commands.includes(c)));
    }
  });

  it('offers the choices of the table', () => {
    for (const name of inputsOf('task')) {
      const definition = definitionOf(name);
      if (definition.type !== 'choice') continue;
      const input = task.inputs.find((one) => one.name === inputNameOn('task', name));
      expect(Object.keys(input?.options ?? {})).toEqual(Object.keys(definition.choices));
      expect(input?.defaultValue).toBe(definition.default);
    }
  });

  it('has a label and a help text for each input among its strings', async () => {
    const strings = JSON.parse(
      await text('tasks/AcrContentTrustV1/Strings/resources.resjson/en-US/resources.resjson'),
    ) as Record<string, string>;
    for (const { name } of task.inputs) {
      expect(strings[`loc.input.label.${name}`]).toBeTruthy();
      expect(strings[`loc.input.help.${name}`]).toBeTruthy();
    }
  });
});

describe('docs/reference.md', async () => {
  const page = await text('docs/reference.md');
  const sectionOf = (heading: string): string =>
    page.split(/^(?=###? )/m).find((part) => part.startsWith(`### ${heading}\n`)) ?? '';

  it('explains every input once, and every output', () => {
    for (const name of inputNames) {
      const rows = page.split('\n').filter((line) => line.startsWith(`| \`${name}\``));
      const explained = rows.filter((row) =>
        row.includes(definitionOf(name).help.replaceAll('|', '\\|')),
      );
      expect(explained, name).toHaveLength(1);
    }
    for (const name of outputNames) expect(page).toContain(`\n| \`${name}\` |`);
  });

  it.each(commandNames)('names the inputs of %s, and no others', (command) => {
    const section = sectionOf(commandLineOf(command).join(' '));
    const rows = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
    const elsewhere = [...section.matchAll(/^- .*/gm)].flatMap(([line]) =>
      [...line.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    );
    const expected = inputNames.filter(
      (name) =>
        definitionOf(name).commands.includes(command) && definitionOf(name).group !== 'identity',
    );
    expect(section).toContain(inputGroups.identity);
    expect([...rows, ...elsewhere].sort()).toEqual([...expected].sort());
  });

  it.each(commandNames)('names the outputs of %s, and no others', (command) => {
    const section = sectionOf(commandLineOf(command).join(' '));
    const [, named = ''] = /^Sets \[outputs\]\(#outputs\): (.*)\.$/m.exec(section) ?? [];
    const expected = outputsOf([command]).map((name) => `\`${name}\``);
    expect(named).toBe(expected.join(', '));
  });
});

describe('the icons', () => {
  it.each([
    ['tasks/AcrContentTrustV1/icon.png', 32],
    ['images/extension-icon.png', 128],
  ])('%s is a PNG of %i pixels', async (file, size) => {
    const bytes = await readFile(path.join(root, file));
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([size, size]);
  });
});

describe('the pictures of the extension', () => {
  it('are PNG files of the size that the Marketplace shows, and small', async () => {
    const manifest = JSON.parse(await readFile(path.join(root, 'vss-extension.json'), 'utf8')) as {
      readonly screenshots: readonly { readonly path: string }[];
    };
    expect(manifest.screenshots.length).toBeGreaterThan(1);
    for (const { path: file } of manifest.screenshots) {
      const bytes = await readFile(path.join(root, file));
      expect(bytes.subarray(1, 4).toString(), file).toBe('PNG');
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], file).toEqual([1366, 768]);
      expect(bytes.length, file).toBeLessThan(200_000);
    }
  });
});
