/**
 * A trust server that hands out whatever it was given, good or bad, by name, version and hash: what
 * an attacker in its place could do. Checks nothing, asks for no token, listens on localhost only.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RoleName } from '../../../src/trust/metadata/index.js';
import { createCertificateAuthority } from '../../stack/index.js';
import type { Files } from '../../trust/repository-builder.js';

/** Answers every request for the file of one role. */
export type Answer = (response: ServerResponse) => void;

/** What is served for one repository. */
export interface Served {
  readonly files: Files;
  /** Roots by version; the current one is among {@link files}. */
  readonly roots?: ReadonlyMap<number, Buffer>;
  /** Roles that are not answered from {@link files}. */
  readonly answers?: Readonly<Record<RoleName, Answer>>;
}

export interface AnyTrustServer {
  /** `localhost:<port>` */
  readonly host: string;
  /** PEM of the authority behind its certificate. */
  readonly caPem: string;
  serve(gun: string, served: Served): void;
  close(): Promise<void>;
}

/** Opens a server on a free port. */
export async function openTrustServer(): Promise<AnyTrustServer> {
  const repositories = new Map<string, Served>();
  const ca = await createCertificateAuthority();
  const server = createServer(
    {
      SNICallback: (name, done) => {
        ca.contextFor(name).then((context) => {
          done(null, context);
        }, done);
      },
    },
    (request, response) => {
      answer(repositories, request, response);
    },
  );
  // Whoever opened a connection closes it: a request may be on its way when the server gives it up.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    caPem: ca.certificatePem,
    serve: (gun, served) => repositories.set(gun, served),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const filePath =
  /^\/v2\/(?<gun>.+)\/_trust\/tuf\/(?:(?<version>\d+)\.)?(?<role>[^.]+)(?:\.[0-9a-f]{64})?\.json$/;

function answer(
  repositories: ReadonlyMap<string, Served>,
  { url = '' }: IncomingMessage,
  response: ServerResponse,
): void {
  const { gun = '', role = '', version } = filePath.exec(url)?.groups ?? {};
  const served = repositories.get(gun);
  const special = served?.answers?.[role];
  const bytes =
    version === undefined ? served?.files.get(role) : served?.roots?.get(Number(version));
  if (url === '/v2/') response.end('{}');
  else if (special && version === undefined) special(response);
  // Whichever hash was asked for: an attacker has but the file at hand.
  else if (bytes) response.setHeader('content-length', bytes.length).end(bytes);
  else fails(404, 'METADATA_NOT_FOUND')(response);
}

/** An error as notary-server words it. */
export function fails(status: number, code = 'UNKNOWN'): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ errors: [{ code, message: 'no', detail: {} }] }));
  };
}

/** These bytes and then more and more of nothing, without a stated length, up to 200 MB. */
export function endless(start: Uint8Array): Answer {
  return (response) => {
    const block = Buffer.alloc(64 * 1024, ' ');
    let left = 3200;
    const more = (): void => {
      if (response.destroyed) return;
      left -= 1;
      if (left === 0) response.end();
      else if (response.write(block)) setImmediate(more);
      else response.once('drain', more);
    };
    response.write(start);
    more();
  };
}

/** States the right length, and cuts the connection half-way. */
export function cutOff(bytes: Uint8Array): Answer {
  return (response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  };
}
