/**
 * Failures on order at the front: which of the waiting ones hits a request. Other tests use the stack
 * at the same time, so an order names what only its own test uses, and hits no request without it.
 */
import type { FrontFault } from './types.js';

/** What `uniqueName` ends in, or the last group of a tenant's ID; a digest is longer. */
const OWN_NAME = /(?<![0-9a-f])[0-9a-f]{12,15}(?![0-9a-f])/gi;

export interface FrontFaults {
  /** @throws {Error} when the target names nothing that only its own test uses. */
  add(fault: FrontFault): void;
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

interface Order {
  readonly fault: FrontFault;
  readonly pattern: RegExp;
  /** The names of which a request must have one. */
  readonly names: readonly string[];
  skip: number;
  left: number;
}

/** Makes an empty list of faults; `homeTenantId` is the tenant that all tests share. */
export function createFrontFaults(homeTenantId: string): FrontFaults {
  let orders: Order[] = [];
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
      const names = (target.match(OWN_NAME) ?? []).filter((name) => !homeTenantId.includes(name));
      if (names.length === 0) {
        throw new Error(
          `the target ${target} would hit other tests too: name a registry, repository, vault, key or tenant of its own in it`,
        );
      }
      orders.push({ fault, pattern: new RegExp(target, 'i'), names, skip, left: times });
    },
    takeBack(target) {
      const taken = orders.filter(({ fault }) => fault.target === target);
      orders = orders.filter((entry) => !taken.includes(entry));
      return taken.reduce((sum, { left }) => sum + left, 0);
    },
    take(method, host, path) {
      for (const entry of orders) {
        const { fault, pattern, names } = entry;
        const place = host + path;
        if (!pattern.test(place) || (fault.method ?? method) !== method) continue;
        if (!names.some((name) => place.includes(name))) continue;
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
