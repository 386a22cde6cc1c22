/**
 * A BuildKit that buildx can drive as a remote builder, and so can push by digest: the one inside
 * Docker 26. It speaks gRPC on the engine's socket after an upgrade, which buildx does only for its
 * driver `docker`; this bridge does it for every connection.
 */
import { connect, createServer, type Socket } from 'node:net';

import type { StackInfo } from '../info.js';

export interface RemoteBuilder {
  /** For `docker buildx create --driver remote`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Opens the bridge on a free loopback port. */
export async function openRemoteBuilder(info: StackInfo): Promise<RemoteBuilder> {
  const socketPath = info.dockerHost.docker26.replace('unix://', '');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(socketPath);
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(socket);
      // Either side may go away at any time; the other then has nobody to talk to.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    upgrade(engine, (rest) => {
      client.write(rest);
      client.pipe(engine).pipe(client);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the bridge has no port');
  return {
    endpoint: `tcp://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      }),
  };
}

/** moby api/server/router/grpc: `POST /grpc` turns the connection into HTTP/2. */
function upgrade(engine: Socket, done: (rest: Buffer) => void): void {
  let head = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    engine.off('data', read);
    if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
      engine.destroy(new Error('the engine does not offer BuildKit'));
      return;
    }
    done(head.subarray(end + 4));
  };
  engine.on('data', read);
  engine.write(
    'POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  );
}
