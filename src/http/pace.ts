/**
 * Paces many requests to one server by its own limit. What a 429 asks for holds for all of them, and
 * fewer are under way afterwards, until the server takes more again (as TCP does it).
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { limits } from '../limits.js';
import type { Log } from '../ports.js';
import { retryDelayMs, statedWaitMs } from './retry.js';
import { HttpError } from './types.js';
import type { HttpClient, HttpRequest, HttpResponse } from './types.js';
import { createWaitReporter } from './wait-reporter.js';

/**
 * The pace of one server.
 * @param log is told of long pauses
 * @returns what makes a client keep it, which any number of them may share.
 */
export function createPace(log: Pick<Log, 'info'>): (http: HttpClient) => HttpClient {
  const reporter = createWaitReporter((line) => {
    log.info(line);
  });
  const waiting: (() => void)[] = [];
  let most: number = limits.concurrentRequests;
  let underWay = 0;
  let pausedUntil = 0;
  let narrowedAt = 0;

  const enter = async (isTurnedAway: boolean): Promise<void> => {
    if (underWay < Math.floor(most)) underWay += 1;
    else {
      await new Promise<void>((resolve) => {
        // Whoever was turned away has waited longest.
        if (isTurnedAway) waiting.unshift(resolve);
        else waiting.push(resolve);
      });
    }
  };
  const leave = (): void => {
    underWay -= 1;
    while (underWay < Math.floor(most)) {
      const next = waiting.shift();
      if (!next) return;
      underWay += 1;
      next();
    }
  };
  const narrow = (sentAt: number): void => {
    // Those that were sent together are turned away together: that is one reason, not many.
    if (sentAt <= narrowedAt) return;
    narrowedAt = Date.now();
    most = Math.max(1, most / 2);
  };
  const waitForPause = async (signal: AbortSignal | undefined): Promise<void> => {
    for (let ms = pausedUntil - Date.now(); ms > 0; ms = pausedUntil - Date.now()) {
      try {
        await sleep(ms, undefined, { signal });
      } catch (cause) {
        throw new HttpError('aborted', 'A request was cancelled', { cause });
      }
    }
  };

  return (http) => async (request) => {
    const deadline = Date.now() + limits.pacedMs;
    for (let refusals = 0; ; refusals += 1) {
      await enter(refusals > 0);
      let response: HttpResponse;
      try {
        await waitForPause(request.signal);
        const sentAt = Date.now();
        response = await http({ ...request, isPaced: true });
        if (response.status === 429) narrow(sentAt);
        else most = Math.min(limits.concurrentRequests, most + 1 / most);
      } finally {
        leave();
      }
      if (response.status !== 429 || !mayRepeat(request)) return response;
      const pauseMs = retryDelayMs(refusals, statedWaitMs(response));
      if (Date.now() + pauseMs > deadline) return response;
      pausedUntil = Math.max(pausedUntil, Date.now() + pauseMs);
      const service = request.service ?? new URL(request.url).host;
      reporter.reportPause({ service, boundMs: limits.pacedMs }, 429, pauseMs);
    }
  };
}

/** The server says that it did nothing; still, some requests are to be sent once. */
function mayRepeat({ method, retry }: HttpRequest): boolean {
  return retry !== false || method === 'GET' || method === 'HEAD';
}
