/** Measures works, row by row: their programs in turn, and again. */
import path from 'node:path';

import type { FrontRequest } from '../../test/stack/index.js';
import { longestChain } from '../../test/e2e/speed/exchanges.js';
import { measure, type Cost, type Invocation } from './measure.js';
import { openNetwork } from './network.js';
import {
  median,
  nameMachine,
  versionsOf,
  type Measured,
  type MeasuredRow,
  type MeasuredWork,
  type Publishes,
} from './results.js';
import type { Prepare, Row, Work, WorkOptions } from './works.js';
import { docker, type World } from './world.js';

/** How much is measured, and who hears of it. */
export interface RunOptions extends WorkOptions {
  /** How often each program runs. */
  readonly runs: number;
  readonly say: (line: string) => void;
}

/** One run of one program, with what it asked. */
interface Run extends Cost {
  readonly requests: number;
  readonly inSequence: number | undefined;
  readonly connections: number;
  readonly outsideMs: number;
  readonly publishes: Publishes;
}

async function runOnce(world: World, { network }: Row, invocations: readonly Invocation[]) {
  const { stack, place } = world;
  const isDelayed = network.delay === 'per request' && network.delayMs > 0;
  const open = await openNetwork(network, place);
  const since = await stack.requestMark();
  try {
    const started = performance.now();
    const costs = await Promise.all(invocations.map((one) => measure(open.through(one))));
    const elapsedMs = performance.now() - started;
    const all = await stack.requests({ since });
    const requests = all.filter(({ host }) => place.hosts.includes(host));
    return {
      elapsedMs,
      cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      peakMib: Math.max(...costs.map(({ peakMib }) => peakMib)),
      requests: requests.length,
      // Without a delay requests are over sooner than it shows that they waited for each other.
      inSequence: isDelayed ? longestChain(requests).length : undefined,
      connections: new Set(requests.map(({ connection }) => connection)).size,
      outsideMs: elapsedMs - spanOf(requests),
      publishes: publishesOf(requests),
    } satisfies Run;
  } finally {
    await open.close();
  }
}

/** From the first request to the end of the last. */
function spanOf(requests: readonly FrontRequest[]): number {
  if (requests.length === 0) return 0;
  const first = Math.min(...requests.map(({ startedMs }) => startedMs));
  return Math.max(...requests.map(({ endedMs }) => endedMs)) - first;
}

function publishesOf(requests: readonly FrontRequest[]): Publishes {
  const sent = requests.filter(
    ({ method, path: of }) => method === 'POST' && of.endsWith('/_trust/tuf/'),
  );
  const accepted = sent.filter(({ status }) => status === 200).length;
  // notary server/errors: what a newer version is refused with.
  const conflicts = sent.filter(({ status }) => status === 400).length;
  return { accepted, conflicts, others: sent.length - accepted - conflicts };
}

/** Runs a program; one that fails, as a busy machine makes them, two times more. Undefined: in vain. */
async function runAgain(
  world: World,
  row: Row,
  prepare: Prepare,
  say: RunOptions['say'],
): Promise<Run | undefined> {
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      return await runOnce(world, row, await prepare());
    } catch (error) {
      say(`  ${row.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

/** All programs in turn, and again: what else the machine does meets all of them alike. */
async function measureRow(world: World, row: Row, options: RunOptions): Promise<MeasuredRow> {
  const { isQuick, say } = options;
  const runs = isQuick && row.isLong === true ? Math.min(options.runs, 3) : options.runs;
  const found = new Map<string, Run[]>();
  const failed = new Set<string>();
  for (let turn = 0; turn < runs; turn += 1) {
    for (const [program, prepare] of row.programs) {
      if (failed.has(program)) continue;
      const run = await runAgain(world, row, prepare, say);
      if (run) found.set(program, [...(found.get(program) ?? []), run]);
      else failed.add(program);
    }
  }
  const programs = [...found].map(([program, all]): Measured => {
    const times = all.map(({ elapsedMs }) => elapsedMs);
    const middle = (of: (run: Run) => number): number => median(all.map(of));
    return {
      program,
      elapsedMs: median(times),
      rangeMs: [Math.min(...times), Math.max(...times)],
      cpuMs: middle(({ cpuMs }) => cpuMs),
      peakMib: middle(({ peakMib }) => peakMib),
      requests: middle(({ requests }) => requests),
      inSequence: all.some(({ inSequence }) => inSequence === undefined)
        ? undefined
        : middle(({ inSequence = 0 }) => inSequence),
      connections: middle(({ connections }) => connections),
      outsideMs: middle(({ outsideMs }) => outsideMs),
      publishes: {
        accepted: middle(({ publishes }) => publishes.accepted),
        conflicts: middle(({ publishes }) => publishes.conflicts),
        others: middle(({ publishes }) => publishes.others),
      },
    };
  });
  for (const { program, elapsedMs } of programs) {
    say(`  ${row.name}, ${program}: ${Math.round(elapsedMs)} ms`);
  }
  return { name: row.name, network: row.network, runs, programs };
}

/** Measures all rows of a work. */
export async function measureWork(
  world: World,
  work: Work,
  options: RunOptions,
): Promise<MeasuredWork> {
  const { name, title, reference } = work;
  options.say(title);
  const rows: MeasuredRow[] = [];
  for (const row of await work.rows(world, options)) {
    rows.push(await measureRow(world, row, options));
  }
  const { tools } = world.stack.info;
  const programs = {
    docker: path.join(tools.dockerPath[docker.cli], 'docker'),
    notary: tools.programs.notary,
  };
  return {
    name,
    title,
    reference,
    at: new Date().toISOString(),
    runs: options.runs,
    machine: nameMachine(),
    versions: versionsOf(programs, { LD_LIBRARY_PATH: tools.libraries }),
    rows,
  };
}
