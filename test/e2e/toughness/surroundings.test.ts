/**
 * Machines that are not as usual: languages, time zones, clocks, folders that are missing, full or read-only,
 * little memory and few file descriptors. A run signs, or it names what it lacks and has changed nothing.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { asRoot } from '../../stack/servers/index.js';
import { run } from '../../stack/index.js';
import type { ErrorCode } from '../../../src/errors.js';
import { expectFailure, expectSuccess, stateOf } from '../expectations.js';
import { isSigned } from '../network-faults/verdict.js';
import { collect, programOf, type ProductHost, type ProductResult } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { makeKeys, setUp, type Keys } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
let keys: Keys;
/** Signed already. */
let known = '';

beforeAll(async () => {
  keys = await makeKeys(scenario);
  known = scenario.repository();
  await stack.storeImage(known, ['1', '2'], known);
  const inputs = { ...keys, command: 'sign', repository: known, tags: '1' };
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
});

interface Surroundings {
  readonly host: ProductHost;
  /** Shell lines of root before the run; $FOLDER is its own folder. */
  readonly before?: string;
  /** Values win over the usual ones; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the process does first. */
  readonly preload?: string;
  /** A program that runs it, with its arguments. */
  readonly wrapper?: readonly string[];
}

/** Signs one tag in these surroundings, in a mount namespace of its own. */
async function sign(
  repository: string,
  tag: string,
  { host, before = 'true', env = {}, preload, wrapper = [] }: Surroundings,
): Promise<ProductResult> {
  const inputs = {
    registry: scenario.registry.loginServer,
    ...credentialsOf(scenario.signer),
    ...keys,
    command: 'sign',
    repository,
    tags: tag,
  };
  const { folder, file, args, cwd, env: usual } = await programOf(stack.info, { host, inputs });
  const all: Record<string, string | undefined> = { ...usual, FOLDER: folder, ...env };
  if (preload !== undefined) {
    const first = path.join(folder, 'first.cjs');
    await writeFile(first, preload);
    all.NODE_OPTIONS = `--require=${first}`;
  }
  const given = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const root = asRoot();
  const [command = '', ...rest] = [
    ...root,
    ...(root.length > 0 ? [`--preserve-env=${Object.keys(given).join(',')}`] : []),
    ...['unshare', '--mount', 'bash', '-c', `${before} || exit 99; exec "$0" "$@"`],
    ...[...wrapper, file, ...args],
  ];
  const ran = await run(command, rest, { cwd, env: given });
  return { ...ran, ...(await collect(host, folder, ran)), host, folder };
}

/** Has `Date` think of another day. */
const clock = (daysAhead: number): string => `
  const { now } = Date, ahead = ${daysAhead} * 86_400_000;
  globalThis.Date = class extends Date {
    constructor(...given) { given.length > 0 ? super(...given) : super(now() + ahead); }
    static now() { return now() + ahead; }
  };`;

/** Takes all file descriptors but some. */
const spare = (count: number): string => `
  const { closeSync, openSync } = require('node:fs');
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  for (const one of taken.slice(0, ${count})) closeSync(one);`;

/** In the place of the folder for temporary files. */
const full = (options: string): string =>
  `mount -t tmpfs -o ${options} temp "$FOLDER/temp" && { dd if=/dev/zero of="$FOLDER/temp/x" 2>/dev/null; true; }`;
const readOnly = (name: string): string =>
  `mkdir -p "$FOLDER/${name}" && mount -t tmpfs -o ro ${name} "$FOLDER/${name}"`;

describe('a run signs', () => {
  it.concurrent.each<[string, Surroundings]>([
    [
      'in Turkish',
      { host: 'cli', env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' } },
    ],
    [
      'in Arabic, in Kiribati',
      { host: 'action', env: { LC_ALL: 'ar_EG', TZ: 'Pacific/Kiritimati' } },
    ],
    ['in Thai, in Nepal', { host: 'task', env: { LC_ALL: 'th_TH', TZ: 'Asia/Kathmandu' } }],
    ['in a time zone that nobody knows', { host: 'cli', env: { LC_ALL: 'C', TZ: 'Nowhere/X' } }],
    ['with a clock that is a day behind', { host: 'cli', preload: clock(-1) }],
    [
      'as a user that the machine does not know, without HOME',
      {
        host: 'cli',
        env: { HOME: undefined },
        // It may read everything, as if all folders belonged to it.
        wrapper: [
          ...['setpriv', '--reuid=54321', '--clear-groups'],
          ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
        ],
      },
    ],
    ['with a HOME that is missing', { host: 'action', env: { HOME: '/nowhere/at/all' } }],
    [
      'with a HOME that is read-only',
      { host: 'task', before: `${readOnly('home')}; export HOME="$FOLDER/home"` },
    ],
    ['with standard input and output closed', { host: 'cli', before: 'exec <&- >&-' }],
    ['with 64 file descriptors', { host: 'cli', before: 'ulimit -n 64' }],
    ['with a heap of 48 MB', { host: 'task', env: { NODE_OPTIONS: '--max-old-space-size=48' } }],
  ])('%s', async (_what, surroundings) => {
    const repository = scenario.repository();
    const digest = await stack.storeImage(repository, ['1'], repository);
    const result = await sign(repository, '1', surroundings);
    expectSuccess(result);
    expect(result.output).not.toMatch(/\bat .*\.c?js:\d+:\d+/);
    expect(isSigned(await stack.trustState(gunOf(repository)), '1', digest)).toBe(true);
  });
});

describe('a run that changes nothing names what it lacks:', () => {
  const noFiles = [
    'FILE_NOT_WRITTEN',
    /^The folder for temporary files, .* cannot be written to: /,
  ] as const;

  it.concurrent.each<[string, Surroundings, ErrorCode, RegExp]>([
    ['room, on the command line', { host: 'cli', before: full('size=16k') }, ...noFiles],
    ['room, on the action', { host: 'action', before: full('size=16k') }, ...noFiles],
    ['room, on the task', { host: 'task', before: full('size=16k') }, ...noFiles],
    ['files', { host: 'cli', before: full('size=16k,nr_inodes=2') }, ...noFiles],
    ['the right to write', { host: 'task', before: readOnly('temp') }, ...noFiles],
    ['a folder', { host: 'action', env: { RUNNER_TEMP: '/nowhere/at/all' } }, ...noFiles],
    [
      'a clock that is right',
      { host: 'cli', preload: clock(60) },
      'TRUST_DATA_EXPIRED',
      /the clock of this machine is wrong/,
    ],
  ])('%s', async (_what, surroundings, code, message) => {
    const before = await stateOf(scenario, known);
    const result = await sign(known, '2', surroundings);
    expectFailure(result, { code, message });
    expect(await stateOf(scenario, known)).toEqual(before);
  });
});

describe('a run with few file descriptors', () => {
  it('signs if they suffice; with fewer it says so, whatever it was about to open, and changes nothing', async () => {
    const repository = scenario.repository();
    const digest = await stack.storeImage(repository, ['1', '2'], repository);
    const inputs = { ...keys, command: 'sign', repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    const before = await stateOf(scenario, repository);
    const signWith = (count: number): Promise<ProductResult> =>
      sign(repository, '2', { host: 'cli', before: 'ulimit -n 64', preload: spare(count) });
    let count = 1;
    let result = await signWith(count);
    expect(result.exitCode).not.toBe(0);
    while (result.exitCode !== 0) {
      const message = /this process has no file descriptor left/;
      expectFailure(result, { code: 'OUT_OF_DESCRIPTORS', message });
      expect(await stateOf(scenario, repository)).toEqual(before);
      count += 1;
      result = await signWith(count);
    }
    expect(isSigned(await stack.trustState(gunOf(repository)), '2', digest)).toBe(true);
  });
});
