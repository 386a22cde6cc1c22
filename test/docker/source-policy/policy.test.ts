import { describe, expect, it } from 'vitest';
import {
  parseSourcePolicy,
  policyFor,
  requireNoConversion,
} from '../../../src/docker/source-policy/index.js';

const digest = `sha256:${'a1'.repeat(32)}`;
const other = `sha256:${'b2'.repeat(32)}`;
const pinned = [`r.io/team/base:1@${digest}`, `alpine@${digest}`, `r.io/team/base2@${other}`];

interface Rule {
  readonly action: string;
  readonly selector: { readonly identifier: string; readonly match_type: string };
}

/** What the last rules say, which only deny; their patterns mean the same to Go. */
function isDenied(text: string, identifier: string): boolean {
  return (JSON.parse(text) as { rules: readonly Rule[] }).rules.some(
    ({ action, selector }) =>
      action === 'DENY' &&
      selector.match_type === 'REGEX' &&
      new RegExp(selector.identifier.replace('(?s)', ''), 's').test(identifier),
  );
}

describe('the source policy of a build', () => {
  it.each([
    `docker-image://r.io/team/base:1@${digest}`,
    `docker-image://r.io/team/base@${digest}`,
    `docker-image://docker.io/library/alpine@${digest}`,
    `docker-image://r.io/team/base2@${other}`,
    'local://context',
    'https://example.com/file',
    'git://example.com/repository',
  ])('leaves %s alone', (identifier) => {
    expect(isDenied(policyFor(pinned), identifier)).toBe(false);
  });

  it.each([
    'docker-image://r.io/team/base:1',
    'docker-image://r.io/team/base',
    `docker-image://r.io/team/base@${other}`,
    `docker-image://r.io/team/base2@${digest}`,
    `docker-image://r.io/team/base:2@${digest}`,
    `docker-image://r.io/team/base@${digest}0`,
    `docker-image://r.io/team/base@${digest.slice(0, -1)}`,
    `docker-image://r.io/team/base\n@${digest}`,
    'docker-image://docker.io/library/alpine:latest',
    'docker-image://',
    `docker-image+blob://r.io/team/base@${digest}`,
    `oci-layout://r.io/team/base@${digest}`,
  ])('denies %j', (identifier) => {
    expect(isDenied(policyFor(pinned), identifier)).toBe(true);
    expect(isDenied(policyFor([]), identifier)).toBe(true);
  });

  it("keeps the user's own rules, in front of its own, which only deny", () => {
    const own = parseSourcePolicy(
      '{"rules":[{"action":"ALLOW","selector":{"identifier":"docker-image://*"}}]}',
      'policy.json',
    );
    const { rules } = JSON.parse(policyFor(pinned, own)) as { rules: readonly Rule[] };
    expect(rules[0]).toMatchObject({ action: 'ALLOW' });
    expect(new Set(rules.slice(1).map(({ action }) => action))).toEqual(new Set(['DENY']));
  });
});

describe("a user's own source policy", () => {
  const converting = (identifier: string, match_type: string): string =>
    JSON.stringify({
      rules: [
        {
          action: 'CONVERT',
          selector: { identifier, match_type },
          updates: { identifier: 'docker-image://r.io/evil' },
        },
      ],
    });

  it.each<readonly [string, string]>([
    [`docker-image://r.io/team/base@${digest}`, 'WILDCARD'],
    [`docker-image://r.io/team/base:1@${digest}`, 'EXACT'],
    ['docker-image://r.io/*', 'WILDCARD'],
    ['*', 'WILDCARD'],
    ['docker-image://*/base*@*', 'WILDCARD'],
    ['^http', 'REGEX'],
  ])('that may convert a verified image is refused: %s %s', (identifier, type) => {
    const rules = parseSourcePolicy(converting(identifier, type), 'policy.json');
    expect(() => {
      requireNoConversion(rules, pinned);
    }).toThrow(expect.objectContaining({ code: 'BASE_IMAGE_CONFLICT' }) as Error);
  });

  it.each<readonly [string, string]>([
    ['docker-image://r.io/team/base:1', 'WILDCARD'],
    ['docker-image://docker.io/library/alpine:3.20', 'WILDCARD'],
    ['docker-image://*', 'EXACT'],
    ['https://*', 'WILDCARD'],
    ['docker-image://mirror.io/*', 'WILDCARD'],
  ])('that converts something else is not: %s %s', (identifier, type) => {
    const rules = parseSourcePolicy(converting(identifier, type), 'policy.json');
    expect(() => {
      requireNoConversion(rules, pinned);
    }).not.toThrow();
  });

  it.each([
    'not JSON',
    '[]',
    '{}',
    '{"rules":{}}',
    '{"Rules":[]}',
    '{"rules":[{"action":"deny","selector":{"identifier":"*"}}]}',
    '{"rules":[{"action":2,"selector":{"identifier":"*"}}]}',
    '{"rules":[{"action":"DENY","selector":{"identifier":"*","matchType":"EXACT"}}]}',
    '{"rules":[{"action":"DENY","selector":{"identifier":"*"},"Updates":{}}]}',
    '{"rules":[null]}',
  ])('that is not understood to the last key is refused: %s', (text) => {
    expect(() => parseSourcePolicy(text, 'policy.json')).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: expect.stringContaining('policy.json') as string,
      }) as Error,
    );
  });
});
