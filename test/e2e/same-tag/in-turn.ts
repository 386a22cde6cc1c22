/**
 * Runs of the product of which one goes on at a time, in an order that a seed decides: each request
 * for the tag, and each publish, waits at the front for its turn. SCHEDULE_SEED=<seed> repeats one.
 */
import { expect } from 'vitest';
import { Ranking, seededRandom } from '../../seeded-schedule.js';
import { uniqueName, type StackClient } from '../../stack/index.js';

const MINUTE_MS = 60_000;

/**
 * Starts every run, and lets one after another go on to its next request that matches `target`.
 * @returns how each ended, and whose turn it was each time
 */
export async function runInTurn<T>(
  stack: StackClient,
  { target, seed }: { readonly target: string; readonly seed: number },
  runs: Readonly<Record<string, () => Promise<T>>>,
): Promise<{ readonly results: readonly T[]; readonly trace: readonly string[] }> {
  const ranking = new Ranking(seededRandom(seed));
  const waiting = new Map<string, string>();
  const trace: string[] = [];
  const orderGate = async (): Promise<string> => {
    const name = uniqueName('turn');
    await stack.failNext({ target, failure: { kind: 'hold', name } });
    return name;
  };
  let gate = await orderGate();
  /** Waits until a run that goes on waits again, or has ended. */
  const follow = async (run: string, end: Promise<T>): Promise<void> => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    end.then(over, over);
    const isHeld = async (): Promise<boolean> => (await stack.held(gate)) > 0;
    await expect
      .poll(async () => (await isHeld()) || isOver, { timeout: 4 * MINUTE_MS })
      .toBe(true);
    if (!(await isHeld())) return;
    waiting.set(run, gate);
    gate = await orderGate();
  };
  const ends = new Map<string, Promise<T>>();
  try {
    for (const [run, start] of Object.entries(runs)) {
      const end = start();
      ends.set(run, end);
      await follow(run, end);
    }
    while (waiting.size > 0) {
      const run = ranking.choose(new Set(waiting.keys()));
      const own = waiting.get(run);
      const end = ends.get(run);
      if (own === undefined || end === undefined) throw new Error(`${run} does not wait`);
      trace.push(run);
      waiting.delete(run);
      await stack.release(own);
      await follow(run, end);
    }
    return { results: await Promise.all(ends.values()), trace };
  } finally {
    await stack.takeBackFaults(target);
    for (const own of waiting.values()) await stack.release(own);
  }
}
