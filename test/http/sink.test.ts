import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, HttpError } from '../../src/http/index.js';
import type { HttpRequest, HttpResponse } from '../../src/http/index.js';
import { startLoopback, type Loopback } from './loopback.js';

let loopback: Loopback | undefined;

afterEach(async () => {
  await loopback?.close();
  loopback = undefined;
});

async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void) {
  loopback = await startLoopback((_host, req, res) => {
    handler(req, res);
  });
  return loopback;
}

/** What a sink was given, and the answer or failure of its request. */
async function pour(
  request: Partial<HttpRequest> = {},
  take: (chunk: Buffer) => Promise<void> = () => Promise.resolve(),
): Promise<{ received: Buffer; response?: HttpResponse; error?: unknown }> {
  const chunks: Buffer[] = [];
  const http = createHttpClient({ userAgent: 'test/1', environment: process.env });
  const outcome = await http({
    method: 'GET',
    url: 'https://registry.test/blob',
    maxBytes: 1_000_000,
    sink: async (chunk, { status }) => {
      expect(status).toBe(200);
      chunks.push(Buffer.from(chunk));
      await take(chunk);
    },
    ...request,
  }).then(
    (response) => ({ response }),
    (error: unknown) => ({ error }),
  );
  return { received: Buffer.concat(chunks), ...outcome };
}

const content = Buffer.alloc(500_000, 'abc');

describe('a body that goes to a sink', () => {
  it('arrives whole and in order, and is not kept', async () => {
    await serve((_req, res) => res.end(content));
    const { received, response } = await pour({}, () => sleep(1));
    expect(received.equals(content)).toBe(true);
    expect(response).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  it('is kept when it says why there is none', async () => {
    await serve((_req, res) => {
      res.writeHead(404);
      res.end('no such blob');
    });
    const { received, response } = await pour({ maxBytes: 1 });
    expect(received).toHaveLength(0);
    expect(response?.body.toString()).toBe('no such blob');
  });

  it('is read no faster than the sink takes it', async () => {
    let sent = 0;
    await serve((_req, res) => {
      const more = (): void => {
        sent += content.length;
        if (sent >= 100 * content.length) res.end(content);
        else res.write(content, more);
      };
      more();
    });
    let seen = 0;
    await pour({ maxBytes: 100_000_000 }, async () => {
      if (seen++ === 0) await sleep(300);
      if (seen === 1) expect(sent).toBeLessThan(50 * content.length);
    });
    expect(sent).toBe(100 * content.length);
  });

  it('is not asked for again once some of it has arrived', async () => {
    const { requests } = await serve((_req, res) => {
      res.writeHead(200, { 'Content-Length': content.length });
      res.write(content.subarray(0, 1000), () => res.destroy());
    });
    const { received, error } = await pour();
    expect(error).toMatchObject({ name: 'HttpError', kind: 'unreachable' });
    expect(received).toHaveLength(1000);
    expect(requests).toHaveLength(1);
  });

  it('is asked for again as long as nothing has arrived', async () => {
    let answers = 0;
    await serve((_req, res) => {
      if (answers++ === 0) res.destroy();
      else res.end(content);
    });
    expect((await pour()).received.equals(content)).toBe(true);
    expect(answers).toBe(2);
  });

  it('ends with what the sink throws', async () => {
    await serve((_req, res) => res.end(content));
    const failure = new Error('the disk is full');
    const { error } = await pour({}, () => Promise.reject(failure));
    expect(error).toBe(failure);
  });

  it('may take any time at the sink, but not at the server', async () => {
    let isSlow = false;
    await serve((_req, res) => {
      res.write(content.subarray(0, 10));
      if (!isSlow) res.end();
    });
    const patient = await pour({ timeoutMs: 2_000 }, () => sleep(2_500));
    expect(patient.response?.status).toBe(200);
    isSlow = true;
    const { error } = await pour({ timeoutMs: 200 });
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ kind: 'timeout' });
  });

  it('may not be longer than allowed', async () => {
    await serve((_req, res) => {
      res.write(content);
      res.end(content);
    });
    const { received, error } = await pour({ maxBytes: content.length });
    expect(error).toMatchObject({ kind: 'too-large' });
    expect(received.length).toBeLessThanOrEqual(content.length);
  });

  it('ends when the caller cancels it', async () => {
    await serve((_req, res) => res.write(content));
    const stop = new AbortController();
    const { error } = await pour({ signal: stop.signal }, () => {
      stop.abort();
      return Promise.resolve();
    });
    expect(error).toMatchObject({ kind: 'aborted' });
  });
});
