/**
 * `npx tsx test/docker/dockerfile/support/record.ts`: writes BuildKit's verdicts on the Dockerfiles
 * beside this file anew, for machines without Go.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { buildCases, handWritten } from './dockerfiles.js';
import { buildJudge, verdictsOn } from './judge.js';

const judge = await buildJudge();
const cases = [...handWritten, ...fc.sample(buildCases, { seed: 2, numRuns: 1500 })];
const verdicts = await verdictsOn(judge, cases);
const recorded = cases.flatMap((build, index) => {
  const verdict = verdicts[index];
  // Of the generated files that BuildKit refuses, some are enough.
  const isKept = index < handWritten.length || verdict?.error === undefined || index % 5 === 0;
  return isKept ? [JSON.stringify({ build, verdict })] : [];
});
await writeFile(
  path.resolve(import.meta.dirname, '../../../fixtures/buildkit/verdicts.json'),
  `[\n${recorded.join(',\n')}\n]\n`,
);
