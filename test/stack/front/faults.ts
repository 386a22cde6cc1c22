/** Failures on order at the front: which of the waiting ones hits a request. */
import type { FrontFault } from './types.js';

export interface FrontFaults {
  add(fault: FrontFault): void;
  clear(): void;
  /** Removes the waiting faults with this target; how many requests they were still to hit. */
  takeBack(target: string): number;
  /** How the given request fails, used up by this, or undefined. */
  take(method: string, host: string, path: string): FrontFault['failure'] | undefined;
  /** Waits until `name` is released; at once where it has been. */
  hold(name: string): Promise<void>;
  /** How many requests wait for `name`. */
  held(name: string): number;
  /** Lets go of all that wait for `name`, and of all that come later. */
  release(name: string): void;
}

/** Makes an empty list of faults. */
export function createFrontFaults(): FrontFaults {
  let orders: { fault: FrontFault; pattern: RegExp; skip: number; left: number }[] = [];
  const gates = new Map<string, { isOpen: boolean; readonly waiting: (() => void)[] }>();
  const gate = (name: string) => {
    const known = gates.get(name) ?? { isOpen: false, waiting: [] };
    gates.set(name, known);
    return known;
  };
  return {
    hold(name) {
      const { isOpen, waiting } = gate(name);
      return isOpen ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
    },
    held: (name) => gate(name).waiting.length,
    release(name) {
      const opened = gate(name);
      opened.isOpen = true;
      for (const resume of opened.waiting.splice(0)) resume();
    },
    add(fault) {
      const { target, skip = 0, times = 1 } = fault;
      orders.push({ fault, pattern: new RegExp(target, 'i'), skip, left: times });
    },
    clear() {
      orders = [];
    },
    takeBack(target) {
      const taken = orders.filter(({ fault }) => fault.target === target);
      orders = orders.filter((entry) => !taken.includes(entry));
      return taken.reduce((sum, { left }) => sum + left, 0);
    },
    take(method, host, path) {
      for (const entry of orders) {
        const { fault, pattern } = entry;
        if (!pattern.test(host + path) || (fault.method ?? method) !== method) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        orders = orders.filter(({ left }) => left > 0);
        return fault.failure;
      }
      return undefined;
    },
  };
}
