/**
 * The pipeline of one request: proxy, connection choice, user agent, network. It has no retry, no
 * redirect and no logging policy on purpose; src/http/client.ts does those within our bounds.
 */
import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';

import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  proxyPolicy,
} from '@azure/core-rest-pipeline';
import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';

import { mayRetry } from './retry.js';
import { HttpError } from './types.js';
import type { HttpRequest } from './types.js';

/** Sends `request` to `url` once; the body of the answer is still a stream. */
export type Transport = (
  request: HttpRequest,
  url: URL,
  signal: AbortSignal,
) => Promise<PipelineResponse>;

/** Builds a {@link Transport} that honours HTTPS_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS. */
export function createTransport(userAgent: string): Transport {
  const network = createDefaultHttpClient();
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(proxyPolicy());
  pipeline.addPolicy(freshConnectionPolicy(), { afterPolicies: [proxyPolicyName] });
  return async (request, url, signal) => {
    const response = await pipeline.sendRequest(
      network,
      createPipelineRequest({
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
        disableKeepAlive: !mayRetry(request),
        streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
      }),
    );
    refuseProxyAnswer(response, url);
    return response;
  };
}

const proxyPolicyName = 'proxyPolicy';

/**
 * A request that must not be repeated gets a connection of its own: on a kept-alive one the server
 * may be hanging up just now, and nobody could tell whether the request had arrived.
 */
function freshConnectionPolicy(): PipelinePolicy {
  const agent = new Agent({ keepAlive: false });
  return {
    name: 'freshConnectionPolicy',
    sendRequest: (request, next) => {
      if (request.disableKeepAlive) {
        request.agent ??= agent;
      }
      return next(request);
    },
  };
}

/**
 * When a proxy refuses CONNECT, the agent hands its answer on as though the server had given it,
 * though no TLS vouches for it. Such an answer must never be taken for the server's word. An answer
 * to HEAD has no stream to tell by: nothing may be decided on one.
 */
function refuseProxyAnswer(response: PipelineResponse, url: URL): void {
  const stream = response.readableStreamBody;
  const socket = stream !== undefined && 'socket' in stream ? stream.socket : undefined;
  if (url.protocol !== 'https:' || socket === undefined || socket instanceof TLSSocket) {
    return;
  }
  const hint = response.status === 407 ? '; it wants a user name and password in HTTPS_PROXY' : '';
  throw new HttpError(
    'unreachable',
    `the HTTPS proxy refused to connect to ${url.host} (status ${response.status})${hint}`,
  );
}
