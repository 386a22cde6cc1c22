/**
 * Lets requests through in turn, where a real server behind the front may not be asked for two
 * things at once:
 *
 * - notary-server with keys in its own memory writes to a map that nothing guards when it makes a
 *   key (theupdateframework/notary tuf/signed/ed25519.go), and Go ends a process that is caught at it.
 * - docker-registry empties the file behind a tag before it writes it anew (distribution 2.8,
 *   registry/storage/driver/filesystem), and answers 500 to whoever reads it in between. Docker 26
 *   pushes all images of an index to the same tag at the same time.
 */
import type { ServerResponse } from 'node:http';

/** Reads may share a turn; a change has one for itself. */
export type Sharing = 'shared' | 'alone';

/** Calls `start` when it is its turn; the next one's comes when `res` is closed, however that is. */
export type Turns = (sharing: Sharing, res: ServerResponse, start: () => void) => Promise<void>;

/** Makes a queue that nobody stands in. */
export function createTurns(): Turns {
  let lastAlone: Promise<unknown> = Promise.resolve();
  let sharedSince: Promise<unknown>[] = [];
  return (sharing, res, start) => {
    // A client that went away while its request waited elsewhere closes nothing any more.
    const closed = new Promise<void>((resolve) => {
      if (res.closed) resolve();
      else res.once('close', resolve);
    });
    const before = sharing === 'alone' ? Promise.all([lastAlone, ...sharedSince]) : lastAlone;
    const turn = before.then(() => {
      if (!res.closed) start();
    });
    const over = turn.then(() => closed);
    if (sharing === 'alone') {
      lastAlone = over;
      sharedSince = [];
    } else sharedSince.push(over);
    return turn;
  };
}

/** One queue for each name. */
export function createNamedTurns(): (name: string) => Turns {
  const queues = new Map<string, Turns>();
  return (name) => {
    const turns = queues.get(name) ?? createTurns();
    queues.set(name, turns);
    return turns;
  };
}
