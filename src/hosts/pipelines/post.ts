/**
 * Entry of the task's step after the job. It takes from task-lib only how a command is written: the
 * rest, a hundred times as large as all of this, is not needed to read one variable.
 */
import { TaskCommand } from 'azure-pipelines-task-lib/taskcommand.js';
import { notedFoldersName, readNotedFolders } from '../noted-folders.js';
import { Masks } from '../masks.js';
import { surviveLostOutput } from '../leave.js';
import { removeNoted } from '../remove-noted.js';
import { safeText } from '../safe-lines.js';

async function main(): Promise<void> {
  surviveLostOutput(process);
  const { env } = process;
  const noted = readNotedFolders(env[`VSTS_TASKVARIABLE_${notedFoldersName.toUpperCase()}`]);
  // Agents that hand out an id take no command without it.
  const properties = {
    type: 'warning',
    source: 'CustomerScript',
    correlationId: env.COMMAND_CORRELATION_ID ?? '',
  };
  for (const problem of await removeNoted(noted)) {
    const command = new TaskCommand('task.issue', properties, safeText(problem, new Masks()));
    process.stdout.write(`${command.toString()}\n`);
  }
}

void main();
