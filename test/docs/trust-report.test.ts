import { describe, expect, it } from 'vitest';
import type { TagState } from '../../src/image-signing/registry-state.js';
import { codeBlocksOf, readPage } from './pages.js';
import { propertiesOf } from './sources.js';

const source = 'src/image-signing/job-report.ts';
const properties = [
  ...['TrustReport', 'TagReport'].flatMap((name) => propertiesOf(source, name)),
  ...propertiesOf('src/docker/verify-base-images.ts', 'BaseImageReport'),
  ...propertiesOf('src/report/failure.ts', 'ErrorFacts'),
  ...propertiesOf('src/notation/sign-tags.ts', 'ImageSignature').filter(
    (name) => !['digest', 'expires', 'tags'].includes(name),
  ),
];

/** The names in the first column of the page's tables. */
function documented(): readonly string[] {
  const rows = readPage('docs/trust-report.md').matchAll(/^\| `(\w+)`/gm);
  return [...rows].map(([, name]) => name ?? '');
}

function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [key, ...keysOf(below)]);
}

describe('the page on the trust report', () => {
  it('explains every field of the report, and no other', () => {
    expect(new Set(documented())).toEqual(new Set(properties));
    expect(documented().length).toBe(properties.length);
  });

  it('explains every state of a tag', () => {
    const states: Readonly<Record<TagState, true>> = {
      untouched: true,
      'push-unknown': true,
      unsigned: true,
      'signing-unknown': true,
      signed: true,
      'signed-untagged': true,
      'signed-unsettled': true,
      moved: true,
    };
    const explained = [...readPage('docs/trust-report.md').matchAll(/^- `([a-z-]+)`: /gm)];
    expect(explained.map(([, name]) => name)).toEqual(Object.keys(states));
  });

  it('shows an example with real fields only', () => {
    const [example] = codeBlocksOf('docs/trust-report.md').filter((b) => b.language === 'json');
    const keys = keysOf(JSON.parse(example?.text ?? ''));
    expect(keys).toContain('formatVersion');
    expect(keys.filter((key) => !properties.includes(key))).toEqual([]);
  });
});
