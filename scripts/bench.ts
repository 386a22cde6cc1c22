/**
 * `npm run bench [-- options]`: measures the product against the programs that do the same work, side
 * by side on the test stack, and writes results, tables and plots into docs/. What it measures, and
 * what its options are: docs/performance.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { connectStack, missingForStack, startStack } from '../test/stack/index.js';
import { directImpossible } from './bench/network.js';
import { plotOf, targetTable, withResults } from './bench/report.js';
import type { MeasuredWork, Results } from './bench/results.js';
import { measureWork, type RunOptions } from './bench/run.js';
import { works, type Work } from './bench/works.js';
import { createWorld, usualRuns } from './bench/world.js';

const root = path.resolve(import.meta.dirname, '..');

interface Options extends RunOptions {
  readonly works: readonly Work[];
  /** Like `docs`: gets `performance.md` and `performance/`. */
  readonly folder: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: works.map(({ name }) => name).join() },
      runs: { type: 'string', default: String(usualRuns) },
      quick: { type: 'boolean', default: false },
      delays: { type: 'string', default: '0,40,80' },
      'most-tags': { type: 'string', default: '10000' },
      'per-request-only': { type: 'boolean', default: false },
      folder: { type: 'string', default: path.join(root, 'docs') },
    },
  });
  const only = values.only.split(',');
  const unknown = only.find((name) => !works.some((work) => work.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: one of ${works.map(({ name }) => name).join(', ')}`);
  }
  const perRequest = { delay: 'per request', proxy: true } as const;
  const perRoundTrip = [true, false].map((proxy) => ({ delay: 'per round trip', proxy }) as const);
  const impossible = directImpossible();
  if (impossible !== undefined) say(`Nothing is measured without a proxy: ${impossible}.`);
  return {
    works: works.filter(({ name }) => only.includes(name)),
    runs: wholeNumber('--runs', values.runs),
    isQuick: values.quick,
    delays: values.delays.split(',').map((text) => wholeNumber('--delays', text)),
    mostTags: wholeNumber('--most-tags', values['most-tags']),
    networks: values['per-request-only']
      ? [perRequest]
      : [perRequest, ...perRoundTrip.filter(({ proxy }) => proxy || impossible === undefined)],
    folder: values.folder,
    say,
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`${option} ${text}: not a whole number`);
}

function say(line: string): void {
  console.error(line);
}

function resultsIn(folder: string): string {
  return path.join(folder, 'performance', 'results.json');
}

/** Adds what was measured to what is there: parts that were not measured again stay. */
async function write(measured: MeasuredWork, folder: string): Promise<void> {
  const file = resultsIn(folder);
  const plots = path.dirname(file);
  const page = path.join(folder, 'performance.md');
  await mkdir(plots, { recursive: true });
  const kept = await readResults(file);
  const results: Results = {
    works: works.flatMap(({ name }) => {
      if (name === measured.name) return measured;
      return kept.works.find((one) => one.name === name) ?? [];
    }),
    bundleBytes: await bundleBytes(),
  };
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(path.join(plots, `${measured.name}.svg`), plotOf(measured));
  await writeFile(page, withResults(await readFile(page, 'utf8'), results));
  execFileSync(path.join(root, 'node_modules/.bin/prettier'), ['--write', page, file]);
  say(`Written: ${page}`);
}

/** All code that a host has to parse, if it needs all of it. */
async function bundleBytes(): Promise<Readonly<Record<string, number>>> {
  const folders = { 'command line': 'cli', action: 'action', task: 'task/AcrContentTrustV1' };
  const sizes: Record<string, number> = {};
  for (const [host, folder] of Object.entries(folders)) {
    const full = path.join(root, 'dist', folder);
    const files = (await readdir(full)).filter((name) => /\.c?js$/.test(name));
    const stats = await Promise.all(files.map((name) => stat(path.join(full, name))));
    sizes[host] = stats.reduce((sum, { size }) => sum + size, 0);
  }
  return sizes;
}

async function readResults(file: string): Promise<Results> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { works: [] };
    throw error;
  }
}

const options = readOptions();
const missing = await missingForStack(say);
if (missing.length > 0) {
  say('This machine cannot run the stack. It lacks:');
  for (const line of missing) say(`- ${line}`);
  process.exit(1);
}
const stack = await startStack({ log: say });
const stop = (): void => void stack.stop().then(() => process.exit(1));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
try {
  const world = await createWorld(connectStack(stack.info));
  for (const work of options.works) {
    try {
      const began = performance.now();
      await write(await measureWork(world, work, options), options.folder);
      say(`${work.name} took ${((performance.now() - began) / 60_000).toFixed(1)} minutes.`);
    } catch (error) {
      // Hours may lie in the other works.
      say(
        `${work.name} was not measured: ${error instanceof Error ? error.message : String(error)}`,
      );
      process.exitCode = 1;
    }
  }
  say(targetTable(await readResults(resultsIn(options.folder))));
} finally {
  await stack.stop();
}
