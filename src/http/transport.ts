/**
 * Sends one request once: through the proxy that the environment names, on a connection of its own
 * where it must not be repeated. Retries, redirects and logging are src/http/client.ts's.
 */
import { Agent } from 'node:https';

import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import type { PipelineResponse } from '@azure/core-rest-pipeline';

import { ProxyAgent } from './proxy-agent.js';
import { readProxies } from './proxy.js';
import type { Proxy, ProxyEnvironment } from './proxy.js';
import { mayRetry } from './retry.js';
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
    const agent = agentFor(url, mayRetry(request));
    if (agent !== undefined) sent.agent = agent;
    return network.sendRequest(sent);
  };
}

/**
 * Gives the agent for a request. One that must not be repeated gets a connection of its own: on a
 * kept-alive one the server may be hanging up just now, and nobody could tell whether the request
 * had arrived. Plain http is spoken with endpoints of this machine only, never through a proxy.
 */
function createAgents(
  environment: ProxyEnvironment,
): (url: URL, isRepeatable: boolean) => Agent | ProxyAgent | undefined {
  const proxyFor = readProxies(environment);
  const direct = { kept: new Agent({ keepAlive: true }), fresh: new Agent({ keepAlive: false }) };
  let tunnels: { readonly kept: ProxyAgent; readonly fresh: ProxyAgent } | undefined;
  const tunnelsOf = (proxy: Proxy): NonNullable<typeof tunnels> => {
    tunnels ??= {
      kept: new ProxyAgent(proxy, { keepAlive: true }),
      fresh: new ProxyAgent(proxy, { keepAlive: false }),
    };
    return tunnels;
  };
  return (url, isRepeatable) => {
    if (url.protocol === 'http:') return undefined;
    const proxy = proxyFor(url);
    const agents = proxy === undefined ? direct : tunnelsOf(proxy);
    return isRepeatable ? agents.kept : agents.fresh;
  };
}
