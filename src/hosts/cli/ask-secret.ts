/**
 * Asks the person at the terminal for a secret. What is typed is not shown; question and answer
 * leave standard output alone, which may be read by a program.
 */
import { read } from 'read';
import { messageOf, TrustError } from '../../errors.js';

/** Where the person types. */
type Keyboard = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** The part of the process that shows the question and takes the answer. */
interface Terminal {
  readonly stdin: Keyboard;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The way to ask; undefined unless a person can both read the question and type the answer. */
export function createAskSecret(
  process: Terminal,
): ((question: string, signal: AbortSignal) => Promise<string>) | undefined {
  const { stderr } = process;
  // Node.js opens standard input when it is looked at, which takes time.
  if (stderr.isTTY !== true || process.stdin.isTTY !== true) return undefined;
  const { stdin } = process;
  return async (question, signal) => {
    const stopped = new AbortController();
    try {
      return await Promise.race([
        read({ prompt: question, silent: true, input: stdin, output: stderr }),
        whenGivenUp(stdin, signal, stopped.signal),
      ]);
    } catch (cause) {
      throw new TrustError('INTERRUPTED', `No passphrase was given: ${messageOf(cause)}`, {
        remedy: 'Run it again and enter the passphrase.',
        cause,
      });
    } finally {
      stopped.abort();
      // The line end that was typed is not shown either.
      stderr.write('\n');
    }
  };
}

/**
 * Rejects when `signal` is aborted or the input is let go of without an answer, as at Ctrl-D, which
 * `read` does not notice. `over` ends the listening.
 */
function whenGivenUp(stdin: Keyboard, signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(new Error('the run was stopped'));
    };
    // An answer that was given has won the race by then.
    const close = (): void => {
      setImmediate(() => {
        reject(new Error('the terminal was closed'));
      });
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { signal: over });
    stdin.once('pause', close);
    over.addEventListener('abort', () => stdin.off('pause', close));
  });
}
