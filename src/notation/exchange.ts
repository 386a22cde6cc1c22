/**
 * Asks servers whose answers are signed in themselves: OCSP responders, CRLs, time stamping
 * authorities. Neither TLS nor a secret is in it, and a question may be asked again.
 */
import { TrustError } from '../errors.js';
import { HttpError, type HttpClient, type HttpRequest, type HttpResponse } from '../http/index.js';
import { RuleError } from './rule-error.js';

/** The way to such servers. */
export interface Exchange {
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The address in messages: without a query. What is no address is quoted and shortened.
 */
export function displayAddress(address: string): string {
  if (!URL.canParse(address)) return JSON.stringify(address.slice(0, 200));
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/**
 * Sends one question, and takes no other status than 200.
 * @throws {RuleError} saying why there is no answer, without naming the address
 * @throws {TrustError} INTERRUPTED
 */
export async function exchange(
  { http, signal }: Exchange,
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'maxBytes' | 'timeoutMs'>,
): Promise<HttpResponse> {
  let response: HttpResponse;
  try {
    response = await http({
      ...request,
      retry: true,
      allowsPlainHttp: 'public',
      ...(signal && { signal }),
    });
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause;
    if (cause.kind === 'aborted') {
      const what = `The request to ${new URL(request.url).host} was cancelled`;
      throw new TrustError('INTERRUPTED', what, { remedy: 'Run the step again.', cause });
    }
    const what = `${request.method} ${displayAddress(request.url)}`;
    const reason = cause.message.startsWith(what)
      ? cause.message.slice(what.length).replace(/^:? /, '')
      : cause.message;
    throw new RuleError(reason, { cause });
  }
  const { status } = response;
  if (status === 200) return response;
  if (status === 407) throw new RuleError('the proxy needs a user name and password (status 407)');
  const target = response.header('location');
  const where = target === undefined ? '' : `, which leads to ${displayAddress(target)}`;
  throw new RuleError(`it answered with status ${status}${where}`);
}
