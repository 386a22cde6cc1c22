/** What the rest of the core knows of HTTP. The implementation is in ./client.ts. */

/** One request. Redirects are followed within the same origin only. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Reading stops, and the request fails, once the body is longer than this. */
  readonly maxBytes: number;
  /** Limit for the whole exchange; default in src/limits.ts. */
  readonly timeoutMs?: number;
  /**
   * Whether the request may be sent again after a network error, 408, 429 or 5xx. Default: true for
   * GET and HEAD, false otherwise, because a POST may have taken effect.
   */
  readonly retry?: boolean;
  readonly signal?: AbortSignal;
}

/** A complete answer, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  /** A header by its name in any case; undefined when absent. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** Sends a request and reads its whole answer. @throws {HttpError} when there is no usable answer. */
export type HttpClient = (request: HttpRequest) => Promise<HttpResponse>;

/** Why there was no usable answer. */
export type HttpErrorKind = 'unreachable' | 'timeout' | 'tls' | 'too-large' | 'aborted';

/** No answer, or one larger than allowed. The message names method and URL without its query. */
export class HttpError extends Error {
  constructor(
    readonly kind: HttpErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'HttpError';
  }
}

/**
 * Yields a bearer token for a scope such as `repository:team/app:pull,push`, or undefined where the
 * server wants none. Callers put it into the Authorization header and never log it.
 */
export type TokenSource = (scope: string) => Promise<string | undefined>;
