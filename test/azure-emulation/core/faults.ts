/**
 * Failures on order: the next calls that match are answered with a given status, or have their
 * connection cut, before any service sees them.
 */
import type { Answer, Call } from './call.js';

/** A failure to inject. */
export interface Fault {
  /** Regular expression, tested against `<host><path>`, without regard to case. */
  readonly target: string;
  /** Only calls with this method. Default: any. */
  readonly method?: string;
  /** Status of the answer. Ignored with `reset`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Cut the connection instead of answering. Default: false. */
  readonly reset?: boolean;
  /** How many calls fail. Default: 1. */
  readonly times?: number;
}

/** The failures waiting to happen. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault that hits `call`, used up by this, or undefined. */
  take(call: Call): Answer | 'reset' | undefined;
}

/** Makes an empty list of faults. */
export function createFaults(): Faults {
  let waiting: { fault: Fault; pattern: RegExp; left: number }[] = [];
  return {
    add: (fault) => {
      waiting.push({ fault, pattern: new RegExp(fault.target, 'i'), left: fault.times ?? 1 });
    },
    clear: () => {
      waiting = [];
    },
    take: (call) => {
      const hit = waiting.find(
        ({ fault, pattern }) =>
          pattern.test(call.host + call.path) &&
          (fault.method === undefined || fault.method === call.method),
      );
      if (hit === undefined) return undefined;
      hit.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      if (hit.fault.reset === true) return 'reset';
      const { status = 500, headers, body } = hit.fault;
      return { status, ...(headers && { headers }), ...(body !== undefined && { body }) };
    },
  };
}
