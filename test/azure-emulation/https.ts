/** Plain HTTPS requests to an emulator, for what no SDK client sends. Test helper. */
import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

import type { Loopback } from './loopback.js';

/** An answer, its body read as JSON when there is one. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What to send besides method and URL. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form, unless it is a string. */
  readonly body?: string | Readonly<Record<string, string | readonly string[]>>;
}

/** Sends one request and reads the answer. */
export function send(
  { agent }: Pick<Loopback, 'agent'>,
  method: string,
  url: string,
  sent: Sent = {},
): Promise<Reply> {
  const body = typeof sent.body === 'object' ? form(sent.body) : sent.body;
  const type =
    typeof sent.body === 'object' ? 'application/x-www-form-urlencoded' : 'application/json';
  const headers = { ...(body !== undefined && { 'content-type': type }), ...sent.headers };
  return new Promise((resolve, reject) => {
    const req = request(url, { method, agent, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('end', () => {
        const parsed: unknown = text === '' ? undefined : JSON.parse(text);
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: parsed });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Basic credentials as a header. */
export function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  return JSON.parse(payload) as Readonly<Record<string, unknown>>;
}

function form(fields: Readonly<Record<string, string | readonly string[]>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : value) params.append(name, one);
  }
  return params.toString();
}
