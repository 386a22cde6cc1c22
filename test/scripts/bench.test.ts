import { describe, expect, it } from 'vitest';
import { withResults } from '../../scripts/bench/report.js';
import { median, type Measured, type MeasuredWork } from '../../scripts/bench/results.js';

const measured = (program: string, elapsedMs: number): Measured => ({
  program,
  elapsedMs,
  rangeMs: [elapsedMs, elapsedMs],
  cpuMs: 10,
  peakMib: 20.4,
  requests: 3,
  inSequence: undefined,
  connections: 1,
  outsideMs: 200,
  publishes: { accepted: 1, conflicts: 0, others: 0 },
});

const work: MeasuredWork = {
  name: 'sign',
  title: 'One tag is signed',
  reference: 'docker trust sign',
  at: '2026-11-29T01:00:00Z',
  runs: 7,
  machine: 'a machine',
  versions: { docker: '26.1' },
  rows: [
    {
      name: '40 ms a request',
      network: { delay: 'per request', delayMs: 40, proxy: true },
      runs: 3,
      programs: [
        measured('acr-content-trust, vault', 1500),
        measured('acr-content-trust, file', 500),
        measured('docker trust sign', 1000),
      ],
    },
  ],
};

describe('the results of the benchmark', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[5], 5],
  ])('of runs are medians: %j', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  const page =
    'Text\n<!-- results: written by "npm run bench" -->\nold\n<!-- end of results -->\nEnd\n';
  const written = withResults(page, { works: [work] });

  it('take the place of earlier ones, and say on which machine they were made', () => {
    expect(written).toMatch(/^Text\n/);
    expect(written).toMatch(/\nEnd\n$/);
    expect(written).not.toContain('old');
    expect(written).toContain(
      'Medians, 7 runs (40 ms a request: 3) of each program; ratio to docker trust sign',
    );
    expect(written).toContain('2026-11-29, a machine; docker 26.1.');
    expect(withResults(written, { works: [work] })).toBe(written);
  });

  it('are held against the targets, of which none is left out that was measured', () => {
    expect(written).toContain(
      '| One tag is signed, 40 ms a request, vault | at most 0.6 of docker trust sign | 1.50 | **missed** |',
    );
    expect(written).toContain('| Requests, acr-content-trust, vault | at most 17 | 3 | met |');
    expect(written).not.toContain('80 ms a request');
  });

  it('compare with the program of reference', () => {
    expect(written).toContain(
      '| 40 ms a request | acr-content-trust, file | 0.50 s (0.50 to 0.50) | 0.50 | 0.01 s | 20 MiB | 3 |  | 1 |',
    );
  });

  it('say where others are faster, and nothing of where they are not', () => {
    const slow = written.slice(written.indexOf('### Where we are slower'));
    expect(slow).toContain(
      'acr-content-trust, vault takes 1.50 times as long as docker trust sign',
    );
    expect(slow).not.toContain('file');
  });
});
