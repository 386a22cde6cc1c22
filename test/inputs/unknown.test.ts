import { describe, expect, it } from 'vitest';
import { inputNameOn, unknownInputs } from '../../src/inputs/index.js';
import { inputsOf } from '../../src/commands/index.js';

describe('an input that nobody reads', () => {
  it.each([
    ['DOCKERREGISTRYENDPOINT', 'dockerRegistryEndpoint', ['containerRegistry']],
    ['ARGUMENTS', 'arguments', ['buildArguments']],
    ['BUILDCONTEXT', 'buildContext', ['context']],
    ['FILE', 'file', ['dockerfile']],
    ['PUSH', 'push', ['command']],
    ['SIGNING-KEY', 'SIGNING-KEY', ['signingKey']],
    ['SIGNING_KEY', 'SIGNING_KEY', ['signingKey']],
    ['NONSENSE', 'NONSENSE', []],
  ])('of the task is named, with what it is called here: %s', (given, name, instead) => {
    expect(unknownInputs('task', inputsOf('task'), [given])).toEqual([{ name, instead }]);
  });

  it.each([
    ['FILE', 'file', ['dockerfile']],
    ['BUILD-CONTEXTS', 'build-contexts', ['build-arguments']],
    ['SIGNINGKEY', 'SIGNINGKEY', ['signing-key']],
    ['DOCKERREGISTRYENDPOINT', 'dockerRegistryEndpoint', []],
  ])('of the action, too: %s', (given, name, instead) => {
    expect(unknownInputs('action', inputsOf('action'), [given])).toEqual([{ name, instead }]);
  });

  it('of the command line is a variable', () => {
    expect(
      unknownInputs('cli', inputsOf('cli'), ['REGSITRY', 'SIGNINGKEY', 'SIGNING_KEY']),
    ).toEqual([
      { name: 'REGSITRY', instead: [] },
      { name: 'SIGNINGKEY', instead: ['signing-key'] },
    ]);
  });

  it.each(['task', 'action', 'cli'] as const)('is none that the %s has', (host) => {
    const names = [...inputsOf(host), 'command'].map((name) => {
      const own = inputNameOn(host, name).toUpperCase();
      return host === 'cli' ? own.replaceAll('-', '_') : own;
    });
    expect(unknownInputs(host, inputsOf(host), names)).toEqual([]);
  });
});
