import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createProgram, type Invocation } from '../../src/hosts/cli/program.js';
import {
  commandGroups,
  commandInput,
  inputNameOn,
  isReference,
  commandLineOf,
  type HostName,
} from '../../src/inputs/index.js';
import {
  collectProblems,
  inputsOf,
  definitionOf,
  readCommand,
  readInputs,
} from '../../src/commands/index.js';
import { codeBlocks, root, type CodeBlock } from './pages.js';

/** Inputs as YAML gives them; anything but these kinds fails the test that reads it. */
type Given = Readonly<Record<string, string | number | boolean>>;

interface Step {
  readonly task?: string;
  readonly uses?: string;
  readonly inputs?: Given;
  readonly with?: Given;
}

interface Example {
  readonly where: string;
  readonly host: HostName;
  /** Of an action that has only one, or those of a group. */
  readonly command?: string;
  readonly inputs: Given;
}

const task = JSON.parse(
  readFileSync(path.join(root, 'tasks/AcrContentTrustV1/task.json'), 'utf8'),
) as { readonly name: string; readonly version: { readonly Major: number } };

interface Steps {
  readonly steps?: readonly Step[];
}

/** The steps of a list, of a pipeline, or of all jobs of a workflow. */
function stepsIn(block: CodeBlock): readonly Step[] {
  const document = parse(block.text, { strict: true, uniqueKeys: true }) as
    readonly Step[] | (Steps & { readonly jobs?: Readonly<Record<string, Steps>> });
  if (!('steps' in document || 'jobs' in document)) return document as readonly Step[];
  return [document, ...Object.values(document.jobs ?? {})].flatMap(({ steps }) => steps ?? []);
}

/** The steps of the pages that are ours, by host. */
function yamlExamples(): readonly Example[] {
  return codeBlocks('yaml', 'yml').flatMap((block) =>
    stepsIn(block).flatMap((step): readonly Example[] => {
      const where = `${block.page}:${block.line}`;
      if (step.task?.startsWith(task.name)) {
        expect(step.task).toBe(`${task.name}@${task.version.Major}`);
        return [{ where, host: 'task', inputs: step.inputs ?? {} }];
      }
      const own = /^acr-content-trust\/acr-content-trust(?:\/actions\/(\w+))?@v(\d+)$/.exec(
        step.uses ?? '',
      );
      if (own) {
        expect(Number(own[2])).toBe(task.version.Major);
        const inputs = step.with ?? {};
        const isGroup = commandGroups.some((group) => group === own[1]);
        const words = isGroup ? `${own[1] ?? ''} ${String(inputs[commandInput.name])}` : own[1];
        const command = words === undefined ? {} : { command: words };
        return [{ where, host: 'action', ...command, inputs }];
      }
      expect(step.uses ?? step.task, `${where}: a step of whom?`).toMatch(/^actions\//);
      return [];
    }),
  );
}

const secretOnCi = /^\$\{\{ secrets\.\w+ \}\}$|^\$\(\w+\)$/;

describe('examples in YAML', () => {
  const examples = yamlExamples();

  it('exist for both hosts', () => {
    expect(new Set(examples.map(({ host }) => host))).toEqual(new Set(['task', 'action']));
  });

  it.each(examples)(
    'of $where ($host) use inputs that exist, with all that are needed',
    (example) => {
      const { host, inputs } = example;
      const problems = collectProblems((name) => name);
      const command = readCommand(
        example.command ?? String(inputs[commandInput.name] ?? commandInput.default),
        problems,
      );
      problems.throwIfAny();
      const offered = new Map(
        inputsOf(host, command).map((name) => [inputNameOn(host, name), name]),
      );
      for (const [given, value] of Object.entries(inputs)) {
        if (given === commandInput.name) continue;
        expect([...offered.keys()]).toContain(given);
        const name = offered.get(given);
        if (name === undefined || definitionOf(name).secret !== true) continue;
        // A page must not teach anyone to write a secret into a file.
        const text = String(value);
        expect(isReference(definitionOf(name), text) || secretOnCi.test(text)).toBe(true);
      }
      readInputs(command, host, (name) => String(inputs[inputNameOn(host, name)] ?? ''));
    },
  );
});

/** The lines of shell blocks that run our command line, as argument lists. */
function cliExamples(): readonly { readonly where: string; readonly args: readonly string[] }[] {
  return codeBlocks('sh', 'bash', 'shell').flatMap(({ page, line, text }) =>
    text
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((command) => command.replace(/\s#.*$/, '').trim())
      .filter((command) => command.startsWith('acr-content-trust '))
      .map((command) => ({
        where: `${page}:${line}`,
        args: parseArgsStringToArgv(command).slice(1),
      })),
  );
}

async function invocationOf(args: readonly string[]): Promise<Invocation> {
  let asked: Invocation | undefined;
  const program = createProgram((invocation) => {
    asked = invocation;
    return Promise.resolve();
  });
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  await program.parseAsync(['node', 'acr-content-trust', ...args]);
  if (!asked) throw new Error('nothing was asked for');
  return asked;
}

function withSubcommands(command: ReturnType<typeof createProgram>): (typeof command)[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

describe('examples on the command line', () => {
  it('exist', () => {
    expect(cliExamples().length).toBeGreaterThan(1);
  });

  it.each(cliExamples())('of $where are understood: $args.0', async ({ args }) => {
    const { command, options } = await invocationOf(args);
    expect(commandLineOf(command)[0]).toBe(args[0]);
    readInputs(command, 'cli', (name) => options.get(name) ?? '');
  });

  it('would be refused with an option that does not exist', async () => {
    await expect(invocationOf(['sign', '--no-such-input', 'x'])).rejects.toThrow('unknown option');
  });
});
