/**
 * What was asked of the emulator, in order. Holds host, method, path, caller and the query
 * without anything secret; never a header or a body.
 */
import type { Call } from './call.js';

/** One request as the log keeps it. */
export interface LoggedRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** The query, with the values of fields that may hold a secret left out. */
  readonly query: string;
  /** Status answered; 0 for a connection cut on order. */
  readonly status: number;
  /** Client id or user name, once known. */
  readonly caller: string | null;
}

/** The log of one emulator. */
export interface RequestLog {
  add(call: Call, status: number): void;
  list(): readonly LoggedRequest[];
  clear(): void;
}

const maybeSecret = /token|secret|password|assertion/i;

/** Makes an empty log. */
export function createRequestLog(): RequestLog {
  let entries: LoggedRequest[] = [];
  return {
    add: (call, status) => {
      const query = new URLSearchParams();
      for (const [name, value] of call.query) {
        query.append(name, maybeSecret.test(name) ? '***' : value);
      }
      entries.push({
        host: call.host,
        method: call.method,
        path: call.path,
        query: query.toString(),
        status,
        caller: call.caller ?? null,
      });
    },
    list: () => [...entries],
    clear: () => {
      entries = [];
    },
  };
}
