/**
 * One request to an emulated service and its answer, apart from node:http. Services are functions
 * from a call to an answer; a refusal is thrown and becomes the answer it carries.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** A request, read completely. */
export interface Call {
  /** Host name, lower case, without port. */
  readonly host: string;
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  /** Path cut at `/`, each part percent-decoded; an empty part stays (`/keys/n//sign`). */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Who asked, once a service knows; only for the request log. */
  caller: string | undefined;
}

/** What a service answers; `body` is sent as JSON, bytes as they are. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An emulated service. */
export type Service = (call: Call) => Answer | Promise<Answer>;

/** Thrown by a service to end a call with a refusal. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with status ${answer.status}`);
    this.name = 'Refusal';
    this.answer = answer;
  }
}

/** The form fields of a call's body (`application/x-www-form-urlencoded`). */
export function formOf(call: Call): URLSearchParams {
  return new URLSearchParams(call.body.toString('utf8'));
}

/** The JSON object in a call's body, or undefined when it is none. */
export function jsonObjectOf(call: Call): Readonly<Record<string, unknown>> | undefined {
  if (call.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(call.body.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    // Not JSON at all: the same to every caller as JSON that is no object.
    return undefined;
  }
}

/** The bearer token of a call, or undefined. */
export function bearerOf(call: Call): string | undefined {
  return /^bearer +(\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
}

/** User and password of a call's Basic credentials, or undefined. */
export function basicOf(
  call: Call,
): { readonly username: string; readonly password: string } | undefined {
  const encoded = /^basic +(\S+)$/i.exec(call.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Tells whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` when it is a string, else undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
