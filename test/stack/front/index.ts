/**
 * The stack's one way in: a CONNECT proxy on the loopback interface that answers, over TLS, for
 * every host name of the emulated world and refuses all others. Routes by Host and path; decides
 * nothing about rights.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { createCertificateAuthority } from './ca.js';
import { createFrontFaults, type FrontFaults } from './faults.js';
import { isRegistry } from './hosts.js';
import { createFrontLog, type FrontLog } from './request-log.js';
import type { EmulatedHosts } from './types.js';
import { forward, type Upstream } from './upstream.js';

export type { FrontFaults } from './faults.js';
export type { FrontLog } from './request-log.js';
export type { EmulatedHosts, FrontFault, FrontRequest, RequestFilter } from './types.js';

/** The real servers behind the registries' names; a function, because a restart may move them. */
export interface Upstreams {
  registry(): Upstream;
  notary(): Upstream;
}

export interface Front {
  /** Port of the proxy on 127.0.0.1. */
  readonly port: number;
  readonly caPem: string;
  readonly log: FrontLog;
  readonly faults: FrontFaults;
  close(): Promise<void>;
}

const TRUST_PATH = /^\/v2\/.+\/_trust\//;
/** The real service's words are not known; the status is what a registry says of a missing path. */
const TRUST_IS_OFF = JSON.stringify({
  errors: [{ code: 'NOT_FOUND', message: 'content trust is not enabled for this registry' }],
});

/** Opens the front on a free loopback port and on the socket file `socketPath`. */
export async function createFront(
  emulator: EmulatedHosts,
  upstreams: Upstreams,
  socketPath: string,
): Promise<Front> {
  const ca = await createCertificateAuthority();
  const log = createFrontLog();
  const faults = createFrontFaults();
  const sockets = new Set<Socket>();

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const host = (req.headers.host ?? '').toLowerCase().replace(/:443$/, '');
    const { method = 'GET', url = '/' } = req;
    const record = (status: number) => {
      log.add({ host, method, path: url, status, userAgent: req.headers['user-agent'] ?? '' });
    };
    res.once('close', () => {
      record(res.writableFinished ? res.statusCode : 0);
    });
    const failure = faults.take(method, host, url);
    const cutAfter = failure?.kind === 'cut' && failure.afterServer === true;
    if (failure?.kind === 'cut' && !cutAfter) {
      req.socket.destroy();
      return;
    }
    if (failure?.kind === 'answer') {
      req.resume();
      res.writeHead(failure.status, failure.headers);
      res.end(failure.body);
      return;
    }
    if (failure?.kind === 'delay') await sleep(failure.delayMs);
    if (!isRegistry(host)) {
      if (!emulator.handle(host, req, res)) {
        res.writeHead(404, { 'content-type': 'text/plain' });
        res.end(`the test stack has no host ${host}\n`);
      }
    } else if (url.startsWith('/oauth2/')) emulator.handleRegistryAuth(host, req, res);
    else if (!TRUST_PATH.test(url)) forward(upstreams.registry(), host, req, res, cutAfter);
    else if (emulator.trustAvailable(host)) forward(upstreams.notary(), host, req, res, cutAfter);
    else {
      req.resume();
      res.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
      res.end(TRUST_IS_OFF);
    }
  };

  const tls = createHttpsServer(
    {
      SNICallback: (name, done) => {
        ca.contextFor(name).then((context) => {
          done(null, context);
        }, done);
      },
    },
    (req, res) => {
      answer(req, res).catch((error: unknown) => {
        res.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    },
  );
  // Uploads and slow engines take their time.
  tls.requestTimeout = 0;

  const proxy = createHttpServer((_req, res) => {
    res.writeHead(403, { 'content-type': 'text/plain' });
    res.end('the test stack is reached by CONNECT only\n');
  });
  proxy.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // A client that goes away in the middle of a request is no failure of the stack.
    socket.on('error', () => socket.destroy());
    const [host = '', port] = (req.url ?? '').toLowerCase().split(':');
    if (port !== '443' || !(isRegistry(host) || emulator.knows(host))) {
      log.add({ host, method: 'CONNECT', path: '', status: 403, userAgent: '' });
      socket.end('HTTP/1.1 403 Unknown host\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    tls.emit('connection', socket);
  });
  // Engines have a network of their own and come through the socket file.
  const door = createNetServer((socket) => proxy.emit('connection', socket));
  for (const server of [proxy, door]) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  }
  await Promise.all([
    listen(proxy, () => proxy.listen(0, '127.0.0.1')),
    listen(door, () => door.listen(socketPath)),
  ]);
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    caPem: ca.certificatePem,
    log,
    faults,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([proxy, door].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function listen(server: Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    start();
  });
}
