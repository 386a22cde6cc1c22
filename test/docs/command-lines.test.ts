/** Lines of az and openssl in messages and on pages: those who copy them must get what was meant. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from '../azure-emulation/roles/definitions.js';
import { azCommand, azProblems } from './azure-cli.js';
import { codeBlocks, pages, proseOf } from './pages.js';
import { readSources, wholeTextsOf } from './sources.js';

/** Parts of a line that are more than one word, or a word that az takes from a list. */
const filled: Readonly<Record<string, string>> = {
  'nounOf(reference)': 'key',
  "command('list')": 'az keyvault key list --vault-name contoso',
  "command('recover')": 'az keyvault key recover --vault-name contoso',
  verb: 'show --name team-app',
  'vaultFlagOf(reference)': '--vault-name contoso',
  'policyPermissions(operation)': '--key-permissions get sign',
  'roleFor(operation, action)': 'Key Vault Crypto User',
  role: 'AcrPush',
  "/[:@]/.test(name) ? '--image' : '--repository'": '--image',
  type: 'EC',
  "what === 'registry' ? 'acr' : 'keyvault'": 'acr',
};

/** Roles of a Managed HSM are its own, not Azure's. */
const roles = new Set([...builtInRoles.map(({ name }) => name), 'Managed HSM Crypto User']);

interface CommandLine {
  readonly where: string;
  readonly line: string;
}

/** A command is quoted by backticks, or it is the rest of its line. */
function commandsIn(text: string, program: string): readonly string[] {
  const quoted = new RegExp(`\`(${program} [^\`]*)\``, 'g');
  const rest = new RegExp(`(?:^|[\\s("])(${program} .*)$`, 'gm');
  return [
    ...[...text.matchAll(quoted)].map(([, command = '']) => command),
    ...[...text.replace(quoted, '').matchAll(rest)].map(([, command = '']) => command),
  ];
}

function inMessages(program: string): readonly CommandLine[] {
  return wholeTextsOf(readSources(), (expression) => filled[expression] ?? 'sample').flatMap(
    ({ where, text }) => commandsIn(text, program).map((line) => ({ where, line })),
  );
}

/** Of shell blocks: without comments, over several lines, within `$(…)`, up to a pipe. */
function onPages(program: string): readonly CommandLine[] {
  return codeBlocks('sh', 'bash', 'shell').flatMap(({ page, line, text }) =>
    text
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .flatMap((command) => command.replace(/\s#.*$/, '').split(/\$\(|\)(?:"|\s|$)|\||;|&&|\s>/))
      .map((command) => command.trim())
      .filter((command) => command.startsWith(`${program} `))
      .map((command) => ({ where: `${page}:${line}`, line: command })),
  );
}

/** What prose only names may lack its options. */
function namedInProse(program: string): readonly CommandLine[] {
  return pages.flatMap((page) =>
    commandsIn(proseOf(page).replace(/\n/g, ' '), program).map((line) => ({ where: page, line })),
  );
}

describe('a line of az', () => {
  const lines = [...inMessages('az'), ...onPages('az')];

  it('is in messages and on pages', () => {
    expect(inMessages('az').length).toBeGreaterThan(10);
    expect(onPages('az').length).toBeGreaterThan(5);
  });

  it.each(lines)('runs as it is printed: $where $line', ({ line }) => {
    expect(azProblems(line)).toEqual([]);
  });

  it.each(namedInProse('az'))('is a command of az: $where $line', ({ line }) => {
    expect(azCommand(line)).toBeDefined();
  });

  it.each(lines.filter(({ line }) => line.includes(' --role ')))(
    'assigns a role that Azure has: $where $line',
    ({ line }) => {
      const role = / --role (?:"([^"]*)"|(\S+))/.exec(line);
      expect(roles).toContain(role?.[1] ?? role?.[2]);
    },
  );
});

describe('a line of openssl', () => {
  const lines = [...inMessages('openssl'), ...onPages('openssl')];

  it.each(lines)('has options that openssl knows: $where $line', ({ line }) => {
    const [, command = '', ...words] = line.split(/\s+/);
    const help = spawnSync('openssl', [command, '-help'], { encoding: 'utf8' });
    expect(help.status, help.stderr).toBe(0);
    const known = new Set((help.stdout + help.stderr).match(/^ -[\w-]+/gm)?.map((o) => o.trim()));
    for (const option of words.filter((word) => word.startsWith('-'))) {
      // A digest is an option too (`-sha256`), and help lists those elsewhere.
      if (!/^-sha\d+$/.test(option)) expect(known).toContain(option);
    }
  });
});

describe('the judge of az lines', () => {
  it.each([
    ['az acr shw --name contoso', /no such command/],
    ['az acr show', /needs --name or -n/],
    ['az acr show --name contoso.', undefined],
    ['az acr show --name contoso --nme x', /does not know "--nme"/],
    ['az acr show --name', /given 0 words/],
    ['az acr show contoso', /does not know "contoso"/],
    ['az keyvault key show --name team-app', /needs one of --vault-name/],
    ['az keyvault set-policy --name v --object-id o --key-permissions get sing', /"sing"/],
  ])('of %s says %s', (line, problem) => {
    const problems = azProblems(line).join('\n');
    if (problem) expect(problems).toMatch(problem);
    else expect(problems).toBe('');
  });
});
