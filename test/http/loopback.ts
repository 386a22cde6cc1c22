/**
 * HTTPS hosts on the loopback interface: a CONNECT proxy leads every name to one TLS
 * server with a certificate for that name. Code under test reaches it as it reaches the real hosts,
 * through HTTPS_PROXY and an authority of this process; `trusted: false` leaves the authority out.
 */
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import tls from 'node:tls';

import { createCertificateAuthority } from '../stack/front/ca.js';

/** Answers a request; `host` is in lower case, without the port 443. */
export type LoopbackHandler = (host: string, req: IncomingMessage, res: ServerResponse) => void;

export interface LoopbackRequest {
  readonly method: string;
  readonly host: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Loopback {
  /** Every request that arrived, in order. */
  readonly requests: LoopbackRequest[];
  /** How many connections the proxy made. */
  connections(): number;
  /** Makes the proxy refuse every CONNECT with this status. */
  refuseConnect(status: number): void;
  close(): Promise<void>;
}

/** Starts the hosts and points HTTPS_PROXY of this process at it. */
export async function startLoopback(
  handler: LoopbackHandler,
  { trusted = true }: { readonly trusted?: boolean } = {},
): Promise<Loopback> {
  const authority = await createCertificateAuthority();
  const restoreTrust = trusted ? trustAuthority(authority.certificatePem) : () => undefined;
  const requests: LoopbackRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let refusal: number | undefined;

  const server = createHttpsServer(
    {
      SNICallback: (name, done) => {
        authority.contextFor(name).then((context) => {
          done(null, context);
        }, done);
      },
    },
    (req, res) => {
      const host = (req.headers.host ?? '').toLowerCase().replace(/:443$/, '');
      const { method = 'GET', url: path = '/', headers } = req;
      requests.push({ method, host, path, headers });
      handler(host, req, res);
    },
  );
  // Whoever opened a connection closes it: a request may be on its way when the server gives it up.
  server.keepAliveTimeout = 0;
  const serverPort = await listen(server);
  const proxy = createHttpServer();
  proxy.on('connect', (_req, client: Socket) => {
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    connections += 1;
    const upstream = connect(serverPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  const proxyBefore = process.env.HTTPS_PROXY;
  process.env.HTTPS_PROXY = `http://127.0.0.1:${await listen(proxy)}`;

  return {
    requests,
    connections: () => connections,
    refuseConnect: (status) => {
      refusal = status;
    },
    close: async () => {
      if (proxyBefore === undefined) {
        delete process.env.HTTPS_PROXY;
      } else {
        process.env.HTTPS_PROXY = proxyBefore;
      }
      restoreTrust();
      for (const socket of sockets) {
        socket.destroy();
      }
      server.closeAllConnections();
      await Promise.all([closed(server), closed(proxy)]);
    },
  };
}

/** The part of Node's secure context that its type leaves out. */
interface NativeContext {
  readonly context: { addCACert(pem: string): void };
}

/** Does for this process what NODE_EXTRA_CA_CERTS, read at its start, would have done. */
function trustAuthority(pem: string): () => void {
  const original = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const secureContext = original(options);
    const { context } = secureContext as NativeContext;
    context.addCACert(pem);
    return secureContext;
  };
  return () => {
    tls.createSecureContext = original;
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
