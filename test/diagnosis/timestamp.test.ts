/** What is told of a time stamping authority; that time stamps are verified is shown elsewhere. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/check.js';
import { judgeTimestamp, timestampChecks } from '../../src/diagnosis/timestamp.js';
import { HttpError } from '../../src/http/index.js';
import type { ReceivedTimestamp } from '../../src/notation/index.js';
import { fakeHttp, type Answer } from '../registry/fake-http.js';

const clock = (): Date => new Date('2026-11-29T12:00:00Z');
const chainUntil = (...days: readonly string[]) => ({
  chain: days.map((day, index) => ({
    subjectText: index === days.length - 1 ? 'CN=Root' : 'CN=Signer',
    notAfter: new Date(day),
  })) as unknown as ReceivedTimestamp['chain'],
});

describe('an authority whose time stamps verify', () => {
  it('passes with the root that vouches for it', () => {
    const seen = judgeTimestamp(chainUntil('2030-01-01', '2040-01-01'), { clock, withinDays: 90 });
    expect(seen).toMatchObject({ verdict: 'pass', facts: { root: 'CN=Root', certificates: 2 } });
    expect(seen.reason).toContain('2030-01-01');
  });

  it('is warned of before the first of its certificates expires', () => {
    const seen = judgeTimestamp(chainUntil('2027-01-01', '2040-01-01'), { clock, withinDays: 90 });
    expect(seen.verdict).toBe('warn');
    expect(seen.remedy).toContain('timestamp-root');
  });
});

describe('an authority that gives no time stamp', () => {
  const look = async (answer: () => Answer) => {
    const { http, requests } = fakeHttp(answer);
    const checks = timestampChecks({
      url: 'http://tsa.test/stamp?key=s3cret',
      readRoots: () => Promise.resolve([]),
      http,
      signal: new AbortController().signal,
      clock,
      withinDays: 90,
    });
    const [finding] = await diagnose(checks);
    expect(JSON.stringify(finding)).not.toContain('s3cret');
    return { finding, requests };
  };

  it('fails with the error of a run where something else answers', async () => {
    const { finding, requests } = await look(() => ({
      body: '<html>',
      headers: { 'content-type': 'text/html' },
    }));
    expect(finding).toMatchObject({
      ...{ verdict: 'fail', code: 'TIMESTAMP_FAILED', subject: 'tsa.test', check: 'time stamp' },
    });
    expect(requests[0]?.method).toBe('POST');
  });

  it('fails with the error of a run where it is not reached', async () => {
    const { finding } = await look(() => {
      throw new HttpError('unreachable', 'no such host');
    });
    expect(finding).toMatchObject({ verdict: 'fail', code: 'TIMESTAMP_FAILED' });
  });
});
