/** Says from time to time how far a long run is, and about how long it will still take. */
import { limits } from '../limits.js';

/** Counts what is done. */
export interface Progress {
  /** `count` more are done. */
  readonly step: (count?: number) => void;
}

/**
 * @param what is counted, such as `repositories`.
 * @param tell prints one line.
 */
export function createProgress(
  total: number,
  what: string,
  tell: (line: string) => void,
  now: () => number = Date.now,
): Progress {
  const startedAt = now();
  let toldAt = startedAt;
  let done = 0;
  return {
    step: (count = 1) => {
      done += count;
      const at = now();
      if (done >= total || at - toldAt < limits.waitReportMs) return;
      toldAt = at;
      const leftMs = ((at - startedAt) / done) * (total - done);
      const percent = Math.floor((100 * done) / total);
      tell(`${done} of ${total} ${what} (${percent} %), about ${durationOf(leftMs)} left`);
    },
  };
}

function durationOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return '1 min';
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
