/**
 * How a run is judged: a success by stock clients with an empty configuration, a failure by the one
 * error that its host tells, its exit code and the outputs that it set. Knows nothing of how the
 * product works.
 */
import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import type { ProductResult } from './product.js';
import type { Scenario } from './scenario.js';

/** Says whether the run succeeded, with its whole output where it did not. */
export function expectSuccess(result: ProductResult): void {
  expect(result.exitCode, result.output).toBe(0);
  expect(result.taskResult, result.output).not.toBe('Failed');
}

/** Judges by stock clients that `tags` of `repository` are signed for `digest`, and `unsigned` not. */
export async function expectSigned(
  { stack, registry, reader }: Scenario,
  repository: string,
  expected: {
    readonly tags: readonly string[];
    readonly digest: string;
    readonly unsigned?: string;
  },
): Promise<void> {
  const gun = `${registry.loginServer}/${repository}`;
  const { login } = reader;
  const hex = expected.digest.replace('sha256:', '');
  const listed = await stack.notaryList({ ref: gun, login });
  const inspected = await stack.dockerTrustInspect({ engine: 'docker20', ref: gun, login });
  for (const tag of expected.tags) {
    for (const engine of ['docker20', 'docker26'] as const) {
      const pulled = await stack.dockerPull({ engine, ref: `${gun}:${tag}`, login });
      expect(pulled.exitCode, pulled.output).toBe(0);
      expect(pulled.output).toContain(expected.digest);
    }
    expect(listed.filter(({ name }) => name === tag).map(({ digest }) => digest)).toContain(hex);
    expect(
      inspected?.SignedTags.filter(({ SignedTag }) => SignedTag === tag).map(
        ({ Digest }) => Digest,
      ),
    ).toEqual([hex]);
  }
  if (expected.unsigned !== undefined) {
    const refused = await stack.dockerPull({
      engine: 'docker20',
      ref: `${gun}:${expected.unsigned}`,
      login,
    });
    expect(refused.exitCode, refused.output).not.toBe(0);
    expect(refused.output).toMatch(/No valid trust data for|remote trust data does not exist/);
  }
}

/** Everything that the servers hold of a repository, to be compared before and after. */
export async function stateOf(
  { stack, registry }: Pick<Scenario, 'stack' | 'registry'>,
  repository: string,
): Promise<unknown> {
  return {
    trust: await stack.trustState(`${registry.loginServer}/${repository}`),
    tags: await stack.tags(repository),
  };
}

/** The failure as the user reads it. */
export interface ToldFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What a failed run must have told, and what it had achieved before. */
export interface ExpectedFailure {
  readonly code: ErrorCode;
  readonly message: RegExp;
  readonly remedy?: RegExp;
  /** The outputs that the run set, apart from report and digest; no other is set. Default: none. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** An output whose value says nothing of the failure. */
export const anyText = expect.any(String) as string;

/** Says that the run failed, once, as its host tells failures, and set no output but those named. */
export function expectFailure(result: ProductResult, failure: ExpectedFailure): void {
  const told = toldBy(result);
  expect(told, result.output).toHaveLength(1);
  expect(told[0]?.code, result.output).toBe(failure.code);
  expect(told[0]?.message, result.output).toMatch(failure.message);
  if (failure.remedy) expect(told[0]?.remedy, result.output).toMatch(failure.remedy);
  expect(result.exitCode, result.output).toBe(failure.code.startsWith('INPUT_') ? 2 : 1);
  expect(result.taskResult).toBe(result.host === 'task' ? 'Failed' : undefined);
  const outputs: Record<string, string> = { ...result.outputs };
  delete outputs['trust-report'];
  // What a tag points to is looked up while trust data is read: known or not when that fails.
  if (failure.outputs?.digest === undefined) delete outputs.digest;
  expect(outputs, 'outputs').toEqual(failure.outputs ?? {});
  const read = result.output.replace(/^(::debug::|##vso\[task\.debug\]).*$/gm, '');
  // The command line shows them where it was asked for debug output.
  const isAsked = /^\s*debug: /m.test(result.output);
  if (!isAsked) expect(read, 'stack traces').not.toMatch(/\bat .*\.c?js:\d+:\d+/);
}

/** Every failure that the output reports. */
export function toldBy({ host, stdout, stderr }: ProductResult): ToldFailure[] {
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
