import { getEventListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { afterEach, describe, expect, it } from 'vitest';

import { createHttpClient, HttpError, withDeadline } from '../../src/http/index.js';
import type { HttpRequest, HttpResponse } from '../../src/http/index.js';
import { startLoopback } from './loopback.js';
import type { Loopback } from './loopback.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

let loopback: Loopback | undefined;
const lines: string[] = [];

afterEach(async () => {
  await loopback?.close();
  loopback = undefined;
  lines.length = 0;
});

async function serve(handler: Handler, trusted = true): Promise<Loopback> {
  loopback = await startLoopback(
    (_host, req, res) => {
      handler(req, res);
    },
    { trusted },
  );
  return loopback;
}

function send(request: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  const tell = (line: string) => lines.push(line);
  const log = { debug: tell, info: tell };
  const http = createHttpClient({ userAgent: 'test/1', environment: process.env, log });
  return http({ method: 'GET', url: 'https://registry.test/v2/', maxBytes: 1000, ...request });
}

async function failure(request: Partial<HttpRequest> = {}): Promise<HttpError> {
  const thrown: unknown = await send(request).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(HttpError);
  return thrown as HttpError;
}

describe('an answer', () => {
  it('comes with status, headers in any case and the exact bytes', async () => {
    await serve((_req, res) => {
      res.writeHead(404, { 'X-Thing': 'a' });
      res.end(Buffer.from([0, 255, 10]));
    });
    const response = await send();
    expect(response.status).toBe(404);
    expect(response.header('x-thing')).toBe('a');
    expect(response.header('X-THING')).toBe('a');
    expect(response.header('absent')).toBeUndefined();
    expect([...response.body]).toEqual([0, 255, 10]);
  });

  it('is asked for uncompressed and under our user agent', async () => {
    const { requests } = await serve((_req, res) => res.end());
    await send();
    expect(requests[0]?.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'test/1',
    });
  });

  it('may be as long as allowed, and a byte more fails', async () => {
    await serve((_req, res) => res.end('x'.repeat(10)));
    expect((await send({ maxBytes: 10 })).body).toHaveLength(10);
    expect((await failure({ maxBytes: 9 })).kind).toBe('too-large');
  });

  it('is given up when it states a length beyond the limit', async () => {
    await serve((_req, res) => {
      res.writeHead(200, { 'Content-Length': '5000' });
      res.write('x');
    });
    expect((await failure()).kind).toBe('too-large');
  });

  it('is given up when it never ends', async () => {
    await serve((_req, res) => {
      const timer = setInterval(() => res.write('x'.repeat(500)), 1);
      res.on('close', () => {
        clearInterval(timer);
      });
    });
    expect((await failure()).kind).toBe('too-large');
  });
});

describe('a request that hangs', () => {
  it('fails after its time when no answer comes', async () => {
    await serve(() => undefined);
    expect((await failure({ timeoutMs: 200 })).kind).toBe('timeout');
  });

  it('fails after its time when the body drips', async () => {
    await serve((_req, res) => {
      const timer = setInterval(() => res.write('x'), 20);
      res.on('close', () => {
        clearInterval(timer);
      });
    });
    const error = await failure({ timeoutMs: 200 });
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('GET https://registry.test/v2/');
  });

  it('ends when the caller cancels it', async () => {
    await serve(() => undefined);
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 50);
    expect((await failure({ signal: abort.signal })).kind).toBe('aborted');
  });

  it('is not even sent when the caller has cancelled before', async () => {
    const { requests } = await serve((_req, res) => res.end());
    expect((await failure({ signal: AbortSignal.abort() })).kind).toBe('aborted');
    expect(requests).toHaveLength(0);
  });
});

const answering =
  (...statuses: number[]): Handler =>
  (_req, res) => {
    res.writeHead(statuses.length > 1 ? (statuses.shift() ?? 0) : (statuses[0] ?? 0), {
      'Retry-After': '0',
    });
    res.end();
  };

describe('sending again', () => {
  it('gets over a busy server', async () => {
    const { requests } = await serve(answering(503, 429, 200));
    expect((await send()).status).toBe(200);
    expect(requests).toHaveLength(3);
  });

  it('stops after three repetitions and hands over the last answer', async () => {
    const { requests } = await serve(answering(503));
    expect((await send()).status).toBe(503);
    expect(requests).toHaveLength(4);
  });

  it.each([400, 401, 404, 501, 505])('does not follow status %i', async (status) => {
    const { requests } = await serve(answering(status));
    expect((await send()).status).toBe(status);
    expect(requests).toHaveLength(1);
  });

  it('never repeats a POST by itself, whether it failed or was cut', async () => {
    const { requests } = await serve(answering(503));
    expect((await send({ method: 'POST', body: 'x' })).status).toBe(503);
    expect(requests).toHaveLength(1);
    await loopback?.close();
    const cutting = await serve((req) => req.socket.destroy());
    expect((await failure({ method: 'POST', body: 'x' })).kind).toBe('unreachable');
    expect(cutting.requests).toHaveLength(1);
  });

  it('repeats a POST whose caller allows it', async () => {
    const { requests } = await serve(answering(503, 200));
    expect((await send({ method: 'POST', body: 'x', retry: true })).status).toBe(200);
    expect(requests).toHaveLength(2);
  });

  it('gets over a connection that was cut within the body', async () => {
    let first = true;
    await serve((req, res) => {
      if (first) {
        first = false;
        res.write('half');
        setTimeout(() => req.socket.destroy(), 20);
      } else {
        res.end('whole');
      }
    });
    expect((await send()).body.toString()).toBe('whole');
  });

  it('does not wait beyond the time of the request', async () => {
    const { requests } = await serve((_req, res) => {
      res.writeHead(503, { 'Retry-After': '3600' });
      res.end();
    });
    expect((await send({ timeoutMs: 60_000 })).status).toBe(503);
    expect(requests).toHaveLength(1);
  });
});

describe('the connections of a client', () => {
  const open = () => {
    const http = createHttpClient({ userAgent: 'test/1', environment: process.env });
    return (request: Partial<HttpRequest> = {}) =>
      http({ method: 'GET', url: 'https://registry.test/v2/', maxBytes: 1000, ...request });
  };

  it('are one tunnel for all requests that follow each other', async () => {
    const host = await serve((_req, res) => res.end('{}'));
    const ask = open();
    for (const method of ['GET', 'POST', 'GET', 'DELETE'] as const) await ask({ method });
    expect(host.connections()).toBe(1);
  });

  it('are as many as there are requests side by side, and kept', async () => {
    const host = await serve((_req, res) => setTimeout(() => res.end('{}'), 50));
    const ask = open();
    await Promise.all([ask(), ask(), ask()]);
    await Promise.all([ask(), ask(), ask()]);
    expect(host.connections()).toBe(3);
  });

  it('resume the session of an earlier one', async () => {
    await serve((req, res) => {
      res.setHeader('connection', 'close');
      const { socket } = req as { readonly socket: Pick<TLSSocket, 'isSessionReused'> | Socket };
      res.end(String('isSessionReused' in socket && socket.isSessionReused()));
    });
    const ask = open();
    const { body } = await ask();
    expect([body.toString(), (await ask()).body.toString()]).toEqual(['false', 'true']);
  });

  it('are given up where the server has, and the request is not lost', async () => {
    const hangUp = new Set<() => void>();
    const host = await serve((req, res) => {
      res.end('{}', () => hangUp.add(() => req.socket.destroy()));
    });
    const ask = open();
    await ask();
    for (const close of hangUp) close();
    expect((await ask()).status).toBe(200);
    expect(host.connections()).toBe(2);
    expect(host.requests).toHaveLength(2);
  });
});

describe('many requests of one client', () => {
  it('leave neither listeners nor timers nor connections more than the first few', async () => {
    await serve((req, res) => {
      if (req.url === '/cut') req.socket.destroy();
      else res.end('x'.repeat(req.url === '/large' ? 2000 : 10));
    });
    const http = createHttpClient({ userAgent: 'test/1', environment: process.env });
    const { signal } = new AbortController();
    const send = async (count: number): Promise<number> => {
      for (let turn = 0; turn < count; turn += 1) {
        for (const path of ['', 'large', 'cut']) {
          const url = `https://registry.test/${path}`;
          const sending = http({ method: 'GET', url, maxBytes: 1000, retry: false, signal });
          await sending.catch((error: unknown) => {
            expect(error).toBeInstanceOf(HttpError);
          });
        }
      }
      return process.getActiveResourcesInfo().length;
    };
    const first = await send(5);
    await send(40);
    expect(getEventListeners(signal, 'abort').length).toBeLessThan(5);
    // Some belong to the test runner, and come and go; connections close a little after they are given up.
    const now = (): number => process.getActiveResourcesInfo().length;
    await expect.poll(now).toBeLessThan(first + 20);
  });
});

describe('an answer that must be JSON', () => {
  const whole = '{"value":"secret-text"}';

  it.each([whole.slice(0, 12), `${whole}x`, `\ufeff${whole}`, '<html>', '', '[]', '"text"'])(
    'is asked for again when it is mangled, like a broken connection: %j',
    async (mangled) => {
      let count = 0;
      const { requests } = await serve((_req, res) =>
        res.end((count += 1) === 1 ? mangled : whole),
      );
      expect((await send({ expectsJson: true })).body.toString()).toBe(whole);
      expect(requests).toHaveLength(2);
    },
  );

  it('fails without a word of it when it stays mangled, and is not repeated where it must not be', async () => {
    const { requests } = await serve((_req, res) => res.end(whole.slice(0, -1)));
    const error = await failure({ expectsJson: true, method: 'POST', body: '' });
    expect(error.kind).toBe('unreadable');
    expect([error.message, String(error.cause), ...lines].join('\n')).not.toContain('secret');
    expect(requests).toHaveLength(1);
  });

  it('may be anything where it is a refusal', async () => {
    await serve((_req, res) => {
      res.writeHead(404);
      res.end('not found');
    });
    expect((await send({ expectsJson: true })).status).toBe(404);
  });
});

describe('a try that stalls', () => {
  it('is repeated like one that breaks', async () => {
    let count = 0;
    const { requests } = await serve((_req, res) => {
      if ((count += 1) > 1) res.end('whole');
    });
    expect((await send({ tryMs: 2_000 })).body.toString()).toBe('whole');
    expect(requests).toHaveLength(2);
  });

  it('is repeated when it stalls within the body, and not while the body drips', async () => {
    let count = 0;
    const { requests } = await serve((_req, res) => {
      count += 1;
      if (count === 1) {
        res.write('half');
        return;
      }
      let left = 6;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) {
          res.write('x');
          return;
        }
        clearInterval(timer);
        res.end();
      }, 250);
    });
    expect((await send({ tryMs: 1_000 })).body.toString()).toBe('xxxxx');
    expect(requests).toHaveLength(2);
  });

  it('of a request that must not be repeated lasts as long as the request may', async () => {
    const { requests } = await serve(() => undefined);
    const error = await failure({ method: 'POST', body: 'x', timeoutMs: 2_000 });
    expect(error.message).toContain('no complete response within 2 seconds');
    expect(requests).toHaveLength(1);
  });

  it('says how often it was tried', async () => {
    await serve(() => undefined);
    expect((await failure({ tryMs: 50, timeoutMs: 5_000 })).message).toMatch(
      /no response within 0\.05 seconds, in 4 tries$/,
    );
  });
});

describe('a server that asks to wait', () => {
  const busy = (status: number, headers: Record<string, string>): Handler => {
    let count = 0;
    return (_req, res) => {
      count += 1;
      res.writeHead(count === 1 ? status : 200, count === 1 ? headers : {});
      res.end();
    };
  };

  it('is waited for as long as it asks, also when a request was only turned away', async () => {
    const { requests } = await serve(busy(429, { 'Retry-After': '1' }));
    const started = performance.now();
    expect((await send({ method: 'POST', body: 'x' })).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(requests).toHaveLength(2);
  });

  it('is told of', async () => {
    await serve(busy(503, { 'Retry-After': '3' }));
    expect((await send({ service: 'Key Vault' })).status).toBe(200);
    expect(lines).toContain(
      'Key Vault is busy (status 503): next try in 3 s, waiting at most 60 s in all',
    );
  });

  it('only by turning requests away is waited for until the deadline', async () => {
    const { requests } = await serve(answering(429));
    expect((await send({ timeoutMs: 5_000 })).status).toBe(429);
    expect(requests.length).toBeGreaterThan(2);
    expect(requests.length).toBeLessThan(8);
  });

  it('for longer than the phase may last is not waited for', async () => {
    const { requests } = await serve(busy(429, { 'Retry-After': '90' }));
    const late = (): Error => new Error('late');
    const phase = { deadlineMs: 60_000, interrupted: late, late };
    const response = await withDeadline(phase, (signal) => send({ signal }));
    expect(response.status).toBe(429);
    expect(requests).toHaveLength(1);
  });
});

describe('a redirect', () => {
  const redirecting =
    (status: number, location: string): Handler =>
    (req, res) => {
      if (req.url === '/v2/') {
        res.writeHead(status, { Location: location });
        res.end();
      } else {
        res.end(`${req.method ?? ''} ${req.url ?? ''}`);
      }
    };
  const headers = { Authorization: 'Bearer secret-token' };

  it('is followed within the same origin', async () => {
    await serve(redirecting(302, '/there?x=1'));
    expect((await send({ headers })).body.toString()).toBe('GET /there?x=1');
  });

  it.each(['https://evil.test/there', 'http://registry.test/there', 'https://registry.test:444/x'])(
    'to %s is handed back, and nobody there hears of us',
    async (location) => {
      const { requests } = await serve(redirecting(307, location));
      expect((await send({ headers })).status).toBe(307);
      expect(requests.map(({ host, path }) => host + path)).toEqual(['registry.test/v2/']);
    },
  );

  it('of a POST is followed only where it stays a POST', async () => {
    await serve(redirecting(302, '/there'));
    expect((await send({ method: 'POST', body: 'x' })).status).toBe(302);
    await loopback?.close();
    await serve(redirecting(307, '/there'));
    expect((await send({ method: 'POST', body: 'x' })).body.toString()).toBe('POST /there');
  });

  it('in a circle ends', async () => {
    const { requests } = await serve(redirecting(302, '/v2/'));
    expect((await send()).status).toBe(302);
    expect(requests).toHaveLength(6);
  });
});

describe('a server that cannot be spoken to', () => {
  it('to an IPv6 address goes to that address: no name is looked up', async () => {
    const error = await failure({
      url: 'http://[::1]:1/',
      allowsPlainHttp: 'local',
      retry: false,
    });
    // Nothing listens there, or this machine has no such addresses.
    expect(error.cause).toHaveProperty('code', expect.stringMatching(/^E(?!NOTFOUND|AI_AGAIN)/));
  });

  it('with a certificate of an unknown authority is refused, and the way to add it is named', async () => {
    const { requests } = await serve((_req, res) => res.end(), false);
    const error = await failure();
    expect(error.kind).toBe('tls');
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(requests).toHaveLength(0);
  });

  it('behind a proxy that refuses is unreachable, whatever the proxy pretends to answer', async () => {
    const refusing = await serve((_req, res) => res.end());
    refusing.refuseConnect(404);
    const error = await failure();
    expect(error.kind).toBe('unreachable');
    expect(error.message).toMatch(
      /: the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) refused to connect to registry\.test:443 \(status 404\)$/,
    );
    refusing.refuseConnect(407);
    expect((await failure()).message).toContain(
      'needs a user name and password (put them into HTTPS_PROXY)',
    );
  });

  it.each(['101 Switching Protocols', '100 Continue'])(
    'since it answers %s and hangs up is unreachable, not waited for',
    async (status) => {
      await serve(({ socket }) =>
        socket.end(`HTTP/1.1 ${status}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`),
      );
      expect(await failure({ retry: false })).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('the connection was cut (ECONNRESET)') as string,
      });
    },
  );

  it('without TLS is never spoken to', async () => {
    const { requests } = await serve((_req, res) => res.end());
    expect((await failure({ url: 'http://registry.test/v2/' })).kind).toBe('unreachable');
    expect(requests).toHaveLength(0);
  });

  it('under a name that does not exist is unreachable at once', async () => {
    delete process.env.HTTPS_PROXY;
    const error = await failure({ url: 'https://registry.invalid/v2/' });
    expect(error.kind).toBe('unreachable');
    expect(error.message).toMatch(/no such host name|name server did not answer/);
  });
});

describe('what is logged', () => {
  it('has method, address without query, status and size, and nothing secret', async () => {
    await serve((_req, res) => res.end('the-body'));
    await send({
      method: 'POST',
      url: 'https://registry.test/oauth2/token?code=query-secret',
      headers: { Authorization: 'Bearer header-secret' },
      body: 'refresh_token=body-secret',
    });
    expect(lines.join('\n')).toMatch(
      /^POST https:\/\/registry\.test\/oauth2\/token -> 200 \(\d+ ms, 8 bytes\)$/,
    );
  });

  it('and thrown of a failure has no secret either', async () => {
    await serve((req) => req.socket.destroy());
    const error = await failure({
      method: 'POST',
      url: 'https://user:url-secret@registry.test/x?code=query-secret',
      body: 'body-secret',
    });
    expect([error.message, ...lines].join('\n')).not.toContain('secret');
  });
});
