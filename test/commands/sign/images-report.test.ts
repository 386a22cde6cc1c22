import { describe, expect, it } from 'vitest';
import { imagesReport, type ImageOutcome } from '../../../src/commands/sign/images-report.js';
import { errorFacts, failureOf as explain, type ErrorFacts } from '../../../src/report/failure.js';
import { logLines } from '../../../src/report/report.js';
import { summaryOf as render, type Summarised } from '../../../src/report/summary.js';
import type { Signer } from '../../../src/trust/index.js';
import { TrustError } from '../../../src/errors.js';

const gun = 'contoso.azurecr.io/team/app';
const signed: ImageOutcome = {
  image: `${gun}:1`,
  gun,
  tag: '1',
  digest: `sha256:${'a'.repeat(64)}`,
  length: 523,
  signed: true,
  state: 'signed',
  roles: ['targets/ci', 'targets/releases'],
  pinnedBy: 'key ID 4c6c',
  error: undefined,
};
const failed = (tag: string, code: 'MANIFEST_NOT_FOUND' | 'TAG_MOVED', remedy = 'Look.') => ({
  ...signed,
  image: `${gun}:${tag}`,
  tag,
  signed: false,
  state: 'unsigned' as const,
  roles: [],
  error: new TrustError(code, `There is something about ${tag}.`, { remedy }),
});

const summaryOf = (report: Omit<Summarised, 'command'>, ...told: [ErrorFacts | undefined, []]) =>
  render({ command: 'sign', ...report }, ...told);

const failureOf = (images: readonly ImageOutcome[]) =>
  imagesReport(images, undefined).failure as TrustError | undefined;

describe('the failure of many images', () => {
  it('is none when all are signed', () => {
    expect(failureOf([signed, signed])).toBeUndefined();
  });

  it('is its own for a single image', () => {
    const only = failed('2', 'TAG_MOVED');
    expect(failureOf([only])).toBe(only.error);
  });

  it('names every image that is not signed, with the first code and each remedy once', () => {
    const all = [signed, failed('2', 'TAG_MOVED'), failed('3', 'MANIFEST_NOT_FOUND')];
    const error = failureOf(all);
    expect(error?.code).toBe('TAG_MOVED');
    expect(error?.message).toBe(
      `2 of 3 images failed. ${gun}:2: There is something about 2. ${gun}:3: There is something about 3.`,
    );
    expect(error?.remedy).toBe('Look.');
  });

  it('stays readable however many there are', () => {
    const many = Array.from({ length: 500 }, (_, index) => failed(String(index), 'TAG_MOVED'));
    const error = failureOf(many);
    expect(error?.message).toMatch(/^500 of 500 images failed\. /);
    expect(error?.message).toMatch(/ \.\.\. and 480 more, see the trust report$/);
  });
});

describe('what is said of many images', () => {
  const images = [signed, failed('2', 'TAG_MOVED')];
  const key = { id: 'ab'.repeat(32), method: 'ecdsa', description: 'Key Vault key a|b' };
  const signer = { ...key, keyId: key.id } as unknown as Signer;

  it('is a line for each in the table', () => {
    const [, first, second] = logLines(imagesReport(images, signer).body);
    expect(first).toMatch(/app:1 .*targets\/ci, targets\/releases +signed and verified$/);
    expect(second).toMatch(/app:2 .*NOT SIGNED TAG_MOVED$/);
  });

  it('is an entry for each in the report, with errors as data', () => {
    expect(imagesReport(images, signer).facts).toMatchObject({
      key,
      images: [
        { tag: '1', signed: true, length: 523 },
        { tag: '2', signed: false, error: { code: 'TAG_MOVED', remedy: 'Look.' } },
      ],
    });
  });

  it('is a row for each in the summary, as far as hosts show it', () => {
    const report = imagesReport(images, signer);
    const summary = summaryOf(report, errorFacts(explain(report.failure)), []);
    expect(summary).toContain('images failed');
    expect(summary).toContain('Key Vault key a\\|b');
    const many = imagesReport(Array(5000).fill(signed) as ImageOutcome[], signer);
    expect(summaryOf(many, undefined, [])).toContain('and 4800 more');
  });
});
