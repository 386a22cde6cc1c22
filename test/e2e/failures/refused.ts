/**
 * How a run that must fail is judged: by what it says, by what the servers and the engine hold
 * before and after, and by what it leaves on the agent. Knows nothing of how the product works.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { TrustReport } from '../../../src/image-signing/job-report.js';
import { type ExpectedFailure, expectFailure, stateOf, toldBy } from '../expectations.js';
import { groupsOf, readReport } from '../main-job/reported.js';
import type { ProductHost, ProductResult } from '../product.js';
import type { Scenario, ScenarioRun } from '../scenario.js';

/** What a refused run must have told; here each has a remedy. */
export interface Expected extends ExpectedFailure {
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
  expectFailure(result, expected);
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
    (toldBy(result)[0]?.message ?? '').startsWith('Input "');
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
  expect(result.summary).toMatch(/^### ❌ (?:Build and push|Push|Sign) failed: `/);
  expect(result.summary).toContain(`\`${code}\``);
  expect(report.tags.filter(({ signed }) => signed)).toEqual([]);
  return report;
}

/** What the agent's own task library puts there, and report and summary, which are to be read. */
const isHarmless = (name: string) =>
  /^(\.taskkey|acr-content-trust-report-.*\.json|content-trust-[0-9a-f-]+\.md)$/.test(name);

/** What a run left in the temporary folder of its host. */
export async function leftovers({ folder }: ProductResult): Promise<string[]> {
  const names = await readdir(path.join(folder, 'temp'));
  return names.filter((name) => !isHarmless(name));
}
