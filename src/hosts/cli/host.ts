/** The command line: options or environment variables in, plain text or JSON out. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorFacts, failureText, type Failure } from '../../commands/index.js';
import { inputNameOn, type OutputName } from '../../inputs/index.js';
import { appendOutput, proveOutput } from '../../output-files/index.js';
import { currentDirectory, type Environment } from '../environment.js';
import { sanitizeJson } from '../sanitize-documents.js';
import type { Host } from '../host.js';
import { SecretMasker } from '../secret-masker.js';
import { runCleanup } from '../cleanup-registry.js';
import { sanitizeLines, sanitizeText } from '../sanitize-output.js';
import { createPrinter, type Terminal } from './printer.js';
import type { Invocation } from './program.js';
import { readValue } from './values.js';

/** What the command line has of the process. */
interface CliSurroundings {
  /** Without the variables of inputs. */
  readonly environment: Environment;
  /** The variables of inputs, without their prefix. */
  readonly variables: ReadonlyMap<string, string>;
  /** All of standard input, where an option asks for it. */
  readonly standardInput?: (() => string) | undefined;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Absent where nobody can be asked. */
  readonly askSecret?: Host['askSecret'];
}

/** Gives the host. */
export function createCliHost(invocation: Invocation, surroundings: CliSurroundings): Host {
  const { command, formerName, options, json, debug, summaryFile } = invocation;
  const { environment, variables, standardInput, stdout, stderr, askSecret } = surroundings;
  const masker = new SecretMasker();
  const format = readValue('format', { options, variables });
  // A document on standard output has it for itself.
  const isDocument = (command === 'inspect' && format === 'json') || (command === 'setup' && !json);
  const printer = createPrinter({
    out: json || isDocument ? stderr : stdout,
    err: stderr,
    debug,
    noColor: environment.NO_COLOR,
  });
  const outputs = new Map<OutputName, string>();
  const folders: string[] = [];
  let failed: Failure | undefined;
  let report: object | undefined;
  return {
    name: 'cli',
    masker,
    printer,
    environment,
    tempDirectory: tmpdir(),
    get workingDirectory() {
      return currentDirectory();
    },
    // No one reads along who could mask; the log does it itself.
    registerSecret: () => undefined,
    givenInputs: [...variables.keys()],
    warnsOfUnknown: false,
    command: () => formerName ?? command,
    input: (name) => readValue(name, { options, variables, standardInput }),
    identity: () => ({}),
    askSecret,
    prove: async () => {
      if (summaryFile === undefined) return;
      await proveOutput(path.resolve(summaryFile), process.cwd(), { isFolderThere: true });
    },
    setOutput: (name, value) => {
      outputs.set(name, value);
    },
    summaryFormat: 'with diagrams and folds',
    ...(summaryFile !== undefined && {
      addSummary: (markdown) =>
        appendOutput(path.resolve(summaryFile), `${markdown}\n`, process.cwd()),
    }),
    print: (document) => {
      if (isDocument) stdout.write(document);
    },
    keepReport: (document) => {
      report = document;
    },
    registerCleanup: (folder) => {
      folders.push(folder);
    },
    fail: (failure) => {
      failed = failure;
      stderr.write(`error ${failureText(failure)}\n`);
    },
    finish: async () => {
      for (const problem of await runCleanup(folders))
        printer.warning(sanitizeText(problem, masker));
      if (isDocument) return;
      if (json) {
        const values: Readonly<Record<string, string>> = Object.fromEntries(
          [...outputs].map(([name, value]) => [inputNameOn('task', name), value]),
        );
        const error = failed && errorFacts(failed);
        const document = { formatVersion: 1, ...values, ...(error && { error }), report };
        stdout.write(sanitizeJson(document, 0, masker));
        return;
      }
      for (const [name, value] of outputs) {
        const text = value.trimEnd();
        if (text !== '') stdout.write(outputText(name, sanitizeLines(text, masker)));
      }
    },
  };
}

/** One line for an output, or one for each of its lines below its name. */
function outputText(name: OutputName, lines: readonly string[]): string {
  if (lines.length === 1) return `${name}: ${lines.join('')}\n`;
  return [`${name}:`, ...lines.map((line) => `  ${line}`), ''].join('\n');
}
