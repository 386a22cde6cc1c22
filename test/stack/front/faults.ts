/** Failures on order at the front: which of the waiting ones hits a request. */
import type { FrontFault } from './types.js';

export interface FrontFaults {
  add(fault: FrontFault): void;
  clear(): void;
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
