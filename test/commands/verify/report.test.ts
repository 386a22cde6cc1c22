import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  imagesOf,
  tableOf,
  verificationReport,
  verificationSummary,
} from '../../../src/commands/verify/report.js';
import type { Verdict } from '../../../src/commands/verify/verdict.js';

const digest = `sha256:${'ab'.repeat(32)}`;

const verdict = (name: string, more: Partial<Verdict> = {}): Verdict => ({
  request: {
    reference: `${name}:1`,
    image: { host: 'docker.io', repository: name, tag: '1' },
    gun: `docker.io/${name}`,
    tag: '1',
    places: [],
    isInFilesOnly: false,
  },
  status: 'verified',
  digest,
  tags: ['1'],
  roles: ['targets/releases', 'targets/ci'],
  signers: ['ci'],
  expires: { role: 'targets', at: new Date('2027-01-02T03:04:05Z') },
  created: new Date('2026-01-02T03:04:05Z'),
  problems: [],
  ...more,
});

const problem = { code: 'TAG_NOT_SIGNED', message: 'b:1 | is <not> signed', remedy: '' } as const;
const verdicts = [
  verdict('a'),
  verdict('b', { status: 'failed', problems: [problem] }),
  verdict('a'),
  verdict('longer-name', { status: 'allowed-unsigned', signers: [] }),
];

describe('what a run of verify says of itself', () => {
  it('names verified images once, by digest', () => {
    expect(imagesOf(verdicts)).toEqual([`docker.io/a@${digest}`]);
  });

  it('has a table with aligned columns', () => {
    const [head = '', first = '', second = '', , last = ''] = tableOf(verdicts);
    expect(first.indexOf('sha256')).toBe(head.indexOf('DIGEST'));
    expect(first).toMatch(/ci\s+2027-01-02 targets\s+verified$/);
    expect(second).toMatch(/FAILED TAG_NOT_SIGNED$/);
    expect(last).toMatch(/-\s+2027-01-02 targets\s+unsigned, allowed$/);
  });

  it('has a summary whose cells nothing can break', () => {
    const summary = verificationSummary(verdicts, ['careful | <b>']);
    expect(summary).toContain('### Images (1 not verified)');
    expect(summary).toContain('`TAG_NOT_SIGNED` b:1 \\| is &lt;not&gt; signed');
    expect(summary).toContain('> ⚠️ careful \\| &lt;b&gt;');
    const rows = summary.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.map((row) => row.split(/(?<!\\)\|/).length)).toEqual([7, 7, 7, 7]);
  });

  it('has a report whose fields are all explained, and no others', async () => {
    const report = verificationReport(verdicts, [], []);
    const page = await readFile(path.join(import.meta.dirname, '../../../docs/verify.md'), 'utf8');
    const section = page.slice(page.indexOf('## The report'));
    const explained = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const [image] = report.images;
    expect(explained).toEqual([...Object.keys(report), ...Object.keys(image ?? {})]);
  });
});
