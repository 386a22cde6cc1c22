/**
 * Runs one helper program to its end. For preparing tools only; tests run programs with
 * test/stack/client/run.ts, which reports instead of throwing.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * The standard output of `file`.
 * @throws {Error} naming the command and its own words, when it is not there or fails.
 */
export async function output(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await execFileAsync(file, [...args], {
      ...options,
      maxBuffer: 32 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error(`this system has no program "${file}"`, { cause: error });
    }
    const stderr = (error as { stderr?: unknown }).stderr;
    const said = typeof stderr === 'string' && stderr.trim() !== '' ? stderr.trim() : String(error);
    throw new Error(`${file} ${args.slice(0, 2).join(' ')} failed: ${said}`, { cause: error });
  }
}
