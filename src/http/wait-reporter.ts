/**
 * Tells the user what is waited for. Requests that wait for the same service at the same time are
 * told of once.
 */
import { limits } from '../limits.js';

/** Says when requests wait for long. */
export interface WaitReporter {
  /**
   * Tells of the wait for `service` from time to time, until the returned function is called.
   * @param boundMs how long it is waited for at most.
   */
  watch(service: string, boundMs: number): () => void;
  /** Tells that a service turned a request away, and when it is asked again. */
  reportPause(
    of: { readonly service: string; readonly boundMs: number },
    status: number,
    ms: number,
  ): void;
}

/** Only pauses of this length and more are worth a line. */
const shortestPauseMs = 3_000;

/** @param tell prints one line; without it nothing is told */
export function createWaitReporter(tell: ((line: string) => void) | undefined): WaitReporter {
  const toldAtMs = new Map<string, number>();
  const tellOnce = (service: string, line: string): void => {
    const now = Date.now();
    if (now - (toldAtMs.get(service) ?? 0) < limits.waitReportMs / 2) return;
    toldAtMs.set(service, now);
    tell?.(line);
  };
  return {
    watch: (service, boundMs) => {
      const started = Date.now();
      const timer = setInterval(() => {
        const waited = secondsOf(Date.now() - started);
        tellOnce(service, `Waiting for ${service}, ${waited} of at most ${secondsOf(boundMs)} s`);
      }, limits.waitReportMs);
      return () => {
        clearInterval(timer);
      };
    },
    reportPause: ({ service, boundMs }, status, ms) => {
      if (ms < shortestPauseMs) return;
      const most = `waiting at most ${secondsOf(boundMs)} s in all`;
      const line = `${service} is busy (status ${status}): next try in ${secondsOf(ms)} s, ${most}`;
      tellOnce(service, line);
    },
  };
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1000);
}
