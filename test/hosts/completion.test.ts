/** What shells complete, and the other commands that only the command line has. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames, commands, inputsOf } from '../../src/commands/index.js';
import { commandLineOf } from '../../src/inputs/index.js';
import { exampleOf } from '../../src/hosts/cli/help.js';
import { createProgram, type Invocation } from '../../src/hosts/cli/program.js';
import { version } from '../../src/version.js';

const run = promisify(execFile);

/** What a command line of ours prints. */
async function printed(...args: readonly string[]): Promise<string> {
  let text = '';
  const program = createProgram(
    () => Promise.reject(new Error('nothing was to run')),
    args,
    (more) => (text += more),
  );
  await program.parseAsync(['node', 'acr-content-trust', ...args]);
  return text;
}

/** What a command line of ours asks for. */
async function asked(...args: readonly string[]): Promise<Invocation> {
  let found: Invocation | undefined;
  const program = createProgram((invocation) => {
    found = invocation;
    return Promise.resolve();
  }, args);
  await program.parseAsync(['node', 'acr-content-trust', ...args]);
  if (!found) throw new Error('nothing was asked for');
  return found;
}

describe('the completion of bash', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'completion-'));
    await writeFile(path.join(folder, 'script'), await printed('completion', 'bash'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The words that bash offers in place of the last one. */
  async function offered(...words: readonly string[]): Promise<readonly string[]> {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _acr_content_trust; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', [
      '-uc',
      script,
      'bash',
      path.join(folder, 'script'),
      'acr-content-trust',
      ...words,
    ]);
    return stdout.split('\n').filter((word) => word !== '');
  }

  it.each([
    [['ver'], ['verify', 'version']],
    [['keys', 'ren'], ['renew']],
    [
      ['keys', 're'],
      ['restore', 'renew', 'recover'],
    ],
    [['sign', '--sig'], expect.arrayContaining(['--signing-key', '--signatures'])],
    [
      ['keys', 'init', '--registry', 'contoso.azurecr.io', '--root'],
      expect.arrayContaining(['--root-key']),
    ],
    [['sign', '--signatures', ''], expect.arrayContaining(['dct', 'both'])],
    [['doctor', '--engine', 'n'], ['native']],
    [['completion', 'x'], []],
  ])('offers for %j what can follow', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('knows every option of every command', async () => {
    for (const name of commandNames) {
      const options = await offered(...commandLineOf(name), '--');
      const all = [...inputsOf('cli', name), 'json', 'summary-file', 'debug', 'help'];
      expect(options.toSorted(), name).toEqual(all.map((one) => `--${one}`).toSorted());
    }
  });
});

describe('the completion of other shells', () => {
  it.each(['zsh', 'fish', 'powershell'])('of %s has all commands and options', async (shell) => {
    const script = await printed('completion', shell);
    for (const name of commandNames) {
      for (const word of commandLineOf(name)) expect(script).toContain(word);
      for (const input of inputsOf('cli', name)) expect(script).toContain(input);
    }
  });

  it('has nothing in its quotes that ends them', async () => {
    for (const line of (await printed('completion', 'fish')).split('\n')) {
      expect(line.split("'").length % 2, line).toBe(1);
    }
  });
});

describe('the version', () => {
  it('is printed with what runs it', async () => {
    expect(await printed('version')).toContain(
      `acr-content-trust ${version} (Node.js ${process.versions.node}, `,
    );
    expect(JSON.parse(await printed('version', '--json'))).toEqual({
      formatVersion: 1,
      version,
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
    });
  });
});

describe('images as arguments', () => {
  it('are those of the option, and may stand beside it', async () => {
    const { options } = await asked('verify', 'a:1', 'b:2', '--images', 'c:3', '--max-age', '9');
    expect(options.get('images')).toBe('a:1\nb:2\nc:3');
    expect((await asked('promote', 'a:1', '--registry', 'x')).options.get('source')).toBe('a:1');
    expect((await asked('sign', '--tags', '1')).options.has('images')).toBe(false);
  });

  it('take no command that has none', async () => {
    const program = createProgram(() => Promise.resolve(), ['build']);
    const build = program.commands.find((command) => command.name() === 'build');
    build?.exitOverride().configureOutput({ writeErr: () => undefined });
    const parsing = program.parseAsync(['node', 'acr-content-trust', 'build', 'a:1']);
    await expect(parsing).rejects.toThrow('too many arguments');
  });
});

describe('the example of a command', () => {
  it.each(commandNames)('of %s names the command and inputs that it has', (name) => {
    const example = exampleOf(name);
    const words = example.split(' ').map((word) => word.replaceAll("'", ''));
    expect(words.slice(1, 1 + commandLineOf(name).length)).toEqual(commandLineOf(name));
    for (const input of commands[name].example) expect(inputsOf('cli', name)).toContain(input);
  });
});
