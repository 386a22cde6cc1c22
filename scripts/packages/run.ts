/** Runs the programs that pack. */
import { execFile, type ExecFileException } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../generate.js';

/**
 * Runs a program in the project's folder and gives what it prints.
 * @throws {Error} with all that it printed, if it fails
 */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const options = { cwd: root, maxBuffer: 2 ** 26, shell: program === 'npm' && isWindows };
  const { stdout } = await promisify(execFile)(program, args, options).catch((error: unknown) => {
    const { message, stdout, stderr } = error as ExecFileException;
    throw new Error([message, stdout, stderr].join('\n'), { cause: error });
  });
  return stdout;
}

/** npm is a batch file there, and those need a shell. */
const isWindows = process.platform === 'win32';
