/**
 * Counts, in the front's log of one run, what a user waits for: exchanges with registry and trust
 * server that follow each other. Authentication does not count.
 */
import type { FrontRequest } from '../../stack/index.js';

/** `GET /v2/` is the question for the token service. */
const AUTHENTICATION = /^\/oauth2\/|^\/v2\/(\?|$)/;

/** Requests to the registry and its trust server, without those for tokens. */
export function exchangesOf(requests: readonly FrontRequest[], host: string): FrontRequest[] {
  return requests.filter((request) => request.host === host && !AUTHENTICATION.test(request.path));
}

/**
 * The longest chain of requests of which each began only after another of the chain had ended.
 * Requests have to take much longer than the time between them for this to mean anything.
 */
export function longestChain(requests: readonly FrontRequest[]): readonly FrontRequest[] {
  const byStart = [...requests].sort((a, b) => a.startedMs - b.startedMs);
  const chains = new Map<FrontRequest, readonly FrontRequest[]>();
  for (const request of byStart) {
    let before: readonly FrontRequest[] = [];
    for (const [other, chain] of chains) {
      if (other.endedMs <= request.startedMs && chain.length > before.length) before = chain;
    }
    chains.set(request, [...before, request]);
  }
  return [...chains.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
}

/** How a request reads in a failed test. */
export function named({ method, path, status, startedMs, endedMs }: FrontRequest): string {
  const name = path.replace(/^\/v2\/.*?\/(?=_trust|manifests|tags|blobs)/, '');
  return `${method} ${name} ${status} (${Math.round(startedMs)}-${Math.round(endedMs)} ms)`;
}
