/** Remembers what came through the front. Holds no header, no body and no secret query value. */
import type { FrontRequest, RequestFilter } from './types.js';

const MAYBE_SECRET = /token|secret|password|assertion/i;

export interface FrontLog {
  add(entry: Omit<FrontRequest, 'index'>): void;
  list(filter: RequestFilter): FrontRequest[];
  /** Index that the next request will get. */
  next(): number;
}

/** Makes an empty log. */
export function createFrontLog(): FrontLog {
  const entries: FrontRequest[] = [];
  return {
    add(entry) {
      entries.push({ index: entries.length, ...entry, path: withoutSecrets(entry.path) });
    },
    list({ since = 0, matching = '' }) {
      const pattern = new RegExp(matching, 'i');
      return entries
        .slice(since)
        .filter(({ method, host, path }) => pattern.test(`${method} ${host}${path}`));
    },
    next: () => entries.length,
  };
}

function withoutSecrets(target: string): string {
  const mark = target.indexOf('?');
  if (mark < 0) return target;
  const query = new URLSearchParams(target.slice(mark + 1));
  for (const name of [...query.keys()]) if (MAYBE_SECRET.test(name)) query.set(name, '***');
  return `${target.slice(0, mark)}?${query.toString()}`;
}
