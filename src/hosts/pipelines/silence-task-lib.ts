/**
 * azure-pipelines-task-lib writes every value it reads to the debug log, before anyone could mask
 * it. What is read through here stays silent.
 */
import { Writable } from 'node:stream';
import * as tl from 'azure-pipelines-task-lib/task.js';

const nowhere = new Writable({
  write: (_chunk, _encoding, done) => {
    done();
  },
});

/** Gives what `read` gives, and nothing of it is printed. */
export function withoutTaskLibOutput<T>(read: () => T): T {
  tl.setStdStream(nowhere);
  try {
    return read();
  } finally {
    tl.setStdStream(process.stdout);
  }
}

/** Takes away task-lib's handlers for what no one caught: they print it without masking. */
export function dropTaskLibHandlers(): void {
  for (const event of ['uncaughtException', 'unhandledRejection'])
    process.removeAllListeners(event);
}
