/**
 * Reads what a trust server, or whatever stands in front of it, says when it says no. The text is
 * foreign: it is cut to one short printable line before it reaches a message.
 */
import type { HttpResponse } from '../../http/types.js';

const maxWords = 300;

/** The first entry of a registry-style error body, as far as it could be read. */
export interface ServerComplaint {
  /** Such as `VERSION` or `INVALID_UPDATE`; undefined when the body is something else. */
  readonly code: string | undefined;
  /** The most telling words of the body on one line; empty when there are none. */
  readonly words: string;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes foreign text fit for one line of a message. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must go
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
  return line.length > maxWords ? `${line.slice(0, maxWords)} ...` : line;
}

/** Whether the answer is a web page: from a proxy, a login page or a wrong address. */
export function isWebPage(response: HttpResponse): boolean {
  if (/^text\/html\b/i.test(response.header('content-type') ?? '')) return true;
  return /^\s*<(?:!doctype|html|head|body)\b/i.test(response.body.subarray(0, 64).toString('utf8'));
}

function detailWords(detail: unknown): string {
  // notary server/handlers: {"Name":"ErrBadRoot","Error":{"Msg":"..."}}.
  if (!isRecord(detail)) return '';
  const name = typeof detail.Name === 'string' ? detail.Name : '';
  const error = isRecord(detail.Error) ? detail.Error : {};
  const text =
    typeof error.Msg === 'string'
      ? error.Msg
      : typeof error.Missing === 'string'
        ? `missing ${error.Missing}`
        : '';
  return [name, text].filter((part) => part !== '').join(': ');
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Not JSON is an ordinary case here: a proxy's page or plain text. The caller uses the text.
    return undefined;
  }
}

/** Reads an error body: `{"errors":[{"code","message","detail"}]}`, plain text or a page. */
export function complaintOf(response: HttpResponse): ServerComplaint {
  const parsed = parse(response.body);
  const list = isRecord(parsed) && Array.isArray(parsed.errors) ? (parsed.errors as unknown[]) : [];
  const first = list[0];
  if (isRecord(first)) {
    const code = typeof first.code === 'string' ? oneLine(first.code) : undefined;
    const message = typeof first.message === 'string' ? first.message : '';
    return { code, words: oneLine(detailWords(first.detail) || message) };
  }
  return {
    code: undefined,
    words: isWebPage(response) ? 'a web page' : oneLine(response.body.toString('utf8')),
  };
}
