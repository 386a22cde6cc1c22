/** Whether this machine can run a stack at all, said before anything is started. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { asRoot } from './servers/index.js';
import { ensureTools, ToolsMissingError } from './tools/index.js';

/**
 * What this machine lacks for the stack, one statement each; empty when it lacks nothing. Downloads
 * the programs if they are not there yet.
 */
export async function missingForStack(log: (line: string) => void): Promise<readonly string[]> {
  const missing: string[] = [];
  try {
    await ensureTools(log);
  } catch (error) {
    if (!(error instanceof ToolsMissingError)) throw error;
    missing.push(...error.missing);
  }
  if (process.platform === 'linux' && !(await canIsolate())) {
    missing.push(
      'root, or sudo that asks no password (run "sudo -v" first), with the right to make namespaces',
    );
  }
  return missing;
}

/** Engines need what `unshare` needs; a container without privileges is refused both. */
async function canIsolate(): Promise<boolean> {
  const command = [...asRoot(), 'unshare', '--mount', '--pid', '--net', '--fork', 'true'];
  const [file = '', ...args] = command;
  return promisify(execFile)(file, args).then(
    () => true,
    () => false,
  );
}
