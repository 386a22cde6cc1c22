/** What the rest of the core knows of HTTP. The implementation is in ./client.ts. */

/** One request. Redirects are followed within the same origin only. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Reading stops, and the request fails, once the body is longer than this. */
  readonly maxBytes: number;
  /**
   * Limit for the whole exchange with all its tries; with a `sink`, for the answer to begin and for
   * each further piece of it. Default in src/limits.ts.
   */
  readonly timeoutMs?: number;
  /**
   * Limit for one try, counted from the last sign of life of the server. A try that stalls is
   * repeated like one that breaks, where the request may be. Default in src/limits.ts, for requests
   * that may be repeated.
   */
  readonly tryMs?: number;
  /**
   * Whether the request may be sent again after a network error, 408, 429 or 5xx; `unprocessed` allows
   * it only where the server said that it did nothing (429). Default: true for GET and HEAD,
   * `unprocessed` otherwise, because a POST may have taken effect.
   */
  readonly retry?: boolean | 'unprocessed';
  /**
   * Hands a 429 back at once, to whoever paces its requests by it. Default: it is waited for, as long
   * as the timeout allows.
   */
  readonly isPaced?: boolean;
  /** Recognises further answers after which this request may be sent again, if it may be at all. */
  readonly isTransient?: (response: HttpResponse) => boolean;
  /**
   * The body of a successful answer must be a JSON object. One that is not was cut or altered on the
   * way: it is treated like a broken connection, and nobody gets to see it.
   */
  readonly expectsJson?: boolean;
  /** What is waited for, in messages to the user. Default: the host. */
  readonly service?: string;
  /**
   * Lets a server be asked without TLS: `local` an endpoint of this machine, as for managed
   * identities, never through a proxy; `public` one whose answers are signed in themselves.
   */
  readonly allowsPlainHttp?: 'local' | 'public';
  /**
   * Gets the body of a successful answer piece by piece, and none is kept: for content too large for
   * memory. Nothing more is read before the sink's promise settles. Once it has been given anything
   * the request is not repeated, so whoever wants the rest asks for it by a range.
   */
  readonly sink?: BodySink;
  readonly signal?: AbortSignal;
}

/**
 * Takes a piece of a body, of an answer with this status. What it throws ends the request and comes
 * out of it as it is.
 */
export type BodySink = (
  chunk: Buffer,
  answer: Pick<HttpResponse, 'status' | 'header'>,
) => Promise<void>;

/** A complete answer, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  /** A header by its name in any case; undefined when absent. */
  header(name: string): string | undefined;
  /** Empty where a sink took it. */
  readonly body: Buffer;
}

/**
 * Sends a request and reads its whole answer.
 * @throws {HttpError} when there is no usable answer; what the request's sink throws.
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpResponse>;

/** Why there was no usable answer. */
export type HttpErrorKind =
  'unreachable' | 'timeout' | 'tls' | 'unreadable' | 'too-large' | 'aborted';

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
