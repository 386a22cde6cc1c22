/**
 * What the real servers failed at by themselves, by their own logs: answers 5xx and crashes. An
 * answer that a test ordered at the front never reached a server, so it is not among them.
 */
import { readFile } from 'node:fs/promises';

/** A crash of a Go program, or a log entry of a level that ends one. */
const CRASH = /^(panic|fatal error): |\blevel=(fatal|panic)\b|"level":"(fatal|panic)"/;

/** docker-registry and notary-server log the status; an engine names the handler of each 5xx. */
const FAILED_ANSWER =
  /\blevel=error\b.* http\.response\.status=5\d\d\b|"http\.response\.status":5\d\d\b|\blevel=error msg="Handler for /;

/** A server that fails all the time fails for one reason. */
const MOST_LINES = 20;

/** The lines of a server's log that tell of a failure; none where it was never started. */
export async function failuresIn(logFile: string): Promise<readonly string[]> {
  const log = await readFile(logFile, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  const lines = log.split('\n').filter((line) => CRASH.test(line) || FAILED_ANSWER.test(line));
  const left = lines.length - MOST_LINES;
  return left > 0 ? [...lines.slice(0, MOST_LINES), `and ${left} more`] : lines;
}
