/**
 * Tells the user what is waited for. Requests that wait for the same service at the same time are
 * told of once.
 */
import { limits } from '../limits.js';

/** Says when requests wait for long. */
export interface WaitReporter {
  /** Tells of the wait for `service` from time to time, until the returned function is called. */
  watch(service: string): () => void;
  /** Tells that `service` asked to be left alone for a while. */
  reportPause(service: string, status: number, ms: number): void;
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
    watch: (service) => {
      const started = Date.now();
      const timer = setInterval(() => {
        const seconds = Math.round((Date.now() - started) / 1000);
        tellOnce(service, `Waiting for ${service}, ${seconds} s`);
      }, limits.waitReportMs);
      return () => {
        clearInterval(timer);
      };
    },
    reportPause: (service, status, ms) => {
      if (ms < shortestPauseMs) return;
      const seconds = Math.round(ms / 1000);
      const line = `${service} is busy (status ${status}) and asks to wait ${seconds} s`;
      tellOnce(service, line);
    },
  };
}
