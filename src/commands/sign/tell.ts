/** Hands on what became of the images of a run: outputs, trust report, job summary. */
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { handOnReport } from '../report/report-file.js';
import { imagesReport, imagesSummary, type ImageOutcome, type KeyFacts } from './outcome.js';

/** Tells of what was signed, and of what was not. */
export async function tell(
  images: readonly ImageOutcome[],
  key: KeyFacts | undefined,
  warnings: readonly string[],
  { reportPath }: Configuration,
  context: RunContext,
): Promise<void> {
  const signed = images.filter((image) => image.signed);
  if (signed.length > 0) {
    const byDigest = new Set(signed.map(({ gun, digest }) => `${gun}@${digest ?? ''}`));
    context.setOutput('images', [...byDigest].join('\n'));
    context.setOutput('signed-tags', signed.map(({ image }) => image).join(','));
    context.setOutput('role', [...new Set(signed.flatMap(({ roles }) => roles))].sort().join(','));
    if (key) context.setOutput('key-id', key.id);
    const [only, ...others] = byDigest;
    if (only !== undefined && others.length === 0) {
      context.setOutput('digest', signed[0]?.digest ?? '');
      // What others deploy: only of a run that has done all it was asked for.
      if (signed.length === images.length) context.setOutput('image', only);
    }
  }
  const report = imagesReport(images, key, warnings);
  await handOnReport(report, reportPath, context);
  await context.addSummary(imagesSummary(images, key, warnings));
}
