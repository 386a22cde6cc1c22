/** Reads the parts of request bodies that keys and secrets have in common. */
import { isRecord, jsonObjectOf } from '../core/call.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { badParameter } from './refusals.js';
import type { Attributes, Version } from './versioned-store.js';

/** The JSON object of a request. @throws Refusal (400) when there is none. */
export function bodyOf(call: Call): Readonly<Record<string, unknown>> {
  const body = jsonObjectOf(call);
  if (body === undefined) throw badParameter('The request body is not a JSON object.');
  return body;
}

/** The attributes a new version gets from a request. */
export function newAttributes(value: unknown, clock: Clock): Attributes {
  const now = clock.seconds();
  const attributes: Attributes = { enabled: true, created: now, updated: now };
  applyAttributes(attributes, value);
  return attributes;
}

/** Changes what a request names of a version: attributes and tags. */
export function update(
  version: Version,
  body: Readonly<Record<string, unknown>>,
  clock: Clock,
): void {
  applyAttributes(version.attributes, body.attributes);
  if (isRecord(body.tags)) version.tags = tagsOf(body.tags);
  version.attributes.updated = clock.seconds();
}

/** The tags of a request. */
export function tagsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const tags = Object.entries(value).map(([name, text]) => [name, String(text)] as const);
  // Documented limits of the service.
  if (tags.length > 15) throw badParameter('An object has at most 15 tags.');
  if (tags.some(([name, text]) => name.length > 256 || text.length > 256)) {
    throw badParameter('The name and the value of a tag have at most 256 characters.');
  }
  return Object.fromEntries(tags);
}

function applyAttributes(attributes: Attributes, value: unknown): void {
  if (!isRecord(value)) return;
  const { enabled, nbf, exp } = value;
  if (typeof enabled === 'boolean') attributes.enabled = enabled;
  if (typeof nbf === 'number') attributes.nbf = nbf;
  if (typeof exp === 'number') attributes.exp = exp;
}
