/**
 * How a run that must fail is judged: by what it says, by what the servers and the engine hold
 * before and after, and by what it leaves on the agent. Knows nothing of how the product works.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { TrustReport } from '../../../src/commands/report/report.js';
import { groupsOf, readReport } from '../main-job/reported.js';
import type { ProductHost, ProductResult } from '../product.js';
import { stateOf, type Scenario, type ScenarioRun } from '../scenario.js';

/** The failure as the user reads it. */
export interface ToldFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What a failed run must have told. */
export interface Expected {
  readonly code: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
}

/** How far the run may get before it fails. */
export interface Reach {
  /** Whether it may build. Default: false. */
  readonly builds?: boolean;
  /** Whether tags or trust data may change; the test then judges itself. Default: false. */
  readonly changes?: boolean;
}

/** A run with everything but its host chosen. */
export type FailingRun = Omit<ScenarioRun, 'host'> & { readonly host?: ProductHost };

/** Runs the product and says that it failed as `expected`, once, and left nothing behind. */
export async function expectRefused(
  scenario: Scenario,
  { host = 'cli', ...options }: FailingRun,
  expected: Expected,
  { builds = false, changes = false }: Reach = {},
): Promise<ProductResult> {
  const repository = options.inputs.repository ?? '';
  const isName = /^[a-z0-9/]+$/.test(repository);
  const state = () => (isName && !changes ? stateOf(scenario, repository) : undefined);
  const before = await state();
  // The oldest Node of those a host runs on is the one that lacks something, if any does.
  const node = host === 'action' ? '24' : '20';
  const result = await scenario.run({ host, node, ...options });
  expectTold(host, result, expected);
  expect(await state()).toEqual(before);
  const groups = groupsOf(host, result);
  if (!builds) {
    expect(groups, result.output).not.toContain('Build');
    if (options.docker && isName) {
      const tag = options.inputs.tags ?? '';
      const reference = `${scenario.registry.loginServer}/${repository}:${tag}`;
      const args = ['images', '--quiet', reference];
      const images = await scenario.stack.docker({ engine: options.docker, args });
      expect([images.exitCode, images.stdout], 'images in the engine').toEqual([0, '']);
    }
  }
  if (!changes) expect(groups, result.output).not.toContain('Signature');
  expect(await leftovers(result)).toEqual([]);
  // Wrong inputs end a run before there is a phase to tell of.
  const isPart = ['build', 'verify', 'inspect', 'revoke'].includes(options.inputs.command ?? '');
  const isInput =
    /^INPUT_|^KEY_REFERENCE_INVALID$/.test(expected.code) ||
    (toldBy(host, result)[0]?.message ?? '').startsWith('Input "');
  if (groups.length > 0 && !isPart && !isInput) {
    const report = await expectFailedReport(result, expected.code);
    const reached = groups.some((group) => group === 'Build' || group === 'Push');
    if (!changes) expect(report.pushed).toMatch(reached ? /^(no|unknown)$/ : /^no$/);
  }
  return result;
}

/** Says that report and summary tell of the failure, and of nothing as signed. */
async function expectFailedReport(result: ProductResult, code: string): Promise<TrustReport> {
  const report = await readReport(result);
  expect(report).toMatchObject({ outcome: 'failed', error: { code } });
  expect(result.summary).toContain('### Image (failed)');
  expect(result.summary).toContain(`\`${code}\``);
  expect(report.tags.filter(({ signed }) => signed)).toEqual([]);
  return report;
}

/** Says that the failure was told once, as its host tells failures, with the right exit code. */
export function expectTold(host: ProductHost, result: ProductResult, expected: Expected): void {
  const told = toldBy(host, result);
  expect(told, result.output).toHaveLength(1);
  expect(told[0]?.code, result.output).toBe(expected.code);
  expect(told[0]?.message).toMatch(expected.message);
  expect(told[0]?.remedy).toMatch(expected.remedy);
  expect(result.exitCode, result.output).toBe(expected.code.startsWith('INPUT_') ? 2 : 1);
  expect(result.taskResult).toBe(host === 'task' ? 'Failed' : undefined);
  for (const name of ['signed-tags', 'key-id', 'role'])
    expect(result.outputs[name]).toBe(undefined);
  const read = result.output.replace(/^(::debug::|##vso\[task\.debug\]).*$/gm, '');
  expect(read, 'stack traces').not.toMatch(/\bat .*\.c?js:\d+:\d+/);
}

/** Every failure that the output reports. */
export function toldBy(host: ProductHost, { stdout, stderr }: ProductResult): ToldFailure[] {
  switch (host) {
    case 'action':
      return [...stdout.matchAll(/^::error [^\n]*?::(.*)$/gm)].map((match) => parse(match[1]));
    case 'task':
      return [...stdout.matchAll(/^##vso\[task\.complete result=Failed;\](.*)$/gm)].map((match) =>
        parse(match[1]),
      );
    case 'cli':
      return [...stderr.matchAll(/^error ([\s\S]*?)(?=^error |$(?![\s\S]))/gm)].map((match) =>
        parse(match[1]),
      );
  }
}

/** `CODE: message`, then the remedy, a step a line; where one ends and the other begins is not told. */
function parse(text = ''): ToldFailure {
  const lines = text
    .replaceAll('%0A', '\n')
    .replaceAll('%AZP25', '%')
    .replaceAll('%25', '%')
    .trim()
    .split('\n');
  const [, code = '', first = ''] = /^([A-Z_]+): (.*)$/.exec(lines[0] ?? '') ?? [];
  return {
    code,
    message: [first, ...lines.slice(1, -1)].join('\n'),
    remedy: lines.slice(1).join('\n'),
  };
}

/** What the agent's own task library puts there, and report and summary, which are to be read. */
const isHarmless = (name: string) =>
  /^(\.taskkey|acr-content-trust-report-.*\.json|content-trust-[0-9a-f-]+\.md)$/.test(name);

/** What a run left in the temporary folder of its host. */
export async function leftovers({ folder }: ProductResult): Promise<string[]> {
  const names = await readdir(path.join(folder, 'temp'));
  return names.filter((name) => !isHarmless(name));
}
