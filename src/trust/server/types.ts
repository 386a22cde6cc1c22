/** What the rest of `trust/` asks of a Notary v1 server. Types only. */
import type { HttpClient, TokenSource } from '../../http/types.js';
import type { Log } from '../../ports.js';
import type { TrustError } from '../../errors.js';
import type { Gun, PublicKey, RoleName } from '../metadata/types.js';

/** Where and as whom a {@link TrustServer} speaks. */
export interface TrustServerOptions {
  /** Base address without `/v2`, such as `https://contoso.azurecr.io`. */
  readonly url: string;
  readonly gun: Gun;
  readonly http: HttpClient;
  /**
   * Asked for `repository:<gun>:pull` to read, `repository:<gun>:pull,push` to write, and
   * `repository:<gun>:*` to have the server make a key or to delete.
   */
  readonly token: TokenSource;
  readonly log?: Pick<Log, 'debug'>;
}

/** Which version of a role's file is wanted; without either, the current one. */
export interface RoleRequest {
  /** Lower-case hex: the immutable file with this content. */
  readonly sha256Hex?: string;
  readonly version?: number;
  /** A longer body is refused. */
  readonly maxBytes: number;
  /** Whether a server error may be retried; default true. Off for files that may not exist. */
  readonly retry?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How a publish ended, as far as the answer tells. Refusals are thrown instead. */
export type PublishOutcome =
  | { readonly kind: 'accepted' }
  /** Somebody published in between: read again, apply the change again, sign again. */
  | { readonly kind: 'conflict' }
  /** The connection broke or the server stumbled: the change may or may not have taken effect. */
  | { readonly kind: 'uncertain'; readonly error: TrustError };

/** How a deletion ended, as far as the answer tells. Refusals are thrown instead. */
export type DeletionOutcome = Exclude<PublishOutcome, { readonly kind: 'conflict' }>;

/** One trust collection on one server. */
export interface TrustServer {
  readonly gun: Gun;
  /** For messages, such as `contoso.azurecr.io`. */
  readonly host: string;
  /** The file's bytes as served, or undefined when the server does not have it. */
  fetchRole(role: RoleName, request: RoleRequest): Promise<Buffer | undefined>;
  /**
   * The public half of a key the server signs with. If the current root names one that the server
   * holds, it is that one; otherwise a new key on every call. Because the server wants `push` for
   * it, this is also the server's own answer to "may this principal publish here?".
   */
  fetchServerKey(role: 'snapshot' | 'timestamp', signal?: AbortSignal): Promise<PublicKey>;
  /**
   * Has the server make a new key for `role`. It signs nothing before a root names it, so one that is
   * never used does no harm.
   */
  rotateServerKey(role: 'snapshot' | 'timestamp', signal?: AbortSignal): Promise<PublicKey>;
  /**
   * Deletes all trust data of the collection, once; the keys the server made for it stay there. It is
   * accepted as well where there was nothing.
   */
  deleteTrustData(signal?: AbortSignal): Promise<DeletionOutcome>;
  /** Sends the given files as one publish, once. */
  publish(parts: ReadonlyMap<RoleName, Buffer>, signal?: AbortSignal): Promise<PublishOutcome>;
}
