/** Asks a real server of the stack directly, past the front. */
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

import type { Upstream } from '../front/upstream.js';

export interface ServerQuestion {
  /** Default: GET. */
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface ServerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends one request on a connection of its own. */
export function askServer(
  upstream: Upstream,
  { body: sent, ...question }: ServerQuestion,
): Promise<ServerAnswer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', ...upstream, ...question, agent: false }, (response) => {
      const { statusCode: status = 0, headers } = response;
      buffer(response).then((body) => {
        resolve({ status, headers, body });
      }, reject);
    })
      .on('error', reject)
      .end(sent);
  });
}
