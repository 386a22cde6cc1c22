import { describe, expect, it } from 'vitest';
import { CommanderError, type Command } from 'commander';
import {
  createProgram,
  helpAsOption,
  withoutHelpOfUnknown,
  type Invocation,
} from '../../src/hosts/cli/program.js';
import { commandLineOf } from '../../src/inputs/index.js';
import { commandNames, commands, inputsOf } from '../../src/commands/index.js';

async function parse(...args: readonly string[]): Promise<Invocation> {
  const asked: Invocation[] = [];
  const program = createProgram((invocation) => {
    asked.push(invocation);
    return Promise.resolve();
  }, args);
  await program.parseAsync(['node', 'acr-content-trust', ...args]);
  const [invocation] = asked;
  if (!invocation) throw new Error('nothing was asked for');
  return invocation;
}

describe('the options of a command', () => {
  it.each(commandNames)('of %s are those of the table', async (command) => {
    for (const name of inputsOf('cli', command)) {
      const { options } = await parse(...commandLineOf(command), `--${name}=x`);
      expect([...options]).toEqual([[name, 'x']]);
    }
  });

  it('include booleans with and without a value, also one that begins with "no-"', async () => {
    const { options } = await parse('build', '--no-cache', '--pull=false');
    expect([...options]).toEqual([
      ['no-cache', 'true'],
      ['pull', 'false'],
    ]);
  });

  it('are none unless given', async () => {
    expect((await parse('buildAndPush')).options.size).toBe(0);
    expect((await parse('buildAndPush')).command).toBe('buildAndPush');
    expect((await parse('build-and-push')).command).toBe('buildAndPush');
  });

  it('are of no other command where one is named; of all where none is, or is misspelled', () => {
    const helps = (args?: readonly string[]): ReadonlyMap<string, string> => {
      const { commands } = createProgram(() => Promise.resolve(), args);
      const of = commands.flatMap((command) => [command, ...command.commands]);
      return new Map(of.map((command) => [command.name(), command.helpInformation()]));
    };
    const [all, some] = [helps(), helps(['keys', 'renew', '--help'])];
    expect(some.get('renew')).toBe(all.get('renew'));
    expect(some.has('rotate')).toBe(false);
    expect(some.has('sign')).toBe(false);
    for (const args of [[], ['--help'], ['help', 'sign'], ['keys'], ['keys', 'renwe'], ['sing']])
      expect(helps(args), args.join(' ')).toEqual(all);
  });

  it('are those of a command that is asked for by its former name, which no help shows', async () => {
    const { command, formerName, options } = await parse('keys', 'lost', '--registry=x');
    expect([command, formerName]).toEqual(['keysRecover', 'keysLost']);
    expect([...options]).toEqual([['registry', 'x']]);
    const keys = createProgram(() => Promise.resolve()).commands.find(
      (group) => group.name() === 'keys',
    );
    expect(keys?.helpInformation()).toMatch(/\n {2}recover /);
    expect(keys?.helpInformation()).not.toMatch(/\n {2}lost /);
  });
});

describe('what is asked for help', () => {
  /** The first line that is printed, and the exit code that commander gives it. */
  async function answerTo(line: string): Promise<readonly [string, number]> {
    const args = helpAsOption(line.split(' '));
    const program = createProgram(() => Promise.resolve(), args);
    let text = '';
    for (const command of [program, ...program.commands.flatMap((sub) => [sub, ...sub.commands])])
      command.exitOverride().configureOutput({
        writeOut: (more) => (text += more),
        writeErr: (more) => (text += more),
      });
    try {
      await program.parseAsync(withoutHelpOfUnknown(program, args), { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      return [text.split('\n\n')[0]?.trim().replaceAll('\n', ' ') ?? '', error.exitCode];
    }
    throw new Error('nothing was printed');
  }

  it.each([
    ['--help', '<command>'],
    ['help', '<command>'],
    ['help help', '<command>'],
    ['help --help', '<command>'],
    ['keys --help', 'keys <command>'],
    ['help keys', 'keys <command>'],
    ['keys help', 'keys <command>'],
    ['keys init --help', 'keys init'],
    ['keys init -h', 'keys init'],
    ['help keys init', 'keys init'],
    ['keys help init', 'keys init'],
    ['help keys lost', 'keys lost'],
    ['help sign', 'sign [images...]'],
    ['buildAndPush --help', 'build-and-push'],
    ['help version', 'version'],
  ])('%s: the usage of %s', async (line, usage) => {
    expect(await answerTo(line)).toEqual([`Usage: acr-content-trust ${usage} [options]`, 0]);
  });

  it.each([
    ['sing', `'sing' (Did you mean sign?)`],
    ['sing --help', `'sing' (Did you mean sign?)`],
    ['sing -h', `'sing' (Did you mean sign?)`],
    ['--help sing', `'sing' (Did you mean sign?)`],
    ['help sing', `'sing' (Did you mean sign?)`],
    ['keys intt --help', `'intt' (Did you mean init?)`],
    ['help keys intt', `'intt' (Did you mean init?)`],
    ['keys help intt', `'intt' (Did you mean init?)`],
    ['nope --help', `'nope'`],
  ])('%s: the error of the unknown word', async (line, word) => {
    expect(await answerTo(line)).toEqual([`error: unknown command ${word}`, 1]);
  });
});

describe('the help', () => {
  /** All that is printed, for a terminal of so many columns. */
  function helpOf(words: readonly string[], flag: string, columns = 80): string {
    let command: Command = createProgram(() => Promise.resolve(), [...words, flag]);
    for (const word of words) {
      const next = command.commands.find((sub) => sub.name() === word);
      if (!next) throw new Error(`there is no ${word}`);
      command = next;
    }
    let text = '';
    command.configureOutput({
      getOutHelpWidth: () => columns,
      writeOut: (more) => (text += more),
    });
    command.outputHelp();
    return text;
  }

  it('of the program has a line for each command', () => {
    const lines = helpOf([], '--help', 100).split('\n');
    for (const name of commandNames) {
      const [word = ''] = commandLineOf(name);
      expect(lines.filter((line) => line.startsWith(`  ${word} `))).toHaveLength(1);
    }
    const first = lines.indexOf('Commands:') + 1;
    for (const line of lines.slice(first, lines.indexOf('', first)))
      expect(line).toMatch(/^ {2}[a-z-]+ +[A-Z].*\.$/);
  });

  it.each(commandNames)('of %s explains all of its options and outputs', (name) => {
    const help = helpOf(commandLineOf(name), '--help');
    const words = help.split(/\s+/).join(' ');
    for (const input of inputsOf('cli', name)) expect(help).toContain(`\n  --${input} `);
    expect(words).toContain(commands[name].outputs.join(', '));
    expect(help).toContain('--json');
    expect(help).not.toMatch(/env:|preset:|`/);
  });

  it.each(commandNames)('of %s is a sentence for each option with -h', (name) => {
    const [long, short] = ['--help', '-h'].map((flag) => helpOf(commandLineOf(name), flag, 100));
    for (const input of inputsOf('cli', name)) expect(short).toContain(`\n  --${input} `);
    expect(short?.length).toBeLessThan((long ?? '').length);
  });

  it.each([
    [80, '-h'],
    [80, '--help'],
    [100, '--help'],
  ])('fits a terminal of %d columns with %s', (columns, flag) => {
    for (const words of [[], ['keys'], ...commandNames.map(commandLineOf)]) {
      const [options = ''] = helpOf(words, flag, columns).split('\nExample:');
      const epilogue = options.indexOf('\nEvery option');
      const wrapped = epilogue < 0 ? options : options.slice(0, epilogue);
      const long = wrapped.split('\n').filter((line) => line.length > columns);
      expect(long, words.join(' ')).toEqual([]);
    }
  });
});
