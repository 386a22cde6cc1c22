/**
 * The Notary v1 server API over HTTP (notary server/server.go). Owns addresses, scopes and the
 * reading of status codes; it hands metadata through as bytes and must never trust it. A POST goes
 * out once: whether to send again is for the publisher, who can look what happened.
 */
import { TrustError, isTrustError } from '../../errors.js';
import {
  HttpError,
  isWebPage,
  registryFirewall,
  type HttpRequest,
  type HttpResponse,
} from '../../http/index.js';
import { limits } from '../../limits.js';
import type { Gun, PublicKey, RoleName } from '../metadata/types.js';
import { checkTrustServer } from './address.js';
import { complaintOf } from './answers.js';
import {
  administratorRefused,
  contentTrustOff,
  noResponse,
  noLogin,
  readerRefused,
  signerRefused,
  stumbled,
  updateRejected,
} from './error-mapping.js';
import { multipartBody } from './multipart.js';
import { parseServerKey } from './server-key.js';
import type {
  DeletionOutcome,
  PublishOutcome,
  RoleRequest,
  TrustServer,
  TrustServerOptions,
} from './types.js';

/** What may stand unescaped in a path: the server matches the GUN literally, `:` included. */
const pathSafeGun = /^[A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9])?$/;

function checkedGun(gun: Gun): Gun {
  if (pathSafeGun.test(gun) && !/(?:^|\/)\.{0,2}(?:\/|$)/.test(gun)) return gun;
  throw new TrustError('INPUT_INVALID', `"${gun}" is not a valid name of a trust collection`, {
    remedy: 'Give registry and repository, such as contoso.azurecr.io and team/app.',
  });
}

function fileName(role: RoleName, request: RoleRequest): string {
  if (request.sha256Hex !== undefined) return `${role}.${request.sha256Hex}.json`;
  if (request.version !== undefined) return `${request.version}.${role}.json`;
  return `${role}.json`;
}

/** Opens one trust collection on one server. Nothing is sent before the first call. */
export function createTrustServer(options: TrustServerOptions): TrustServer {
  return new HttpTrustServer(options);
}

class HttpTrustServer implements TrustServer {
  readonly gun: Gun;
  readonly host: string;
  readonly #options: TrustServerOptions;
  readonly #base: string;

  constructor(options: TrustServerOptions) {
    this.#options = options;
    this.gun = checkedGun(options.gun);
    const url = checkTrustServer(options.url);
    this.host = url.host;
    // notary storage/httpstore.go, NewNotaryServerStore: the GUN goes in as it is.
    this.#base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/v2/${this.gun}/_trust/tuf/`;
  }

  async fetchRole(role: RoleName, request: RoleRequest): Promise<Buffer | undefined> {
    const name = fileName(role, request);
    const doing = `serve ${role}`;
    // Plain names may be cached for five minutes on the way (notary server/server.go); the others
    // never change.
    const current = request.sha256Hex === undefined && request.version === undefined;
    const response = await this.#send('pull', doing, {
      method: 'GET',
      url: this.#base + name,
      ...(current && { headers: { 'cache-control': 'no-cache' } }),
      maxBytes: request.maxBytes,
      ...(request.retry !== undefined && { retry: request.retry }),
      ...(request.signal && { signal: request.signal }),
    });
    if (isWebPage(response)) throw stumbled(this, response, doing);
    if (response.status === 200) return response.body;
    if (response.status === 404) return undefined;
    if (response.status === 401 || response.status === 403) throw readerRefused(this, response);
    if (response.status === 405) throw contentTrustOff(this, response);
    // SQL back ends answer 500 UNKNOWN for a delegation that was never published
    // (notary server/storage/tuf_store.go).
    if (
      response.status === 500 &&
      role.startsWith('targets/') &&
      complaintOf(response).code === 'UNKNOWN'
    ) {
      return undefined;
    }
    throw stumbled(this, response, doing);
  }

  async fetchServerKey(role: 'snapshot' | 'timestamp', signal?: AbortSignal): Promise<PublicKey> {
    const doing = `provide its ${role} key`;
    const response = await this.#send('pull,push', doing, {
      method: 'GET',
      url: `${this.#base}${role}.key`,
      maxBytes: limits.serverKeyBytes,
      ...(signal && { signal }),
    });
    this.#refuseUnauthorised(response);
    // notary server/handlers/default.go, getKeyHandler: a server makes the keys it does not have, so
    // only a registry that serves no trust data at all knows nothing of them.
    if (response.status === 404 && !isWebPage(response)) throw contentTrustOff(this, response);
    const key = response.status === 200 ? parseServerKey(response.body) : undefined;
    if (!key) throw stumbled(this, response, doing);
    return key;
  }

  async rotateServerKey(role: 'snapshot' | 'timestamp', signal?: AbortSignal): Promise<PublicKey> {
    const doing = `make a new ${role} key`;
    const response = await this.#send('*', doing, {
      method: 'POST',
      url: `${this.#base}${role}.key`,
      maxBytes: limits.serverKeyBytes,
      // A key more that nobody names is no harm.
      retry: true,
      ...(signal && { signal }),
    });
    this.#refuseUnadministered(response, doing);
    const key = response.status === 200 ? parseServerKey(response.body) : undefined;
    if (!key) throw stumbled(this, response, doing);
    return key;
  }

  async deleteTrustData(signal?: AbortSignal): Promise<DeletionOutcome> {
    const doing = 'delete the trust data';
    const response = await this.#sendOnce('*', doing, { method: 'DELETE' }, signal);
    if (response instanceof TrustError) return { kind: 'uncertain', error: response };
    this.#refuseUnadministered(response, doing);
    if (response.status >= 200 && response.status < 300 && !isWebPage(response)) {
      return { kind: 'accepted' };
    }
    return { kind: 'uncertain', error: stumbled(this, response, doing) };
  }

  async publish(
    parts: ReadonlyMap<RoleName, Buffer>,
    signal?: AbortSignal,
  ): Promise<PublishOutcome> {
    const { contentType, body } = multipartBody(parts);
    const doing = 'accept trust data';
    this.#options.log?.debug(
      `publish ${[...parts].map(([role, b]) => `${role} (${b.length} bytes)`).join(', ')}`,
    );
    const headers = { 'content-type': contentType };
    const request = { method: 'POST', headers, body } as const;
    const response = await this.#sendOnce('pull,push', doing, request, signal);
    if (response instanceof TrustError) return { kind: 'uncertain', error: response };
    return this.#readPublishAnswer(response, doing);
  }

  /** Sends what changes the collection as a whole. @returns an error where it may have arrived. */
  async #sendOnce(
    actions: string,
    doing: string,
    request: Pick<HttpRequest, 'method' | 'headers' | 'body'>,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse | TrustError> {
    try {
      return await this.#send(actions, doing, {
        ...request,
        url: this.#base,
        maxBytes: limits.errorBodyBytes,
        retry: 'unprocessed',
        ...(signal && { signal }),
      });
    } catch (error) {
      // The request may have arrived although its answer did not, or makes no sense.
      if (isTrustError(error, 'TRUST_SERVER_UNREACHABLE', 'TRUST_DATA_INVALID')) return error;
      throw error;
    }
  }

  #readPublishAnswer(response: HttpResponse, doing: string): PublishOutcome {
    this.#refuseUnauthorised(response);
    const { status } = response;
    if (isWebPage(response)) return { kind: 'uncertain', error: stumbled(this, response, doing) };
    if (status >= 200 && status < 300) return { kind: 'accepted' };
    if (status === 400 && complaintOf(response).code === 'VERSION') return { kind: 'conflict' };
    // It was turned away, again and again: nothing was published.
    if (status === 429 || status === 413) throw stumbled(this, response, doing);
    if (status === 408 || status >= 500) {
      return { kind: 'uncertain', error: stumbled(this, response, doing) };
    }
    throw updateRejected(this, response);
  }

  #refuseUnauthorised(response: HttpResponse): void {
    if (response.status === 401 || response.status === 403) throw signerRefused(this, response);
    if (response.status === 405) throw contentTrustOff(this, response);
  }

  #refuseUnadministered(response: HttpResponse, doing: string): void {
    if (response.status === 401 || response.status === 403) {
      throw administratorRefused(this, response, doing);
    }
    if (response.status === 405) throw contentTrustOff(this, response);
  }

  async #send(actions: string, doing: string, request: HttpRequest): Promise<HttpResponse> {
    // The repository in the scope is the whole GUN, host included (docker-cli: cli/trust/trust.go).
    const token = await this.#token(actions, doing);
    const headers = {
      ...request.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    let response: HttpResponse;
    try {
      response = await this.#options.http({ ...request, headers });
    } catch (error) {
      if (error instanceof HttpError) throw noResponse(this, error, doing);
      throw error;
    }
    const firewall = registryFirewall(this.host, response);
    if (firewall) throw firewall;
    return response;
  }

  async #token(actions: string, doing: string): Promise<string | undefined> {
    try {
      return await this.#options.token(`repository:${this.gun}:${actions}`);
    } catch (error) {
      // It logs in as to a registry, but need not be one: the user gave it another name.
      if (!isTrustError(error, 'REGISTRY_UNREACHABLE', 'REGISTRY_FAILED')) throw error;
      throw noLogin(this, error, doing);
    }
  }
}
