/** What was measured, as it is kept in a file and read again. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

import { version } from '../../src/version.js';
import type { Network } from './network.js';

/** The costs of one program in one row: medians over all runs. */
export interface Measured {
  readonly program: string;
  readonly elapsedMs: number;
  /** The fastest and the slowest run. */
  readonly rangeMs: readonly [number, number];
  readonly cpuMs: number;
  readonly peakMib: number;
  readonly requests: number;
  /** How many of the requests followed one another; known only where each answer is late. */
  readonly inSequence: number | undefined;
  readonly connections: number;
  /** How long it took before its first request and after its last. */
  readonly outsideMs: number;
  /** Medians, each for itself. */
  readonly publishes: Publishes;
}

/** What became of changes of trust data that were sent. */
export interface Publishes {
  readonly accepted: number;
  /** Another came first. */
  readonly conflicts: number;
  readonly others: number;
}

export interface MeasuredRow {
  readonly name: string;
  readonly network: Network;
  /** How often each program ran. */
  readonly runs: number;
  readonly programs: readonly Measured[];
}

/** One kind of work, with where and when it was measured: a part may be measured again alone. */
export interface MeasuredWork {
  readonly name: string;
  readonly title: string;
  /** The program that the others are compared with. */
  readonly reference: string;
  readonly at: string;
  readonly runs: number;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly MeasuredRow[];
}

export interface Results {
  readonly works: readonly MeasuredWork[];
  /** How much code each host has. */
  readonly bundleBytes?: Readonly<Record<string, number>>;
}

/** This machine in a line. */
export function nameMachine(): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${gib} GiB, Linux ${release()}`;
}

/** Which programs were compared. */
export function versionsOf(
  programs: { readonly docker: string; readonly notary: string },
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const ask = (file: string, argument: string): string =>
    execFileSync(file, [argument], { encoding: 'utf8', env }).trim().replace(/\s+/g, ' ');
  return {
    'acr-content-trust': version,
    docker: ask(programs.docker, '--version').replace(/^Docker version /, ''),
    // Debian's does not know its version, and tells the Go that made it.
    notary: ask(programs.notary, 'version')
      .replace(/^notary|\w[\w ]*:(?= \w[\w ]*:)/g, '')
      .trim(),
  };
}

/** The middle of `values`; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}

/** How long a program of a row took, as a multiple of what the reference took. */
export function ratioOf(row: MeasuredRow, { program, elapsedMs }: Measured, reference: string) {
  const compared = row.programs.find((other) => other.program === reference);
  return compared && compared.program !== program ? elapsedMs / compared.elapsedMs : undefined;
}
