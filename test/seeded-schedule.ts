/**
 * Runs that meet, in an order that a seed decides. Each step of a run waits for its turn; once every
 * run waits, one of them goes on: the first of a ranking in which now and then, by the seed, a run
 * falls to the end. So some runs overtake others by far, which a fair order would never show. The same
 * seed gives the same order: SCHEDULE_SEED=<seed> repeats a failure.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** The seeds to test with: always the same, or the one that the environment names. */
export function seedsToTry(count: number): readonly number[] {
  const only = process.env.SCHEDULE_SEED;
  return only === undefined ? Array.from({ length: count }, (_, seed) => seed + 1) : [Number(only)];
}

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often the run that goes on falls to the end. */
const overtaken = 1 / 40;

/** Who of several runs goes on, by the seed. */
export class Ranking {
  readonly #runs: string[] = [];

  constructor(readonly random: () => number) {}

  /** The one of `runs` that goes on now. */
  choose(runs: ReadonlySet<string>): string {
    for (const run of [...runs].filter((name) => !this.#runs.includes(name)).sort()) {
      this.#runs.splice(Math.floor(this.random() * (this.#runs.length + 1)), 0, run);
    }
    const chosen = this.#runs.find((run) => runs.has(run));
    if (chosen === undefined) throw new Error('no run waits');
    if (this.random() < overtaken) this.toEnd(chosen);
    return chosen;
  }

  toEnd(run: string): void {
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.#runs.push(run);
  }
}

interface Waiting {
  readonly run: string;
  readonly step: string;
  /** How long the step is a pause. */
  readonly pauseMs: number;
  readonly go: () => void;
}

/** An order of runs within this process. */
export class SeededSchedule {
  /** A clock that stands still, except while every run pauses. */
  nowMs = 0;
  /** What went on, in order: run and step. For the message of a failure. */
  readonly trace: string[] = [];
  readonly random: () => number;
  readonly #ranking: Ranking;
  readonly #waiting: Waiting[] = [];
  readonly #run = new AsyncLocalStorage<string>();

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.#ranking = new Ranking(this.random);
  }

  /** Waits for the turn of the run that asks; outside of any run, at once. */
  turn(step: string, pauseMs = 0): Promise<void> {
    const run = this.#run.getStore();
    if (run === undefined) {
      this.nowMs += pauseMs;
      return Promise.resolve();
    }
    return new Promise((go) => this.#waiting.push({ run, step, pauseMs, go }));
  }

  /** Starts every run at once; how each ended. */
  async runAll<T>(
    runs: Readonly<Record<string, () => Promise<T>>>,
  ): Promise<readonly PromiseSettledResult<T>[]> {
    const running = new Set(Object.keys(runs));
    const ends = Object.entries(runs).map(([name, run]) =>
      this.#run.run(name, run).finally(() => running.delete(name)),
    );
    const results = Promise.allSettled(ends);
    while (running.size > 0) {
      // Everything that the step before led to happens first.
      await new Promise((resolve) => setImmediate(resolve));
      const asking = new Set(this.#waiting.map(({ run }) => run));
      if (asking.size > 0 && asking.size === running.size) this.#goOn(this.#ranking.choose(asking));
    }
    return results;
  }

  #goOn(run: string): void {
    const isIdle = this.#waiting.every(({ pauseMs }) => pauseMs > 0);
    const own = this.#waiting.filter((waiting) => waiting.run === run);
    const next = own[Math.floor(this.random() * own.length)];
    if (next === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    // Whoever pauses lets the others go first.
    if (next.pauseMs > 0) this.#ranking.toEnd(run);
    if (isIdle) this.nowMs += next.pauseMs;
    this.trace.push(`${run}: ${next.step}`);
    next.go();
  }
}
