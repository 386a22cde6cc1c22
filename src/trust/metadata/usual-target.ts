/**
 * Targets as Docker writes them: a SHA-256, a length and nothing else. A repository has thousands of
 * them, so they are recognised and printed in one step, and used as JSON.parse has made them.
 */
import { isBase64 } from './base64.js';
import type { Target } from './types.js';

/** `value` itself, if it is such a target. */
export function usualTarget(value: unknown): Target | undefined {
  const { hashes, length } = fieldsOf(value, 2);
  const { sha256 } = fieldsOf(hashes, 1);
  const isUsual = typeof sha256 === 'string' && isBase64(sha256) && isLength(length);
  return isUsual ? (value as Target) : undefined;
}

/** Such a target in canonical form; undefined for any other. */
export function usualTargetText(target: Target): string | undefined {
  const usual = usualTarget(target);
  return usual && `{"hashes":{"sha256":"${usual.hashes.sha256}"},"length":${usual.length}}`;
}

/** Not -0, which would have another form. */
function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && Object.is(value, Math.abs(Number(value)));
}

/** The fields of an object that has so many of them. */
function fieldsOf(value: unknown, count: number): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && Object.keys(value).length === count
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
