/**
 * Entry of the action's post step. It speaks to the runner itself, a variable and a line: the
 * runner's library would bring an HTTP client along that is eighty times as large as all of this.
 */
import { notedFoldersName, readNotedFolders } from '../noted-folders.js';
import { Masks } from '../masks.js';
import { surviveLostOutput } from '../leave.js';
import { removeNoted } from '../remove-noted.js';
import { safeText } from '../safe-lines.js';

async function main(): Promise<void> {
  surviveLostOutput(process);
  const noted = readNotedFolders(process.env[`STATE_${notedFoldersName}`]);
  for (const problem of await removeNoted(noted)) {
    // One line by now; runners read "%" as the beginning of an escape.
    const message = safeText(problem, new Masks()).replaceAll('%', '%25');
    process.stdout.write(`::warning::${message}\n`);
  }
}

void main();
