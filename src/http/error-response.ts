/**
 * What an answer that is not a success says: the one reader of the error bodies of Entra ID, Key
 * Vault, Azure Resource Manager, registries and trust servers, and the one judge of what kind of
 * trouble it is. Texts of a server are cut to one printable line. Of a success nothing is ever read
 * here: its body may be a secret.
 */
import { isRecord, parseJsonObject } from '../json.js';
import { statedWaitMs, isTransientStatus } from './retry.js';
import type { HttpResponse } from './types.js';

/** An error answer, taken apart. */
export interface ErrorResponse {
  readonly status: number;
  /** Such as `DENIED`, `ForbiddenByFirewall` or `invalid_client`; undefined where the body has none. */
  readonly code: string | undefined;
  /** The code behind it (Key Vault's `innererror`). */
  readonly innerCode: string | undefined;
  /** The server's own words on one line; empty when there are none. */
  readonly words: string;
  /** Whether the body is a web page rather than the answer of an API. */
  readonly isWebPage: boolean;
  /** What spoke in place of the service, if it says so itself (Server and Via). */
  readonly speaker: string | undefined;
  /** For how long the server asks to be left alone, in seconds. */
  readonly waitSeconds: number | undefined;
  /** It may be different next time, and nobody needs to change anything. */
  readonly isBusy: boolean;
  /** The firewall of a registry or vault, and the client address that it states, if it does. */
  readonly firewall: { readonly address: string | undefined } | undefined;
}

const maxWords = 600;
const maxCode = 80;

/** Takes an error answer apart; of any other answer nothing but the status. */
export function parseErrorResponse(response: HttpResponse): ErrorResponse {
  const { status } = response;
  const isSuccess = status >= 200 && status < 300;
  const text = isSuccess ? '' : response.body.toString();
  const { code, innerCode, message } = complaintIn(text);
  const page = isWebPage(response);
  const words = message ?? (page ? 'a web page' : oneLine(text));
  const waitMs = statedWaitMs(response);
  return {
    status,
    code,
    innerCode,
    words,
    isWebPage: page,
    speaker: speakerOf(response),
    waitSeconds: waitMs === undefined ? undefined : Math.ceil(waitMs / 1000),
    isBusy: isTransientStatus(status),
    firewall: status === 403 || status === 401 ? firewallIn(innerCode, text) : undefined,
  };
}

/**
 * Makes foreign text fit for one line of a message; whole words only, and no part of an escape: what
 * is left of a secret in it can then be recognised before the three dots.
 */
export function oneLine(text: string, most = maxWords): string {
  const line = text
    // eslint-disable-next-line no-control-regex -- control characters are what must go
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ')
    // What turns the direction of writing makes a line read otherwise than it is.
    .replace(/\p{Bidi_Control}/gu, '')
    .trim();
  if (line.length <= most) return line;
  const begun = line.slice(0, most);
  const words = begun.replace(/\s\S*$/, '');
  return `${words === begun ? begun.replace(/(?:[&\\%][^&\\%\s]{0,7})+$/, '') : words} ...`;
}

/** Whether the answer is a web page: from a proxy, a login page or a wrong address. */
export function isWebPage(response: HttpResponse): boolean {
  if (/^text\/html\b/i.test(response.header('content-type') ?? '')) return true;
  return /^\s*<(?:!doctype|html|head|body)\b/i.test(response.body.subarray(0, 64).toString('utf8'));
}

/** `10 minutes` or `30 seconds`. */
function durationOf(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** What to do about a service that is busy or failing: nobody needs to change anything. */
export function busyRemedy({ status, waitSeconds }: ErrorResponse, service: string): string {
  const wait = waitSeconds === undefined ? 'some minutes' : durationOf(waitSeconds);
  return (
    `Wait ${wait}, then run the step again.\n` +
    (status === 429
      ? `If it happens often, let fewer jobs use ${service} at the same time.`
      : 'If it lasts, see https://azure.status.microsoft.')
  );
}

/** ` and asks to wait 10 minutes`, or nothing. */
export function requestedWait({ waitSeconds }: ErrorResponse): string {
  return waitSeconds === undefined || waitSeconds === 0
    ? ''
    : ` and asks to wait ${durationOf(waitSeconds)}`;
}

interface Complaint {
  readonly code?: string | undefined;
  readonly innerCode?: string | undefined;
  readonly message?: string | undefined;
}

/** Reads the shapes in which the services complain. */
function complaintIn(text: string): Complaint {
  const body = parseJsonObject(text);
  if (body === undefined) return {};
  // Registries and trust servers: {"errors":[{"code","message","detail"}]}.
  const first: unknown = Array.isArray(body.errors) ? body.errors[0] : undefined;
  if (isRecord(first)) {
    const message = detailWords(first.detail) || (textOf(first.message) ?? '');
    return { code: codeIn(first.code), message: oneLine(message) };
  }
  // Key Vault and Resource Manager: {"error":{"code","message","innererror":{"code"}}}.
  if (isRecord(body.error)) {
    const inner = body.error.innererror ?? body.error.innerError;
    return {
      code: codeIn(body.error.code),
      innerCode: isRecord(inner) ? codeIn(inner.code) : undefined,
      message: oneLine(textOf(body.error.message) ?? ''),
    };
  }
  // OAuth 2.0, as Entra ID and the metadata service speak it.
  if (typeof body.error === 'string') {
    const description = textOf(body.error_description) ?? '';
    // What follows is for support cases; it would push the sentence out of a summary.
    const sentence = description.replace(/\s*(?:Trace ID|Correlation ID|Timestamp):[\s\S]*$/, '');
    return { code: codeIn(body.error), message: oneLine(sentence) };
  }
  const message = textOf(body.message) ?? textOf(body.Message);
  return message === undefined ? {} : { message: oneLine(message) };
}

/** notary server/handlers: {"Name":"ErrBadRoot","Error":{"Msg":"..."}}. */
function detailWords(detail: unknown): string {
  if (!isRecord(detail)) return '';
  const error = isRecord(detail.Error) ? detail.Error : {};
  const missing = textOf(error.Missing);
  const text = textOf(error.Msg) ?? (missing === undefined ? '' : `missing ${missing}`);
  return [textOf(detail.Name) ?? '', text].filter((part) => part !== '').join(': ');
}

function speakerOf(response: HttpResponse): string | undefined {
  const marks = ['via', 'server', 'x-squid-error']
    .map((name) => [name, response.header(name)] as const)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${oneLine(value ?? '', 80)}`);
  return marks.length === 0 ? undefined : marks.join(', ');
}

/** The words of Azure Container Registry and of Key Vault; registries of others have no such thing. */
function firewallIn(innerCode: string | undefined, text: string): ErrorResponse['firewall'] {
  const isFirewall =
    /^ForbiddenBy(?:Firewall|Connection)$/.test(innerCode ?? '') ||
    /client with IP\b|aka\.ms\/acr\/firewall|client address is not authorized/i.test(text) ||
    /public network access (?:is disabled|on this|is not allowed|has been disabled)/i.test(text);
  if (!isFirewall) return undefined;
  return { address: clientAddressIn(text) };
}

/** The client address in the words of a registry's or a vault's firewall. */
export function clientAddressIn(text: string): string | undefined {
  const pattern =
    /client (?:with )?(?:IP|address):?\s*(?:'|\\u0027|")?([0-9a-f]*[.:][0-9a-f.:]*[0-9a-f])/i;
  return pattern.exec(text)?.[1];
}

function codeIn(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : oneLine(text, maxCode);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
