/** What a command makes of its inputs, before anything happens. */
import { collectProblems, readInputs, type CommandName } from '../../../src/commands/index.js';
import type { Read } from '../../../src/commands/inputs/read.js';
import { inputNameOn, type Inputs } from '../../../src/inputs/index.js';

/** The configuration of a command line. @throws {TrustError} with everything that is wrong */
export async function parseInputs<I extends Inputs, C>(
  command: CommandName,
  parse: (read: Read<I>) => C | Promise<C>,
  texts: Readonly<Record<string, string>>,
  workingDirectory: string,
): Promise<C> {
  const problems = collectProblems((name) => inputNameOn('cli', name));
  const values = readInputs(command, 'cli', (name) => texts[name] ?? '', problems);
  const parsed = await parse({
    ...problems,
    values,
    workingDirectory,
    environment: {},
  } as unknown as Read<I>);
  problems.throwIfAny();
  return parsed;
}
