/** One matcher for refusals: code, and the rule that the message names. */
import { expect } from 'vitest';
import { isTrustError, type ErrorCode } from '../../../src/errors.js';
import { gun } from '../repository-builder.js';

/** Expects `action` to fail with `code` and a message that names the GUN and matches `rule`. */
export function expectRefusal(action: () => unknown, code: ErrorCode, rule: RegExp): void {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  expect(caught).toSatisfy((error) => isTrustError(error), 'a TrustError');
  if (!isTrustError(caught)) return;
  expect(caught.message).toMatch(rule);
  expect(caught.message).toContain(gun);
  expect(caught.code).toBe(code);
  expect(caught.remedy.length).toBeGreaterThan(20);
}
