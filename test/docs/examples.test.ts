import { parseArgsStringToArgv } from 'string-argv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readInputs } from '../../src/commands/index.js';
import { createProgram, type Invocation } from '../../src/hosts/cli/program.js';
import { commandLineOf } from '../../src/inputs/index.js';
import { codeBlocks, type CodeBlock } from './pages.js';
import { exampleOf, expectUnderstood, type Example, type Step } from './steps.js';

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
    stepsIn(block).flatMap((step) => {
      const where = `${block.page}:${block.line}`;
      const example = exampleOf(step, where);
      if (example) return [example];
      const owner = step.uses ?? step.task ?? 'a script';
      expect(owner, `${where}: a step of whom?`).toMatch(
        /^(?:(?:actions|docker|azure)\/|(?:Docker@2|DownloadSecureFile@1|a script)$)/,
      );
      return [];
    }),
  );
}

describe('examples in YAML', () => {
  const examples = yamlExamples();

  it('exist for both hosts', () => {
    expect(new Set(examples.map(({ host }) => host))).toEqual(new Set(['task', 'action']));
  });

  it.each(examples)(
    'of $where ($host) use inputs that exist, with all that are needed',
    expectUnderstood,
  );
});

/** The lines of shell blocks that run our command line, as argument lists. */
function cliExamples(): readonly { readonly where: string; readonly args: readonly string[] }[] {
  return codeBlocks('sh', 'bash', 'shell').flatMap(({ page, line, text }) =>
    text
      .replace(/\\\n\s*/g, '')
      .split('\n')
      // Up to a comment, and to where the shell sends the output.
      .map((command) => command.replace(/\s(?:#|[>|]\s).*$/, '').trim())
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
