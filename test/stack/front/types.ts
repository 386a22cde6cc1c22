/** What the front needs from the emulated Azure, as its consumer sees it. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The services under other host names than a registry's, and the registry's token service. */
export interface EmulatedHosts {
  /** Serves a request for `host`; false when no service of that name is emulated. */
  handle(host: string, req: IncomingMessage, res: ServerResponse): boolean;
  /** Serves `/oauth2/*` of a registry. */
  handleRegistryAuth(loginServer: string, req: IncomingMessage, res: ServerResponse): void;
  /** Tells whether a host, registry or other, exists at this moment. */
  knows(host: string): boolean;
  /** Tells whether content trust is switched on for a registry. */
  trustAvailable(loginServer: string): boolean;
  /** Tells whether a registry lists what refers to a manifest. */
  referrersAvailable(loginServer: string): boolean;
}

/** One request that came through the front. */
export interface FrontRequest {
  /** Position in the log, from 0. */
  readonly index: number;
  readonly host: string;
  readonly method: string;
  /** Path and query as sent; values of query fields that may be secret are left out. */
  readonly path: string;
  /** Status answered; 0 when the connection was cut. */
  readonly status: number;
  readonly userAgent: string;
  /** Milliseconds of a clock of the front's own: when the request came, and when its answer left. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Number of the connection that it came by: the same for requests that share one. */
  readonly connection: number;
}

/** Which requests to show. */
export interface RequestFilter {
  /** Only entries with this index or a later one. */
  readonly since?: number;
  /** Regular expression, tested against `<METHOD> <host><path>` without regard to case. */
  readonly matching?: string;
}

/** A failure to inject at the front. */
export interface FrontFault {
  /**
   * Regular expression, tested against `<host><path>` without regard to case. It names what only
   * this test uses, by `uniqueName`; a request that has no such name is never hit.
   */
  readonly target: string;
  /** Only requests with this method. Default: any. */
  readonly method?: string;
  /** How many requests fail. Default: 1. */
  readonly times?: number;
  /** Matching requests let through before the first failure. Default: 0. */
  readonly skip?: number;
  readonly failure:
    | {
        readonly kind: 'answer';
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        /** Sent as it is. */
        readonly body?: string;
      }
    /** Cut the connection; with `afterServer` only once the real server has done its work. */
    | { readonly kind: 'cut'; readonly afterServer?: boolean }
    /** Let the real server do its work, hand on half of its answer, and cut the connection. */
    | { readonly kind: 'truncate' }
    /**
     * Answer as usual, and change the body of a success on its way: what fits the regular expression
     * `pattern` (in which a dot stands for line ends too) becomes `replacement`.
     */
    | {
        readonly kind: 'alter';
        readonly pattern: string;
        readonly replacement: string;
        /** Instead of the answer's own. */
        readonly contentType?: string;
      }
    /** Answer late, otherwise as usual. */
    | { readonly kind: 'delay'; readonly delayMs: number }
    /** Let nothing happen until `release(name)`, then go on as usual: an order without a race. */
    | { readonly kind: 'hold'; readonly name: string };
}
