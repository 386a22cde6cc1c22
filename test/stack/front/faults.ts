/** Failures on order at the front: which of the waiting ones hits a request. */
import type { FrontFault } from './types.js';

export interface FrontFaults {
  add(fault: FrontFault): void;
  clear(): void;
  /** Removes the waiting faults with this target; how many requests they were still to hit. */
  takeBack(target: string): number;
  /** How the given request fails, used up by this, or undefined. */
  take(method: string, host: string, path: string): FrontFault['failure'] | undefined;
}

/** Makes an empty list of faults. */
export function createFrontFaults(): FrontFaults {
  let waiting: { fault: FrontFault; pattern: RegExp; skip: number; left: number }[] = [];
  return {
    add(fault) {
      const { target, skip = 0, times = 1 } = fault;
      waiting.push({ fault, pattern: new RegExp(target, 'i'), skip, left: times });
    },
    clear() {
      waiting = [];
    },
    takeBack(target) {
      const taken = waiting.filter(({ fault }) => fault.target === target);
      waiting = waiting.filter((entry) => !taken.includes(entry));
      return taken.reduce((sum, { left }) => sum + left, 0);
    },
    take(method, host, path) {
      for (const entry of waiting) {
        const { fault, pattern } = entry;
        if (!pattern.test(host + path) || (fault.method ?? method) !== method) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        waiting = waiting.filter(({ left }) => left > 0);
        return fault.failure;
      }
      return undefined;
    },
  };
}
