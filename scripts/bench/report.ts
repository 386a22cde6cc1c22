/** Writes results down for people: tables, plots, and where we are slower than others. */
import { init } from 'echarts';

import { targetsOf } from './targets.js';
import {
  ratioOf,
  type Measured,
  type MeasuredRow,
  type MeasuredWork,
  type Results,
} from './results.js';

const begin = '<!-- results: written by "npm run bench" -->';
const end = '<!-- end of results -->';

/** `page` with the results in their place. @throws {Error} where the page has no place for them. */
export function withResults(page: string, results: Results): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('the page has no place for results');
  const sections = results.works.map(sectionOf);
  const text = [begin, targetTable(results), ...sections, slowSpots(results), end]
    .filter((part) => part !== '')
    .join('\n\n');
  return `${page.slice(0, from)}${text}${page.slice(to + end.length)}`;
}

/** Every target of which something was measured, and whether it is met. */
export function targetTable(results: Results): string {
  const lines = targetsOf(results).map(
    ({ work, target, measured, isMet }) =>
      `| ${work} | ${target} | ${measured} | ${isMet ? 'met' : '**missed**'} |`,
  );
  if (lines.length === 0) return '';
  const head = ['| Work | Target | Measured | |', '| --- | --- | --: | --- |'];
  return `### Targets\n\n${[...head, ...lines].join('\n')}`;
}

function sectionOf({ name, title, at, runs, machine, versions, reference, rows }: MeasuredWork) {
  const programs = Object.entries(versions).map(([program, of]) => `${program} ${of}`);
  const lines = rows.flatMap((row) => row.programs.map((one) => lineOf(row, one, reference)));
  return [
    `### ${title}`,
    `![${title}: medians in milliseconds](performance/${name}.svg)`,
    [
      `| Where | Program | Time | Ratio | Processor | Memory | Requests | In sequence | Connections |`,
      `| --- | --- | --: | --: | --: | --: | --: | --: | --: |`,
      ...lines,
    ].join('\n'),
    `Medians, ${runsIn(rows, runs)} of each program; ratio to ${reference}. ${at.slice(0, 10)}, ${machine}; ${programs.join(', ')}.`,
  ].join('\n\n');
}

/** Rows that take long may have run less often. */
function runsIn(rows: readonly MeasuredRow[], runs: number): string {
  const fewer = rows.filter((row) => row.runs < runs);
  const all = `${runs} ${runs === 1 ? 'run' : 'runs'}`;
  if (fewer.length === 0) return all;
  return `${all} (${fewer.map((row) => `${row.name}: ${row.runs}`).join(', ')})`;
}

function lineOf(row: MeasuredRow, one: Measured, reference: string): string {
  const ratio = ratioOf(row, one, reference);
  const [least, most] = one.rangeMs.map((ms) => (ms / 1000).toFixed(2));
  const cells = [
    row.name,
    one.program,
    `${seconds(one.elapsedMs)} (${least} to ${most})`,
    ratio === undefined ? '' : ratio.toFixed(2),
    seconds(one.cpuMs),
    `${Math.round(one.peakMib)} MiB`,
    one.requests,
    one.inSequence ?? '',
    one.connections,
  ];
  return `| ${cells.join(' | ')} |`;
}

function seconds(ms: number | undefined): string {
  return `${((ms ?? 0) / 1000).toFixed(2)} s`;
}

/** Every row in which another program is faster than ours. */
function slowSpots({ works }: Results): string {
  const lines = works.flatMap(({ title, reference, rows }) =>
    rows.flatMap((row) =>
      row.programs.flatMap((one) => {
        const ratio = one.program.startsWith('acr-') ? ratioOf(row, one, reference) : undefined;
        if (ratio === undefined || ratio <= 1) return [];
        return `- ${title}, ${row.name}: ${one.program} takes ${ratio.toFixed(2)} times as long as ${reference}.`;
      }),
    ),
  );
  const found = lines.length > 0 ? lines.join('\n') : 'Nowhere in these results.';
  return `### Where we are slower\n\n${found}`;
}

/** The medians of a work as bars, in SVG. */
export function plotOf({ title, rows }: MeasuredWork): string {
  const names = [...new Set(rows.flatMap((row) => row.programs.map(({ program }) => program)))];
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: 860,
    height: 120 + 26 * names.length * rows.length,
  });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, subtext: 'median, milliseconds', left: 'center' },
    legend: { bottom: 0 },
    grid: { left: 210, right: 50, top: 60, bottom: 60 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: rows.map(({ name }) => name) },
    series: names.map((name) => ({
      name,
      type: 'bar',
      label: { show: true, position: 'right' },
      data: rows.map((row) => {
        const found = row.programs.find(({ program }) => program === name);
        return found ? Math.round(found.elapsedMs) : null;
      }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
