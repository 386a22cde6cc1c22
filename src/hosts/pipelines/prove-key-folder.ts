/**
 * azure-pipelines-task-lib writes a key to a folder of the agent as it is loaded. Where it cannot, it ends in
 * its own words, with a stack trace and exit code 0. So this must be loaded before it: it writes the
 * same file, and where it cannot, it ends the task with an error that names the folder.
 */
import { readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { TaskCommand } from 'azure-pipelines-task-lib/taskcommand.js';
import { exitCodes, messageOf } from '../../errors.js';
import { failureText } from '../../report/failure.js';

const { env } = process;

/** The first that is set: task-lib looks for them in this order. */
const folder = [env.AGENT_TEMPDIRECTORY, env.AGENT_WORKFOLDER].find(Boolean) ?? process.cwd();
/** What task-lib writes: a UUID. */
const KEY_BYTES = 36;

prove();

function prove(): void {
  const file = path.join(folder, '.taskkey');
  try {
    // task-lib replaces it, and reads it again: not a matter of course with every umask.
    writeFileSync(file, '-'.repeat(KEY_BYTES));
    readFileSync(file);
  } catch (cause) {
    try {
      rmSync(file, { force: true });
    } catch {
      // What could not be written is not there either.
    }
    tell(messageOf(cause));
    process.exit(exitCodes.failed);
  }
}

function tell(why: string): void {
  const text = failureText({
    code: 'FILE_NOT_WRITTEN',
    message: `The folder for temporary files, ${folder}, cannot be written to: ${why}`,
    remedy:
      'Make room on the disk of the agent, and let the user that it runs as write to that folder.\nRun the step again.',
    causes: [],
  });
  const issue = {
    type: 'error',
    source: 'TaskInternal',
    correlationId: env.COMMAND_CORRELATION_ID ?? '',
  };
  for (const command of [
    new TaskCommand('task.issue', issue, text),
    new TaskCommand('task.complete', { result: 'Failed' }, text),
  ]) {
    // At once: the process ends next.
    writeSync(1, `${command.toString()}\n`);
  }
}
