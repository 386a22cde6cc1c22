/**
 * Turns what Node, TLS and the HTTP pipeline throw into an HttpError whose message says what to do.
 * It never repeats a URL's query, a header or a body.
 */
import { codeOf, messageOf, withoutDescriptor, type TrustError } from '../errors.js';
import { HttpError } from './types.js';

const unknownAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  // An authority of the right name with another key: renewed, or that of a stranger.
  'CERT_SIGNATURE_FAILURE',
]);

const tlsReasons = new Map([
  ['CERT_HAS_EXPIRED', 'its certificate has expired (is the clock of this machine right?)'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet (is the clock of this machine right?)'],
  ['CERT_REVOKED', 'its certificate was revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
]);

const networkReasons = new Map([
  ['ENOTFOUND', 'there is no such host name'],
  ['EAI_AGAIN', 'the name server did not answer'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
]);

/** The failure of a request that this machine could not even begin; undefined for any other. */
export function descriptorFailure(what: string, thrown: unknown): TrustError | undefined {
  return withoutDescriptor(codeOf(thrown), what, thrown);
}

/** Failures that may be gone next time, unlike a certificate that does not fit. */
const transientCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  // This machine's own bound: a moment later something else has been closed.
  'EMFILE',
  'ENFILE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether a failure with this system code may be gone next time. */
export function isTransientCode(code: string): boolean {
  return transientCodes.has(code) || code === transientProxyFailureCode;
}

/** The `code` of failures of a proxy; those of the second may be gone at the next try. */
export const proxyFailureCode = 'ERR_PROXY';
export const transientProxyFailureCode = 'ERR_PROXY_TRANSIENT';

/** What a system code says in words. */
export function networkReasonOf(code: string): string | undefined {
  return networkReasons.get(code) ?? tlsReasons.get(code);
}

/** Describes the failure `thrown` of the request `what` (method and URL without its query). */
export function toHttpError(what: string, thrown: unknown): HttpError {
  if (thrown instanceof HttpError) {
    return thrown;
  }
  const code = codeOf(thrown);
  if (code === proxyFailureCode || code === transientProxyFailureCode) {
    return new HttpError('unreachable', `${what}: ${messageOf(thrown)}`, { cause: bare(thrown) });
  }
  if (unknownAuthority.has(code)) {
    return new HttpError(
      'tls',
      `${what}: the server's certificate comes from an authority this machine does not know ` +
        `(${code}). If that authority is your own, put its certificate into a PEM file and set ` +
        'NODE_EXTRA_CA_CERTS to the path of that file before this program starts',
      { cause: bare(thrown) },
    );
  }
  const tlsReason = tlsReasons.get(code);
  if (tlsReason !== undefined || isTlsCode(code)) {
    const reason = tlsReason ?? 'the TLS handshake failed';
    return new HttpError('tls', `${what}: ${reason} (${code})`, { cause: bare(thrown) });
  }
  const reason = networkReasonOf(code);
  const text = reason === undefined ? plainReason(thrown) : `${reason} (${code})`;
  return new HttpError('unreachable', `${what}: ${text}`, { cause: bare(thrown) });
}

/** An error without what it drags along: the library's errors hold the request, secrets included. */
function bare(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return undefined;
  const cause = new Error(plainReason(thrown));
  cause.name = thrown.name;
  return Object.assign(cause, { code: codeOf(thrown) });
}

/** Node's own TLS codes, and those of OpenSSL's certificate verification (X509_V_ERR_*). */
function isTlsCode(code: string): boolean {
  return (
    /^(?:EPROTO$|ERR_SSL_|ERR_TLS_|CERT_|CRL_|ERROR_IN_(?:CERT|CRL)|UNABLE_TO_)/.test(code) ||
    ['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'HOSTNAME_MISMATCH'].includes(code)
  );
}

/** The first line of a message nobody foresaw; any URL in it loses its query. */
function plainReason(thrown: unknown): string {
  const line = messageOf(thrown).split('\n', 1)[0] ?? '';
  return line.replace(/(https?:\/\/)(?:[^\s/@]*@)?([^\s?#]*)[^\s]*/g, '$1$2');
}
