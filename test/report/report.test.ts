import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeOfReport, proveTemporaryFolder, writeReport } from '../../src/report/report-file.js';
import { collectProblems } from '../../src/commands/index.js';
import { describeJob, type TrustReport } from '../../src/image-signing/job-report.js';
import { summaryOf as render } from '../../src/report/summary.js';

const digest = `sha256:${'a'.repeat(64)}`;
const report: TrustReport = {
  formatVersion: 1,
  command: 'buildAndPush',
  at: '2026-11-23T12:00:00.000Z',
  outcome: 'done',
  error: undefined,
  pushed: 'yes',
  registry: 'contoso.azurecr.io',
  repository: 'team/app',
  gun: 'contoso.azurecr.io/team/app',
  digest,
  image: `contoso.azurecr.io/team/app@${digest}`,
  tags: [{ tag: '1.0', digest, length: 735, signed: true, state: 'signed' }],
  engine: 'native',
  key: { id: 'f'.repeat(64), method: 'ecdsa', description: 'Key Vault key contoso/app (ES256)' },
  roles: ['targets/ci', 'targets/releases'],
  initialised: false,
  pinnedBy: 'key ID 12',
  expires: [{ role: 'targets/ci', expires: '2029-11-22T00:00:00.000Z' }],
  baseImages: [
    { reference: 'contoso.azurecr.io/base:1', status: 'signed', digest },
    { reference: 'alpine', status: 'unsigned' },
  ],
  warnings: [],
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-report-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Where the report goes if `given` is where it is wanted. @throws {TrustError} */
async function placed(given: string | undefined): Promise<string> {
  const problems = collectProblems((name) => name);
  const place = await placeOfReport(given, {
    problems,
    tempDirectory: folder,
    workingDirectory: folder,
  });
  await problems.runChecks();
  problems.throwIfAny();
  return place;
}

describe('the trust report', () => {
  it('is written where it was asked for', async () => {
    const file = path.join(folder, 'report.json');
    expect(await placed('report.json')).toBe(file);
    await writeReport(file, report, {
      workingDirectory: folder,
      toJson: (document, indent) => JSON.stringify(document, null, indent),
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(report);
  });

  it('is a new file otherwise', async () => {
    const first = await placed(undefined);
    expect(await placed(undefined)).not.toBe(first);
    expect(path.dirname(first)).toBe(folder);
  });

  it('is refused beforehand where there is no such folder', async () => {
    for (const given of [path.join('none', 'report.json'), folder]) {
      await expect(placed(given)).rejects.toMatchObject({
        message: expect.stringContaining('"trust-report" cannot be used') as string,
      });
    }
    const before = await readdir(folder);
    await placed('new.json');
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    ['is missing', () => path.join(folder, 'none')],
    [
      'is a file',
      () => {
        const file = path.join(folder, 'a-file');
        writeFileSync(file, '');
        return file;
      },
    ],
  ])('is refused beforehand where the temporary folder %s', async (_what, make) => {
    const tempDirectory = make();
    const proving = proveTemporaryFolder({ tempDirectory });
    await expect(proving).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
  });
});

const summaryOf = (told: TrustReport): string =>
  render(
    { command: 'push', ...describeJob(told, told.outcome === 'done') },
    told.error,
    told.warnings,
  );

describe('the job summary', () => {
  it('is a table of image, digest, tags, role, key and expiry', () => {
    const lines = summaryOf(report).split('\n');
    expect(lines[0]).toBe('### ✅ Signed image: `contoso.azurecr.io/team/app:1.0`');
    expect(lines).toContain('| Image | `contoso.azurecr.io/team/app` |');
    expect(lines).toContain(`| Digest | \`${digest}\` |`);
    expect(lines).toContain('| Tags | `1.0` |');
    expect(lines).toContain('| Role | `targets/ci`, `targets/releases` |');
    expect(lines).toContain(`| Key | \`${'f'.repeat(64)}\`<br>Key Vault key contoso/app (ES256) |`);
    expect(lines).toContain('| Expiry | `targets/ci` 2029-11-22 |');
  });

  it('does not call an unsigned image signed', () => {
    const summary = summaryOf({
      ...report,
      key: undefined,
      tags: [{ tag: '1.0', digest, length: 735, signed: false, state: 'unsigned' }],
    });
    expect(summary).toContain('### ✅ Image without a signature');
    expect(summary).toContain('`1.0` (unsigned)');
    expect(summary).not.toContain('Signed image');
  });

  it('says of a run that failed why, and what became of each tag', () => {
    const failed: TrustReport = {
      ...report,
      outcome: 'failed',
      error: {
        code: 'PUSH_FAILED',
        message: 'The <push> broke.',
        remedy: 'Run the step again.',
        helpUrl: 'https://docs.example/page#push_failed',
      },
      pushed: 'unknown',
      tags: [
        { tag: '1.0', digest, length: 735, signed: false, state: 'push-unknown' },
        { tag: '1.1', digest, length: 735, signed: true, state: 'signed' },
      ],
    };
    const lines = summaryOf(failed).split('\n');
    expect(lines[0]).toBe('### ❌ Push failed: `contoso.azurecr.io/team/app:1.0` and 1 more');
    expect(lines).toContain(
      '[`PUSH_FAILED`](https://docs.example/page#push_failed): The &lt;push&gt; broke.',
    );
    expect(lines).toContain('- Run the step again.');
    expect(lines).toContain('| Pushed | unknown |');
    expect(lines).toContain(
      '| Tags | `1.0` (the push broke off; the registry may have it)<br>`1.1` (signed) |',
    );
  });

  it('lets no text of others out of its cell', () => {
    const summary = summaryOf({
      ...report,
      baseImages: [
        { reference: 'a`|b\n| c', status: 'not-checked', reason: '<script>|\r\n# title [x](y)' },
      ],
      warnings: ['first\n\n# second <img>'],
    });
    expect(summary).toContain('`ab c` not checked &lt;script&gt;\\| # title \\[x\\](y)');
    expect(summary).toContain('- ⚠️ first\n  - # second &lt;img&gt;');
    expect(summary).not.toMatch(/^# |<script>|<img>/m);
  });
});
