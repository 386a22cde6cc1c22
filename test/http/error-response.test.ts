import { describe, expect, it } from 'vitest';
import { parseErrorResponse } from '../../src/http/index.js';

const evil = 'a\r\n##vso[task.complete]\u001b[31m\u2028\u202e\u2066b';
const long = 'c'.repeat(300_000);

describe('what a server complains of', () => {
  it.each([
    ['a registry', (text: string) => ({ errors: [{ code: text, message: text }] })],
    [
      'a vault',
      (text: string) => ({ error: { code: text, message: text, innererror: { code: text } } }),
    ],
    ['Entra ID', (text: string) => ({ error: text, error_description: text })],
  ])('is one short printable line, its codes too, from %s', (_who, bodyOf) => {
    for (const text of [evil, long]) {
      const body = Buffer.from(JSON.stringify(bodyOf(text)));
      const { code, innerCode, words } = parseErrorResponse({ status: 403, header, body });
      for (const part of [code, innerCode ?? '', words]) {
        expect(part).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
        expect(part?.length).toBeLessThan(700);
      }
      expect(code?.length).toBeLessThan(100);
    }
  });
});

const header = (): undefined => undefined;
