/** How the demo is told on a terminal: steps, what programs print in short, and what was seen. */
import { stripVTControlCharacters, styleText } from 'node:util';

/** Ends the demo: something did not go as it must. */
export class DemoFailed extends Error {}

/** Colours are for a terminal alone, and for nobody who has NO_COLOR set. */
const isColoured = process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '';
// Some terminals do not say how wide they are.
const width = process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : 160;

type Style = Parameters<typeof styleText>[0];

const styled = (style: Style, text: string): string =>
  isColoured ? styleText(style, text, { validateStream: false }) : text;

/** What was seen, by the title of its step. */
const seen = new Map<string, string[]>();
let current: string[] = [];

export function say(line = ''): void {
  console.log(line);
}

export function step(title: string): void {
  current = [];
  seen.set(title, current);
  say(`\n${styled('bold', `${seen.size}. ${title}`)}`);
}

export function command(line: string): void {
  say(`\n  ${styled('cyan', `$ ${line}`)}`);
}

/** What a program printed. A long line ends where the terminal does. */
export function quote(lines: readonly string[]): void {
  for (const line of lines) {
    const text = `    ${stripVTControlCharacters(line)}`;
    say(styled('dim', text.length > width ? `${text.slice(0, width - 1)}…` : text));
  }
}

/** Says what is seen, if it is. @throws {DemoFailed} */
export function expect(condition: boolean, what: string): void {
  if (!condition) throw new DemoFailed(what);
  current.push(what);
  say(`  ${styled('green', '✓')} ${what}`);
}

export function failed(what: string): void {
  console.error(`\n  ${styled('red', '✗')} ${what}`);
}

/** The closing list. */
export function sum(): void {
  say(`\n${styled('bold', 'What was seen')}`);
  for (const [title, all] of seen) {
    if (all.length === 0) continue;
    say(`  ${title}`);
    for (const what of all) say(`    ${styled('green', '✓')} ${what}`);
  }
}

/** Phases of which Docker's own output is the most. */
const dockers = new Set(['Build', 'Push']);

/**
 * What a host shows of a run: phases as headings, on every host the same, commands of the host left out,
 * and Docker's output as a number of lines.
 */
export function foldRun(output: string): readonly string[] {
  const lines: string[] = [];
  let folded = 0;
  let isDocker = false;
  const endPhase = (): void => {
    if (folded > 0) lines.push(`  (${folded} lines of Docker)`);
    folded = 0;
  };
  for (const line of output.trimEnd().split(/\r?\n/)) {
    if (line === '' || /^(?:::(?:debug|add-mask|endgroup)::|##vso|##\[endgroup\])/.test(line))
      continue;
    const [, marked] = /^(?:::group::|##\[group\])(.+)$/.exec(line) ?? [];
    const isHeading = marked !== undefined || /^[A-Z][a-z]+(?: [a-z]+)?$/.test(line);
    if (isHeading) {
      endPhase();
      isDocker = dockers.has(marked ?? line);
      lines.push(marked ?? line);
    } else if (isDocker && !/^\s*(?:warning|error)\b|^(?:::|##\[)/.test(line)) {
      folded += 1;
    } else {
      lines.push(line.startsWith(' ') ? line : `  ${line}`);
    }
  }
  endPhase();
  return lines;
}

/** Of a pull only what it came to. */
export function foldPull(output: string): readonly string[] {
  const lines = output.trimEnd().split(/\r?\n/);
  const told = lines.filter((line) => /^(?:Digest|Status): |^No valid|^Error|denied/.test(line));
  return told.length > 0 ? told : lines;
}
