/**
 * Sends one request once: through the proxy that the environment names, on a connection that is kept
 * for the next. Retries, redirects and logging are src/http/client.ts's.
 */
import { request as requestPlainly, type IncomingMessage } from 'node:http';
import { Agent, request as requestSecurely } from 'node:https';
import type { Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';

import { limits } from '../limits.js';
import { PlainProxyAgent, ProxyAgent } from './proxy-agent.js';
import { readProxies } from './proxy.js';
import type { ProxyEnvironment } from './proxy.js';
import type { HttpRequest } from './types.js';

/** An answer whose body is still on its way. */
export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** None for HEAD. */
  readonly body: Readable | undefined;
}

/** Sends `request` to `url` once. */
export type Transport = (request: HttpRequest, url: URL, signal: AbortSignal) => Promise<Answer>;

/**
 * Builds a {@link Transport} that honours the proxy variables and NODE_EXTRA_CA_CERTS.
 * @throws {TrustError} INPUT_INVALID for a proxy variable that cannot be used
 */
export function createTransport(userAgent: string, environment: ProxyEnvironment): Transport {
  const agentFor = createAgents(environment);
  return (request, url, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const { method, body } = request;
      // Without the brackets of an IPv6 address.
      const { hostname, port, path } = urlToHttpOptions(url);
      const send = url.protocol === 'http:' ? requestPlainly : requestSecurely;
      const sent = send(
        {
          hostname,
          port,
          path,
          agent: agentFor(url, request),
          method,
          headers: {
            // Hashes and lengths are over the bytes as they are stored, so nothing may be compressed.
            'Accept-Encoding': 'identity',
            'User-Agent': userAgent,
            ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
            ...request.headers,
          },
        },
        (answer) => {
          resolve(answerOf(method, answer));
        },
      );
      // A request that waits for its connection is told of no error before there is one.
      const abort = (): void => {
        const error = new Error('The request was stopped.');
        sent.destroy(error);
        reject(error);
      };
      signal.addEventListener('abort', abort);
      sent.once('close', () => {
        signal.removeEventListener('abort', abort);
        // Node tells of no error where a server switches protocols unasked. After an answer this does nothing.
        reject(Object.assign(new Error('There was no response.'), { code: 'ECONNRESET' }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

function answerOf(method: string, answer: IncomingMessage): Answer {
  const { statusCode = 0, headers } = answer;
  // Read to its end, so that the connection can be used again.
  if (method === 'HEAD') answer.resume();
  return {
    status: statusCode,
    header: (name) => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    },
    body: method === 'HEAD' ? undefined : answer,
  };
}

/**
 * Gives the agent for a request. Connections are kept, but not for long: servers and what stands before
 * them hang up on those that are idle, and of a request that meets that moment nobody can tell whether
 * it arrived. Endpoints of this machine that speak plain http are never asked through a proxy.
 */
function createAgents(
  environment: ProxyEnvironment,
): (url: URL, request: HttpRequest) => Agent | ProxyAgent | PlainProxyAgent | undefined {
  const proxyFor = readProxies(environment);
  const options = { keepAlive: true, timeout: limits.idleConnectionMs };
  let direct: Agent | undefined;
  let tunnels: ProxyAgent | undefined;
  return (url, request) => {
    const isPlain = url.protocol === 'http:';
    const proxy = isPlain && request.allowsPlainHttp !== 'public' ? undefined : proxyFor(url);
    if (isPlain) return proxy && new PlainProxyAgent(proxy);
    return proxy ? (tunnels ??= new ProxyAgent(proxy, options)) : (direct ??= new Agent(options));
  };
}
