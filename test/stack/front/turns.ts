/**
 * Lets requests through one after another. notary-server with keys in its own memory needs that:
 * it writes to a map that nothing guards when it makes a key (theupdateframework/notary
 * tuf/signed/ed25519.go), and Go ends a process that is caught at it.
 */
import type { ServerResponse } from 'node:http';

/** Calls `start` when it is its turn; the next one's comes when `res` is closed, however that is. */
export type Turns = (res: ServerResponse, start: () => void) => Promise<void>;

/** Makes a queue that nobody stands in. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (res, start) => {
    // A client that went away while its request waited elsewhere closes nothing any more.
    const closed = new Promise<void>((resolve) => {
      if (res.closed) resolve();
      else res.once('close', resolve);
    });
    const turn = last.then(() => {
      if (!res.closed) start();
    });
    last = turn.then(() => closed);
    return turn;
  };
}
