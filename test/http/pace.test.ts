/** Requests that are paced by the limit of a server. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HttpError, createPace, type HttpClient, type HttpRequest } from '../../src/http/index.js';
import { limits } from '../../src/limits.js';

const get: HttpRequest = { method: 'GET', url: 'https://contoso.azurecr.io/v2/', maxBytes: 1 };
const lines: string[] = [];
const log = { info: (line: string) => void lines.push(line) };

/** A server that turns requests away while `isBusy` says so, and knows how many are there at once. */
function makeServer(isBusy: (count: number) => boolean, retryAfter = '0') {
  const seen = { requests: [] as HttpRequest[], atOnce: 0, most: 0, refused: [] as number[] };
  const http: HttpClient = async (request) => {
    seen.requests.push(request);
    const status = isBusy(seen.requests.length) ? 429 : 200;
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    await setImmediate();
    seen.atOnce -= 1;
    if (status === 429) seen.refused.push(Date.now());
    return {
      status,
      header: (name) => (name === 'retry-after' ? retryAfter : undefined),
      body: Buffer.alloc(0),
    };
  };
  return { http, seen };
}

describe('requests of a run that sends many', () => {
  it('are under way side by side as long as none is turned away', async () => {
    const { http, seen } = makeServer(() => false);
    const send = createPace(log)(http);
    await Promise.all(Array.from({ length: 100 }, () => send(get)));
    expect(seen.most).toBe(limits.concurrentRequests);
    expect(seen.requests).toHaveLength(100);
  });

  it('all succeed in the end, fewer at once, where the server turns most of them away', async () => {
    // Two of three, for long: far more often than the client itself would try again.
    const { http, seen } = makeServer((count) => count < 600 && count % 3 !== 0);
    const send = createPace(log)(http);
    const answers = await Promise.all(Array.from({ length: 300 }, () => send(get)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(seen.refused.length).toBeGreaterThan(300);
    // Whoever sends again is told apart by nothing, and the client below does not wait by itself.
    expect(seen.requests.every(({ isPaced }) => isPaced === true)).toBe(true);
  });

  it('wait together for as long as one of them was asked to', async () => {
    const { http, seen } = makeServer((count) => count === 1, '1');
    const send = createPace(log)(http);
    const first = send(get);
    await setImmediate();
    await setImmediate();
    const began = Date.now();
    await Promise.all([first, send(get), send(get)]);
    expect(Date.now() - began).toBeGreaterThan(900);
    expect(seen.requests).toHaveLength(4);
  });

  it('end with what the server says, where it asks for longer than a run would wait', async () => {
    const { http } = makeServer(() => true, '3600');
    const { status } = await createPace(log)(http)(get);
    // Longer than a run would wait: what the server says is the result.
    expect(status).toBe(429);
  });

  it('are not sent again where they must be sent once', async () => {
    const { http, seen } = makeServer(() => true);
    const once = { ...get, method: 'POST', retry: false } as const;
    expect((await createPace(log)(http)(once)).status).toBe(429);
    expect(seen.requests).toHaveLength(1);
  });

  it('end at once when the run is stopped', async () => {
    const { http } = makeServer(() => true, '600');
    const stop = new AbortController();
    const sent = createPace(log)(http)({ ...get, signal: stop.signal });
    const stopped = expect(sent).rejects.toThrow(HttpError);
    await expect
      .poll(() => lines.at(-1))
      .toMatch(/contoso\.azurecr\.io is busy \(status 429\): next try in 600 s/);
    stop.abort();
    await stopped;
  });
});
