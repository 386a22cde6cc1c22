/** Sends one request to an emulated host through the stack's proxy, as any client would. */
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import { HttpsProxyAgent } from 'https-proxy-agent';

import type { StackInfo } from '../info.js';

export interface Question {
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Asks once, on a connection of its own.
 * @throws {Error} when the connection breaks, or the host does not exist.
 */
export async function ask(info: StackInfo, question: Question): Promise<Answer> {
  const ca = await readFile(info.caFile, 'utf8');
  const agent = new HttpsProxyAgent(info.env.HTTPS_PROXY ?? '', { ca });
  const { body, ...options } = question;
  return new Promise((resolve, reject) => {
    request({ ...options, agent, ca }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((answer) => {
        resolve({ status, headers, body: answer });
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}
