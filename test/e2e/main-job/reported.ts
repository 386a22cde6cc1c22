/**
 * What a run says of itself, held against what the servers have and what stock clients make of it.
 * Never takes the product's word for anything it can ask another program.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { TrustReport } from '../../../src/image-signing/job-report.js';
import type { ProductHost, ProductResult } from '../product.js';
import type { Scenario } from '../scenario.js';

/** What the run was to do. */
export interface ExpectedReport {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly engine: 'native' | 'docker';
  readonly initialised: boolean;
  /** Default: `targets`. */
  readonly roles?: readonly string[];
}

/** Checks outputs, trust report and summary of a run that signed; its digest. */
export async function expectReported(
  { stack, registry, reader }: Scenario,
  result: ProductResult,
  expected: ExpectedReport,
): Promise<string> {
  const { repository, tags, engine, initialised, roles = ['targets'] } = expected;
  const gun = `${registry.loginServer}/${repository}`;
  const manifest = await stack.manifest(repository, tags[0] ?? '');
  const digest = manifest?.digest ?? 'no such manifest';
  const length = Buffer.from(manifest?.content ?? '', 'base64').length;
  const keyId = result.outputs['key-id'] ?? '';
  expect(result.outputs).toEqual({
    digest,
    image: `${gun}@${digest}`,
    'signed-tags': tags.join(','),
    'key-id': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    role: roles.join(','),
    'trust-report': expect.any(String) as string,
  });

  const report = await readReport(result);
  expect(report).toMatchObject({
    formatVersion: 1,
    registry: registry.loginServer,
    repository,
    gun,
    digest,
    image: `${gun}@${digest}`,
    tags: tags.map((tag) => ({ tag, digest, length, signed: true })),
    engine,
    key: { id: keyId },
    roles,
    initialised,
  });
  if (roles.includes('targets')) {
    const inspected = await stack.dockerTrustInspect({
      engine: 'docker20',
      ref: gun,
      login: reader.login,
    });
    const repositoryKeys = inspected?.AdministrativeKeys.find(({ Name }) => Name === 'Repository');
    expect(repositoryKeys?.Keys.map(({ ID }) => ID)).toContain(keyId);
  }
  const state = await stack.trustState(gun);
  for (const { role, expires } of report.expires) {
    expect(Date.parse(expires), role).toBe(Date.parse(expiryOf(state[role] ?? '')));
  }
  expect(report.expires.map(({ role }) => role)).toEqual(
    expect.arrayContaining(['root', 'snapshot', 'targets', 'timestamp']),
  );
  expectSummary(result, [gun, digest, ...tags, ...roles, keyId]);
  return digest;
}

/** The trust report that the run names in its outputs. */
export async function readReport({ outputs }: ProductResult): Promise<TrustReport> {
  return JSON.parse(await readFile(outputs['trust-report'] ?? '', 'utf8')) as TrustReport;
}

/** Says that the summary is a table which holds `values`, each as code. */
function expectSummary({ summary }: ProductResult, values: readonly string[]): void {
  expect(summary).toMatch(/^### ✅ Signed image: `/m);
  for (const value of values) expect(summary).toContain(value);
  const rows = summary.split('\n').flatMap((line) => /^\| (\w[\w ]*) \| ./.exec(line)?.[1] ?? []);
  expect(rows).toEqual(
    expect.arrayContaining(['Image', 'Digest', 'Tags', 'Role', 'Key', 'Expiry']),
  );
}

function expiryOf(base64: string): string {
  const { signed } = JSON.parse(Buffer.from(base64, 'base64').toString()) as {
    signed: { expires: string };
  };
  return signed.expires;
}

/** Titles of the log groups of a run, in order, as its host folds them. */
export function groupsOf(host: ProductHost, { stdout, stderr }: ProductResult): string[] {
  const titles = (text: string, pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  switch (host) {
    case 'action':
      return titles(stdout, /^::group::(.*)$/gm);
    case 'task':
      return titles(stdout, /^##\[group\](.*)$/gm);
    case 'cli':
      // A title is the only line that is not indented below one.
      return titles(stderr, /^([A-Z]\S.*)$/gm).filter((line) => !/^(warning|error)\b/.test(line));
  }
}
