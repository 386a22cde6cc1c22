/** What a command says of inputs that cannot be used, before it does anything. */
import { tmpdir } from 'node:os';
import {
  collectProblems,
  readInputs,
  runCommand,
  type CommandName,
  type HostContext,
} from '../../../src/commands/index.js';
import { failureOf } from '../../../src/report/failure.js';
import { isTrustError, type TrustError } from '../../../src/errors.js';

/** The error of a run that has nothing but its inputs: whoever asks for more fails. */
export async function refusedInputs(
  command: CommandName,
  given: Readonly<Record<string, string>>,
): Promise<TrustError> {
  const nameInput = (name: string) => name;
  const problems = collectProblems(nameInput);
  const inputs = readInputs(command, 'task', (name) => given[name] ?? '', problems);
  const folders = { workingDirectory: tmpdir(), tempDirectory: tmpdir() };
  const told = { explain: failureOf, addSummary: () => Promise.resolve() };
  const surroundings = { environment: {}, identity: {}, ...folders, ...told };
  const context = { problems, nameInput, ...surroundings };
  try {
    await runCommand(command, inputs, context as unknown as HostContext);
  } catch (error) {
    if (isTrustError(error)) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
