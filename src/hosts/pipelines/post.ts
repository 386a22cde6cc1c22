/**
 * Entry of the task's step after the job. It takes from task-lib only how a command is written: the
 * rest, a hundred times as large as all of this, is not needed to read one variable.
 */
import { TaskCommand } from 'azure-pipelines-task-lib/taskcommand.js';
import { cleanupVariable, parseCleanup, runCleanup } from '../cleanup-registry.js';
import { SecretMasker } from '../secret-masker.js';
import { tolerateLostOutput } from '../exit.js';
import { sanitizeText } from '../sanitize-output.js';

async function main(): Promise<void> {
  tolerateLostOutput(process);
  const { env } = process;
  const noted = parseCleanup(env[`VSTS_TASKVARIABLE_${cleanupVariable.toUpperCase()}`]);
  // Agents that hand out an id take no command without it.
  const properties = {
    type: 'warning',
    source: 'CustomerScript',
    correlationId: env.COMMAND_CORRELATION_ID ?? '',
  };
  for (const problem of await runCleanup(noted)) {
    const command = new TaskCommand(
      'task.issue',
      properties,
      sanitizeText(problem, new SecretMasker()),
    );
    process.stdout.write(`${command.toString()}\n`);
  }
}

void main();
