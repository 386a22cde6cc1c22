/** Entry of the task's step after the job. */
import * as tl from 'azure-pipelines-task-lib/task.js';
import { notedFoldersName, readNotedFolders } from '../noted-folders.js';
import { Masks } from '../masks.js';
import { removeNoted } from '../remove-noted.js';
import { safeText } from '../safe-lines.js';

async function main(): Promise<void> {
  const noted = readNotedFolders(tl.getTaskVariable(notedFoldersName));
  for (const problem of await removeNoted(noted)) tl.warning(safeText(problem, new Masks()));
}

void main();
