/** From an argument list to an exit code. */
import { CommanderError, type Command } from 'commander';
import type { runCommand } from '../../commands/index.js';
import { exitCodes } from '../../errors.js';
import { takeInputs } from '../environment.js';
import { SecretMasker } from '../secret-masker.js';
import { tolerateLostOutput } from '../exit.js';
import { runAndExit } from '../run.js';
import { sanitizeLines } from '../sanitize-output.js';
import { createAskSecret } from './ask-secret.js';
import { createCliHost } from './host.js';
import { wordsOf } from './help.js';
import { createProgram, helpAsOption, withoutHelpOfUnknown } from './program.js';
import { asksForStandardInput, environmentPrefix, readStandardInput } from './values.js';

/** Runs the command line of `process`; `run` carries the command out. */
export async function runCli(process: NodeJS.Process, run?: typeof runCommand): Promise<void> {
  tolerateLostOutput(process);
  const variables = takeInputs(process.env, environmentPrefix);
  const { env: environment, stdout, stderr } = process;
  const args = helpAsOption(process.argv.slice(2));
  const program = createProgram(async (invocation) => {
    // Signals are not listened for yet: one that arrives while this waits ends the process.
    const standardInput = asksForStandardInput(invocation.options)
      ? await readStandardInput(process.stdin)
      : undefined;
    const host = createCliHost(invocation, {
      environment,
      variables,
      standardInput,
      stdout,
      stderr,
      askSecret: standardInput ? undefined : createAskSecret(process),
    });
    await runAndExit(host, process, run);
  }, args);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      getOutHelpWidth: () => helpWidth(stdout.columns),
      getErrHelpWidth: () => helpWidth(stderr.columns),
      outputError: (text, write) => {
        const lines = sanitizeLines(
          text.trim().replace(/^error: /, 'error INPUT_INVALID: '),
          new SecretMasker(),
        );
        write(`${lines.join('\n')}\nSee ${wordsOf(command)} --help.\n`);
      },
    });
  }
  try {
    await program.parseAsync(withoutHelpOfUnknown(program, args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version that were asked for are no errors; all else is a misuse.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  }
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Columns of the help: as the terminal has them, within what reads well. */
function helpWidth(columns = 100): number {
  return Math.min(Math.max(columns, 60), 100);
}
