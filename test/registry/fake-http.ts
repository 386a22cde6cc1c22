/** An HttpClient that answers from a table and remembers what it was asked. */
import { isTrustError } from '../../src/errors.js';
import type { TrustError } from '../../src/errors.js';
import { HttpError } from '../../src/http/index.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/http/index.js';

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | object;
  /** Bytes of the body after which the connection breaks. */
  readonly cutAfter?: number;
}

export interface FakeHttp {
  readonly http: HttpClient;
  readonly requests: HttpRequest[];
}

/** Every request goes to `answer`; throwing there is a network failure. */
export function fakeHttp(answer: (request: HttpRequest, url: URL) => Answer): FakeHttp {
  const requests: HttpRequest[] = [];
  const http: HttpClient = async (request) => {
    requests.push(request);
    const given = await Promise.resolve(answer(request, new URL(request.url)));
    const response = toResponse(given);
    if (request.signal?.aborted === true) throw new HttpError('aborted', 'it was cancelled');
    const { sink } = request;
    if (sink === undefined || response.status > 299) return response;
    const end = given.cutAfter ?? response.body.length;
    for (let at = 0; at < end; at += pieceBytes) {
      await sink(response.body.subarray(at, Math.min(at + pieceBytes, end)), response);
    }
    if (given.cutAfter !== undefined) throw new HttpError('unreachable', 'the connection was cut');
    return { ...response, body: Buffer.alloc(0) };
  };
  return { http, requests };
}

/** No divisor of any piece that is sent on. */
const pieceBytes = 77_777;

function toResponse({ status = 200, headers = {}, body = '' }: Answer): HttpResponse {
  const lower = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : json(body);
  return { status, header: (name) => lower.get(name.toLowerCase()), body: bytes };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A JWT nobody signed, with these claims. */
export function jwt(claims: object): string {
  const part = (value: object): string => json(value).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.c2ln`;
}

/** The TrustError that `promise` rejects with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<TrustError> {
  const thrown: unknown = await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (!isTrustError(thrown)) {
    throw thrown;
  }
  return thrown;
}
