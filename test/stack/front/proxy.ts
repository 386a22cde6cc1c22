/**
 * A CONNECT proxy on the loopback interface that is itself the far end: it answers over TLS in the
 * name of the host asked for, and refuses hosts that do not exist. Opens no connection to anywhere.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createNetServer, type Server, type Socket } from 'node:net';

import type { CertificateAuthority } from './ca.js';

export interface ProxyOptions {
  readonly ca: CertificateAuthority;
  /** Tells whether a host exists at this moment. */
  readonly knows: (host: string) => boolean;
  readonly onRefused: (host: string) => void;
  /** Answers the requests inside the tunnels. */
  readonly listener: RequestListener;
  /** A socket file that is a second way in. */
  readonly socketPath?: string;
}

export interface Proxy {
  /** Port on 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a proxy on a free port. */
export async function openProxy(options: ProxyOptions): Promise<Proxy> {
  const { ca, knows, onRefused, listener, socketPath } = options;
  const tls = createHttpsServer(
    {
      SNICallback: (name, done) => {
        ca.contextFor(name).then((context) => {
          done(null, context);
        }, done);
      },
    },
    listener,
  );
  // Uploads and slow engines take their time, and a connection may be opened long before its use.
  tls.requestTimeout = 0;
  tls.headersTimeout = 0;
  // A client that sends on a connection just as we give it up gets no answer, and Docker does not
  // repeat a POST. Who opened a connection closes it.
  tls.keepAliveTimeout = 0;
  const http = createHttpServer((_req, res) => {
    res.writeHead(403, { 'content-type': 'text/plain' });
    res.end('the test stack is reached by CONNECT only\n');
  });
  http.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // A client that goes away in the middle of a request is no failure of the stack.
    socket.on('error', () => socket.destroy());
    const [host = '', port] = (req.url ?? '').toLowerCase().split(':');
    if (port !== '443' || !knows(host)) {
      onRefused(host);
      // As near as a proxy comes to a name that does not resolve: a network error, no HTTP status.
      socket.destroy();
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    tls.emit('connection', socket);
  });
  const servers: Server[] = [http];
  if (socketPath !== undefined) {
    servers.push(createNetServer((socket) => http.emit('connection', socket)));
  }
  const sockets = new Set<Socket>();
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  }
  await Promise.all(
    servers.map((server) =>
      listen(server, () => {
        if (server === http) server.listen(0, '127.0.0.1');
        else server.listen(socketPath);
      }),
    ),
  );
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
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
