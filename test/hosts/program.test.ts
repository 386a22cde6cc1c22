import { describe, expect, it } from 'vitest';
import { createProgram, type Invocation } from '../../src/hosts/cli/program.js';
import { commandLineOf } from '../../src/inputs/index.js';
import { commandNames, inputsOf } from '../../src/commands/index.js';

async function parse(...args: readonly string[]): Promise<Invocation> {
  const asked: Invocation[] = [];
  const program = createProgram((invocation) => {
    asked.push(invocation);
    return Promise.resolve();
  });
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

  it.each(commandNames)('of %s are all explained in its help', (command) => {
    let found = createProgram(() => Promise.resolve());
    for (const word of commandLineOf(command)) {
      const next = found.commands.find((sub) => sub.name() === word);
      if (!next) throw new Error(`there is no ${word}`);
      found = next;
    }
    const help = found.helpInformation();
    for (const name of inputsOf('cli', command)) {
      expect(help).toContain(`--${name} `);
      expect(help).toContain(`ACR_CONTENT_TRUST_${name.toUpperCase().replaceAll('-', '_')}`);
    }
    expect(help).toContain('--json');
  });

  it('are there where the command is named, and left out of all others', () => {
    const all = createProgram(() => Promise.resolve());
    const some = createProgram(() => Promise.resolve(), ['keys', 'renew', '--help']);
    const find = (program: typeof all, verb: string): string =>
      [...program.commands, ...program.commands.flatMap(({ commands }) => commands)]
        .find((command) => command.name() === verb)
        ?.helpInformation() ?? '';
    expect(find(some, 'renew')).toBe(find(all, 'renew'));
    expect(some.helpInformation()).toBe(all.helpInformation());
    expect(find(some, 'keys')).toBe(find(all, 'keys'));
    expect(find(some, 'sign')).not.toContain('--registry');
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
