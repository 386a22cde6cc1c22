import { describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import { commandLineOf, inputNameOn, isReference, type HostName } from '../../src/inputs/index.js';
import {
  collectProblems,
  commandNames,
  definitionOf,
  inputNames,
  inputsOf,
  readCommand,
  readInputs,
  type CommandName,
} from '../../src/commands/index.js';

const image = { registry: 'contoso.azurecr.io', repository: 'team/app', tags: '1.0' };

function read(
  texts: Partial<Record<string, string>>,
  command: CommandName = 'buildAndPush',
  host: HostName = 'action',
) {
  return readInputs(command, host, (name) => ({ ...image, ...texts })[name] ?? '');
}

function failure(run: () => unknown): TrustError {
  try {
    run();
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('reading inputs', () => {
  it('gives each its type and default', () => {
    const values = read({ tags: ' 1.0, latest\n\nstable ', 'build-args': 'A=1,2\r\n B=3 ' });
    expect(values.tags).toEqual(['1.0', 'latest', 'stable']);
    expect(values['build-args']).toEqual(['A=1,2', 'B=3']);
    expect(values.context).toBe('.');
    expect(values.dockerfile).toBeUndefined();
    expect(values['no-cache']).toBe(false);
    expect(values['content-trust']).toBe(true);
    expect(values.engine).toBe('native');
    expect(values.labels).toEqual([]);
  });

  it('takes a block of PEM in a list for one value, whatever its lines', () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nMFkw\nEwYH\n-----END PUBLIC KEY-----';
    const pins = `ca.pem, ${pem}\ncontoso.azurecr.io/*=${pem},other.pem`;
    expect(read({ 'trust-pin': pins })['trust-pin']).toEqual([
      'ca.pem',
      pem,
      `contoso.azurecr.io/*=${pem}`,
      'other.pem',
    ]);
    const cut = '-----BEGIN PUBLIC KEY-----\nMFkw';
    expect(read({ 'trust-pin': cut })['trust-pin']).toEqual(cut.split('\n'));
  });

  it.each(['true', 'True', 'TRUE'])('takes %s for true', (text) => {
    expect(read({ pull: text }).pull).toBe(true);
  });

  it('says everything that is wrong at once, in the names of the host', () => {
    const error = failure(() =>
      read({ registry: '', pull: 'yes', 'base-images': 'some' }, 'buildAndPush', 'task'),
    );
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message.split('\n')).toEqual([
      '3 inputs cannot be used:',
      '"registry" is not set. Set registry, for example: contoso.azurecr.io',
      '"pull" is "yes", which is neither true nor false. Set pull, for example: true',
      '"baseImages" is "some", which is none of enforce, pin-signed, ignore. Set baseImages, for example: enforce',
    ]);
  });

  it('does not look at what the command has no use for', () => {
    expect(read({ pull: 'yes' }, 'sign').pull).toBe(false);
  });

  it('does not take names of every object for choices', () => {
    expect(failure(() => read({ engine: 'constructor' })).code).toBe('INPUT_INVALID');
  });

  it.each([
    ['', /^Use one of: buildAndPush, /],
    ['deploy', /^Use one of: buildAndPush, /],
    ['BuildAndPush', /^Use one of: buildAndPush, /],
    // What the action of a group makes of its own `command`.
    ['keys', /^After "keys", use one of: init, import, /],
    ['keys rename', /^After "keys", use one of: init, import, /],
  ])('knows no command "%s"', (text, remedy) => {
    const problems = collectProblems((name) => name);
    expect(readCommand(text, problems)).toBeUndefined();
    const error = failure(problems.throwIfAny);
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.remedy).toMatch(remedy);
  });

  it.each(commandNames)('knows the command %s', (name) => {
    const problems = collectProblems((input) => input);
    expect(readCommand(` ${name} `, problems)).toBe(name);
    expect(readCommand(commandLineOf(name).join('  '), problems)).toBe(name);
    expect(problems.problems).toEqual([]);
  });

  it.each(['keysLost', 'keys lost'])('knows the former name "%s" of a command', (text) => {
    const told: string[] = [];
    const problems = collectProblems((input) => input);
    expect(readCommand(text, problems, (former, now) => told.push(former, now))).toBe(
      'keysRecover',
    );
    expect(told).toEqual(['keysLost', 'keysRecover']);
  });
});

describe('the table of inputs', () => {
  it.each(inputNames)('has an example of "%s" that is accepted', (name) => {
    const command = definitionOf(name).commands[0] ?? 'sign';
    const host = definitionOf(name).hosts?.[0] ?? 'action';
    const needed = inputNames.filter((one) => definitionOf(one).requiredBy.includes(command));
    const texts = Object.fromEntries(
      [...needed, name].map((one) => [one, definitionOf(one).example]),
    );
    expect(() => read(texts, command, host)).not.toThrow();
  });

  it.each(inputNames)('describes "%s" in full sentences', (name) => {
    const { label, help } = definitionOf(name);
    expect(label).toMatch(/^[A-Za-z].*[^.]$/);
    expect(help).toMatch(/^[A-Z].*\.$/);
  });

  it('has names that can be told apart on every host', () => {
    const taskNames = inputNames.map((name) => inputNameOn('task', name));
    expect(new Set(taskNames).size).toBe(inputNames.length);
    for (const name of inputNames) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const name of taskNames) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9]*$/);
  });

  it('has every required input among those of the command', () => {
    for (const name of inputNames) {
      const { commands, requiredBy } = definitionOf(name);
      expect(commands).toEqual(expect.arrayContaining([...requiredBy]));
    }
  });

  it.each(['azure-subscription', 'container-registry'])(
    'offers the service connection of "%s" to the task alone',
    (name) => {
      expect(inputsOf('task')).toContain(name);
      expect(inputsOf('action')).not.toContain(name);
      expect(inputsOf('cli')).not.toContain(name);
    },
  );
});

describe('a secret input', () => {
  it.each([
    ['signing-key-passphrase', 'https://contoso.vault.azure.net/secrets/p', true],
    ['signing-key-passphrase', 'correct horse battery', false],
    ['signing-key-passphrase', 'https://user:password@host/', false],
    ['root-key-passphrase', 'http://contoso.vault.azure.net/secrets/p', false],
    ['client-certificate', '/etc/acr/principal.pem', true],
    ['client-certificate', '-----BEGIN PRIVATE KEY-----', false],
    ['client-certificate', 'MIIE\nvQIB', false],
    ['client-secret', '/etc/acr/secret', false],
    ['client-secret', 'https://contoso.vault.azure.net/secrets/p', false],
  ] as const)('%s "%s" only names its secret: %s', (name, text, expected) => {
    expect(isReference(definitionOf(name), text)).toBe(expected);
  });
});
