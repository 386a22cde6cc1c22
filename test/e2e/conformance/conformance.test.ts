/**
 * Differential conformance: every repository of the corpus is offered to the stock clients and to
 * our reader, and all say the same, but for a closed list of exceptions.
 */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Verdicts } from './clients.js';
import { corpus, type Case } from './corpus/index.js';
import { deviationOf, deviations, type Theirs } from './deviations.js';
import { judge } from './judge.js';
import { caseList, conformanceReport } from './report.js';
import { isImage, type Verdict } from './verdict.js';

const stack = inject('stack');
const cases = corpus.flatMap((chapter) => chapter.cases);
const page = path.resolve(import.meta.dirname, '../../../docs/conformance.md');
const list = path.resolve(import.meta.dirname, 'cases.md');
const MINUTE_MS = 60_000;
let verdicts: ReadonlyMap<Case, Verdicts>;

beforeAll(async () => {
  verdicts = await judge(
    cases,
    stack.tools,
    await mkdtemp(path.join(stack.folder, 'conformance-')),
  );
}, 15 * MINUTE_MS);

/** What the stock clients must say. */
function theirsOf({ name, pull, lookup = pull }: Case): Exclude<Theirs, string> {
  const theirs = deviationOf(name) ?? { docker: pull, notary: lookup };
  return typeof theirs === 'string' ? { docker: theirs, notary: theirs } : theirs;
}

describe.each(corpus)('$title', ({ cases: own }) => {
  it.each(own)('$name', (one) => {
    const said = verdicts.get(one);
    const { docker, notary } = theirsOf(one);
    expect(
      said && Object.fromEntries(Object.entries(said).map(([who, { verdict }]) => [who, verdict])),
      JSON.stringify(said, null, 2),
    ).toEqual({
      docker20: docker,
      docker26: docker,
      notary,
      ours: one.pull,
      'our lookup': one.lookup ?? one.pull,
    });
  });
});

describe('the corpus', () => {
  it('names every case once', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it('is described in docs/conformance.md and cases.md', async () => {
    await expect(await conformanceReport(corpus)).toMatchFileSnapshot(page);
    await expect(await caseList(corpus)).toMatchFileSnapshot(list);
  });
});

describe('the list of deviations', () => {
  const listed = deviations.flatMap(({ cases: names }) => Object.keys(names));

  it('holds each case once, and none that does not exist', () => {
    expect(listed.filter((name) => !cases.some((one) => one.name === name))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('holds only what really differs', () => {
    const same = cases.filter((one) => {
      const { docker, notary } = theirsOf(one);
      return docker === one.pull && notary === (one.lookup ?? one.pull);
    });
    expect(same.filter(({ name }) => deviationOf(name) !== undefined)).toEqual([]);
  });

  it('never has us accept what a stock client refuses, or another image', () => {
    const laxer = (ours: Verdict, theirs: Verdict): boolean => isImage(ours) && ours !== theirs;
    const found = cases.filter((one) => {
      const { docker, notary } = theirsOf(one);
      return laxer(one.pull, docker) || laxer(one.lookup ?? one.pull, notary);
    });
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});
