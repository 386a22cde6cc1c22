/**
 * Lets other processes on this machine steer a stack: JSON over HTTP on the loopback interface,
 * for whoever knows the random bearer token. Owns no state of its own.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';

/** Functions that can be called from outside: JSON in, JSON out. */
export type Service = object;

/** What one call looks like on the wire. */
export interface RemoteCall {
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface ControlServer {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Serves the own methods of `services` on a free loopback port. */
export async function serveControl(
  services: Readonly<Record<string, Service>>,
): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url');
  const expected = Buffer.from(`Bearer ${token}`);
  const isAllowed = (req: IncomingMessage): boolean => {
    const given = Buffer.from(req.headers.authorization ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  const server = createServer((req, res) => {
    if (!isAllowed(req)) {
      req.resume();
      res.writeHead(401).end();
      return;
    }
    void call(services, req).then(
      (result) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(JSON.stringify({ result: result ?? null }));
      },
      (error: unknown) => {
        res.writeHead(500, { 'content-type': 'application/json' });
        res.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
      },
    );
  });
  // Whoever opened a connection closes it: a request may be on its way when the server gives it up.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('control has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function call(
  services: Readonly<Record<string, Service>>,
  req: IncomingMessage,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  const { service, method, args } = JSON.parse(Buffer.concat(chunks).toString()) as RemoteCall;
  const target = services[service];
  const descriptor = target && Object.getOwnPropertyDescriptor(target, method);
  if (typeof descriptor?.value !== 'function') throw new Error(`no call ${service}.${method}`);
  const run = descriptor.value as (...values: unknown[]) => unknown;
  return run.apply(target, [...args]);
}
