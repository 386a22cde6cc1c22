/**
 * Passes requests on to docker-registry and notary-server, byte for byte. Changes nothing but the
 * token service named in a challenge: the real servers know one, every login server has its own.
 */
import {
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Where a real server listens. */
export type Upstream = { readonly socketPath: string } | { readonly port: number };

/** What a real server answered, before it is passed on; its headers may be added to. */
export interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
}

/** What happens to an answer on its way. */
export interface OnTheWay {
  /** Cut the connection once the server has answered: before its answer, or in the middle of it. */
  readonly cut?: 'answer' | 'half' | undefined;
  /** Told of every answer, also of one that is cut. */
  readonly onAnswer?: ((answer: Answered) => void) | undefined;
  /** Told when the server gives none, while its client waits for it. */
  readonly onFailure?: (reason: string) => void;
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

/** Forwards `req` and answers with what the server says; 502 when it is not there. */
export function forward(
  upstream: Upstream,
  loginServer: string,
  req: IncomingMessage,
  res: ServerResponse,
  { cut, onAnswer, onFailure }: OnTheWay = {},
): void {
  const outgoing = request({
    host: '127.0.0.1',
    ...upstream,
    method: req.method,
    path: req.url,
    headers: {
      ...withoutHopByHop(req.headers),
      ...(req.headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
      // Or the registry hands out http URLs for uploads.
      'x-forwarded-proto': 'https',
      // A server that is to close refuses a request without reading its body, and the refusal is
      // lost with the broken connection.
      connection: 'keep-alive',
    },
    agent: false,
  });
  outgoing.on('response', (answer) => {
    const { statusCode: status = 502 } = answer;
    const headers = headersOf(loginServer, answer);
    onAnswer?.({ status, headers });
    if (cut === 'answer') {
      answer.resume().on('end', () => req.socket.destroy());
      return;
    }
    if (cut === 'half') {
      const hangUp = () => req.socket.destroy();
      buffer(answer).then((body) => {
        // An empty answer has no half: its headers promise what never comes.
        res.writeHead(status, { ...headers, 'content-length': body.length + 1 });
        res.flushHeaders();
        res.write(body.subarray(0, body.length / 2), hangUp);
      }, hangUp);
      return;
    }
    res.writeHead(status, headers);
    answer.pipe(res);
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (!res.closed) onFailure?.(error.code ?? error.message);
    if (res.headersSent) {
      res.destroy(error);
      return;
    }
    res.writeHead(502, { 'content-type': 'text/plain' });
    res.end(`the server behind this name does not answer (${error.code ?? error.message})\n`);
  });
  res.on('close', () => outgoing.destroy());
  req.pipe(outgoing);
}

/**
 * Asks the real server for `path` with the credentials of `req`, and tells its refusal: undefined
 * where it answered, or knows no such thing.
 */
export function probe(
  upstream: Upstream,
  loginServer: string,
  path: string,
  req: IncomingMessage,
  done: (refused: Answered | undefined) => void,
): void {
  const { authorization } = req.headers;
  const asked = request({
    host: '127.0.0.1',
    ...upstream,
    method: 'HEAD',
    path,
    headers: authorization === undefined ? {} : { authorization },
    agent: false,
  });
  asked.on('response', (answer) => {
    answer.resume();
    const { statusCode: status = 502 } = answer;
    const known = status === 404 || (status >= 200 && status < 300);
    done(known ? undefined : { status, headers: headersOf(loginServer, answer) });
  });
  asked.on('error', () => {
    done({ status: 502, headers: {} });
  });
  asked.end();
}

function headersOf(
  loginServer: string,
  { headers }: IncomingMessage,
): Record<string, string | string[]> {
  const challenge = headers['www-authenticate'];
  return {
    ...withoutHopByHop(headers),
    ...(challenge !== undefined && { 'www-authenticate': challengeOf(loginServer, challenge) }),
  };
}

function withoutHopByHop(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !HOP_BY_HOP.includes(entry[0]),
    ),
  );
}

function challengeOf(loginServer: string, challenge: string): string {
  return challenge
    .replace(/realm="[^"]*"/, `realm="https://${loginServer}/oauth2/token"`)
    .replace(/service="[^"]*"/, `service="${loginServer}"`);
}
