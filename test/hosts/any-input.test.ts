/**
 * Any text in any input, on each host: it is accepted, or rejected by an error that is meant for it. Until then
 * nobody is asked, nothing is left behind, and no secret is told.
 */
import { EventEmitter } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import * as taskLib from 'azure-pipelines-task-lib/internal.js';
import { CommanderError, type Command } from 'commander';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  commandNames,
  definitionOf,
  inputsOf,
  runCommand,
  type HostContext,
} from '../../src/commands/index.js';
import { errorCodes } from '../../src/errors.js';
import { createActionsHost } from '../../src/hosts/actions/host.js';
import { createCliHost } from '../../src/hosts/cli/host.js';
import { createProgram } from '../../src/hosts/cli/program.js';
import { variableOf } from '../../src/hosts/cli/values.js';
import type { Failure } from '../../src/report/failure.js';
import type { Host } from '../../src/hosts/host.js';
import { runOn } from '../../src/hosts/run.js';
import { commandLineOf, inputNameOn, isReference, type HostName } from '../../src/inputs/index.js';
import { like } from '../parsers/any-text.js';

// task-lib writes a key file into this folder whenever it reads the environment.
const agentFolder = mkdtempSync(path.join(tmpdir(), 'any-input-'));
process.env.AGENT_TEMPDIRECTORY = agentFolder;
const { createPipelinesHost } = await import('../../src/hosts/pipelines/host.js');
const nowhere = new Writable({
  write: (_chunk, _encoding, done) => {
    done();
  },
});

const SEED = 20_261_129;
const RUNS = 300;
/** A part of each secret. */
const MARK = 'Qx7kV2mZ9';

type Inputs = Readonly<Record<string, string>>;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'any-input-'));
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  for (const each of [folder, agentFolder]) await rm(each, { recursive: true });
});

/** Texts that an environment and an argument can hold. */
const textLike = (sample: string): fc.Arbitrary<string> =>
  like([sample]).map((bytes) => bytes.toString().replaceAll('\0', ''));

/** A command with what it needs, and a few inputs of any text among them. */
const asked = (host: HostName) =>
  fc.constantFrom(...commandNames).chain((command) => {
    const names = inputsOf(host, command);
    const needed = names.filter((name) => definitionOf(name).requiredBy.includes(command));
    const usual = Object.fromEntries(needed.map((name) => [name, definitionOf(name).example]));
    const odd = fc.constantFrom(...names).chain((name) => {
      const { example, secret } = definitionOf(name);
      const text =
        secret === true ? textLike('a secret').map((any) => any + MARK) : textLike(example);
      return fc.tuple(fc.constant(name), text);
    });
    return fc.array(odd, { minLength: 1, maxLength: 4 }).map((some) => ({
      command,
      inputs: { ...usual, ...Object.fromEntries(some) },
    }));
  });

const hosts: Readonly<Record<HostName, (command: string, inputs: Inputs) => Host>> = {
  action: (command, inputs) =>
    createActionsHost(
      Object.fromEntries(
        Object.entries({ command, ...inputs }).map(([name, text]) => [
          `INPUT_${name.toUpperCase()}`,
          text,
        ]),
      ),
    ),
  task: (command, inputs) => {
    for (const [name, text] of Object.entries({ command, ...inputs })) {
      const given = name === 'command' ? name : inputNameOn('task', name);
      process.env[`INPUT_${given.toUpperCase()}`] = text;
    }
    // As when it is loaded: takes the inputs out of the environment.
    taskLib._setStdStream(nowhere);
    taskLib._loadData();
    return createPipelinesHost(process.env);
  },
  cli: (command, inputs) => {
    const isSecret = ([name]: [string, string]): boolean => definitionOf(name).secret === true;
    const all = Object.entries(inputs);
    return createCliHost(
      {
        command: command as never,
        options: new Map(all.filter((entry) => !isSecret(entry))),
        json: true,
        debug: true,
        summaryFile: undefined,
      },
      {
        environment: {},
        variables: new Map(all.filter(isSecret).map(([name, text]) => [variableOf(name), text])),
        stdout: { write: () => true },
        stderr: { write: () => true },
      },
    );
  },
};

/** Runs a command up to the point where its inputs are accepted; what it says, and why it failed. */
async function reject(host: Host): Promise<{ said: string; failure: Failure | undefined }> {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const accepted = new Error('accepted');
  const failure = await runOn(
    {
      ...host,
      printer: { open: say, close: () => undefined, line: say, warning: say, debug: say },
      tempDirectory: folder,
      workingDirectory: folder,
      registerSecret: () => undefined,
      setOutput: (name, value) => {
        say(`${name}=${value}`);
      },
      addSummary: (text) => {
        say(text);
        return Promise.resolve();
      },
      fail: ({ message, remedy }) => {
        say(`${message}\n${remedy}`);
      },
    },
    Object.assign(new EventEmitter(), { exitCode: undefined }),
    async (name, values, context: HostContext) => {
      const { problems } = context;
      const throwIfAny = (): void => {
        problems.throwIfAny();
        throw accepted;
      };
      const exec = () => Promise.reject(new Error('no program may run here'));
      try {
        await runCommand(name, values, { ...context, exec, problems: { ...problems, throwIfAny } });
      } catch (thrown) {
        if (thrown !== accepted) throw thrown;
      }
    },
  );
  return { said: said.join('\n'), failure };
}

describe.each(Object.keys(hosts) as HostName[])('any text in the inputs of the %s', (host) => {
  it('is accepted, or rejected by an error that is meant for it', async () => {
    const connect = vi.spyOn(Socket.prototype, 'connect');
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(asked(host), async ({ command, inputs }) => {
        const { said, failure } = await reject(hosts[host](command, inputs));
        codes.add(failure?.code ?? 'accepted');
        if (failure) {
          expect(errorCodes).toContain(failure.code);
          expect(failure.code, failure.causes.join('\n')).not.toBe('UNEXPECTED');
          expect(failure.remedy).not.toBe('');
        }
        const told = Object.entries(inputs).filter(
          ([name, text]) => text.includes(MARK) && !isReference(definitionOf(name), text),
        );
        if (told.length > 0) expect(said).not.toContain(MARK);
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
    expect([...codes]).toEqual(expect.arrayContaining(['accepted', 'INPUT_INVALID']));
    expect(connect).not.toHaveBeenCalled();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('any arguments of the command line', () => {
  it('are a command, or a misuse that is told', async () => {
    const words = [
      ...commandNames.flatMap((name) => commandLineOf(name)),
      ...inputsOf('cli').map((name) => `--${name}`),
      ...[
        '--json',
        '--debug',
        '--help',
        '-h',
        '--version',
        '--',
        '-',
        'help',
        'completion',
        'bash',
      ],
    ];
    const word = fc.oneof(fc.constantFrom(...words), textLike('--tags=1.0'));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (args) => {
        const started: string[] = [];
        const program = createProgram(
          ({ command }) => Promise.resolve(void started.push(command)),
          args,
          () => undefined,
        );
        const silence = (command: Command): void => {
          command
            .exitOverride()
            .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
          command.commands.forEach(silence);
        };
        silence(program);
        try {
          await program.parseAsync(args, { from: 'user' });
        } catch (error) {
          expect(error).toBeInstanceOf(CommanderError);
          expect(started).toEqual([]);
        }
        expect(started.length).toBeLessThanOrEqual(1);
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  });
});
