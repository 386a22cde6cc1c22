/**
 * Entry of the action's post step. It speaks to the runner itself, a variable and a line: the
 * runner's library would bring an HTTP client along that is eighty times as large as all of this.
 */
import { cleanupVariable, parseCleanup, runCleanup } from '../cleanup-registry.js';
import { SecretMasker } from '../secret-masker.js';
import { tolerateLostOutput } from '../exit.js';
import { sanitizeText } from '../sanitize-output.js';

async function main(): Promise<void> {
  tolerateLostOutput(process);
  const noted = parseCleanup(process.env[`STATE_${cleanupVariable}`]);
  for (const problem of await runCleanup(noted)) {
    // One line by now; runners read "%" as the beginning of an escape.
    const message = sanitizeText(problem, new SecretMasker()).replaceAll('%', '%25');
    process.stdout.write(`::warning::${message}\n`);
  }
}

void main();
