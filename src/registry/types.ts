/** What the files of this folder hand to each other. Types only. */
import type { HttpClient, TokenSource } from '../http/index.js';
import type { Clock, Secrets } from '../ports.js';
import type { RegistryCredential } from './credential.js';

/** What a registry client is made of. */
export interface RegistryClientOptions {
  /** Host of the registry API, with port if any. */
  readonly host: string;
  readonly http: HttpClient;
  readonly token: TokenSource;
  readonly signal?: AbortSignal;
}

/** One repository of a registry, as a copy goes from it or to it. */
export interface RepositoryAccess extends RegistryClientOptions {
  readonly repository: string;
}

/** What a token source is made of. */
export interface TokenSourceOptions {
  /** Host of the registry API, with port if any: `myregistry.azurecr.io`. */
  readonly host: string;
  readonly http: HttpClient;
  readonly credential: RegistryCredential;
  readonly secrets: Pick<Secrets, 'mask'>;
  /** Path that answers with the challenge. Default: `/v2/`. */
  readonly ping?: string;
  /** Told to the token service for its log; default: the user name, if there is one. */
  readonly account?: string;
  /** Further hosts the user lets receive the credential. */
  readonly allowedRealmHosts?: readonly string[];
  readonly clock?: Clock;
  /**
   * What is known of the registry beforehand, so that it need not be asked: the address of its token
   * service, on a host that may have the credential. It is asked after all where that is no such service.
   */
  readonly realm?: string;
}

/** An access token and when it ends, in milliseconds since 1970. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}
