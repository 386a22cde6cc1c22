/**
 * Sends one request once: through the proxy that the environment names, on a connection that is kept
 * for the next. Retries, redirects and logging are src/http/client.ts's.
 */
import { Agent } from 'node:https';

import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import type { PipelineResponse } from '@azure/core-rest-pipeline';

import { limits } from '../limits.js';
import { PlainProxyAgent, ProxyAgent } from './proxy-agent.js';
import { readProxies } from './proxy.js';
import type { ProxyEnvironment } from './proxy.js';
import type { HttpRequest } from './types.js';

/** Sends `request` to `url` once; the body of the answer is still a stream. */
export type Transport = (
  request: HttpRequest,
  url: URL,
  signal: AbortSignal,
) => Promise<PipelineResponse>;

/**
 * Builds a {@link Transport} that honours the proxy variables and NODE_EXTRA_CA_CERTS.
 * @throws {TrustError} INPUT_INVALID for a proxy variable that cannot be used
 */
export function createTransport(userAgent: string, environment: ProxyEnvironment): Transport {
  const network = createDefaultHttpClient();
  const agentFor = createAgents(environment);
  return (request, url, signal) => {
    const sent = createPipelineRequest({
      url: url.href,
      method: request.method,
      headers: createHttpHeaders({
        // Hashes and lengths are over the bytes as they are stored, so nothing may be compressed.
        'Accept-Encoding': 'identity',
        'User-Agent': userAgent,
        ...request.headers,
      }),
      ...(request.body === undefined ? {} : { body: request.body }),
      abortSignal: signal,
      timeout: 0,
      allowInsecureConnection: url.protocol === 'http:',
      streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    });
    const agent = agentFor(url, request);
    if (agent !== undefined) sent.agent = agent;
    return network.sendRequest(sent);
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
