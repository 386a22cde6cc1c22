/** Our reading of a Dockerfile beside BuildKit's verdict on it. */
import path from 'node:path';
import { findBaseImages, parseReference } from '../../../../src/docker/index.js';
import { isTrustError } from '../../../../src/errors.js';
import { formatImageReference } from '../../../../src/registry/index.js';
import { askGoProgram, buildGoProgram, type GoProgram } from '../../../judges/go-program.js';
import type { BuildCase } from './dockerfiles.js';

/** What test/judges/buildkit says. */
export interface Verdict {
  readonly images: readonly string[];
  readonly syntax?: string;
  readonly error?: string;
}

export const buildJudge = (): Promise<GoProgram> =>
  buildGoProgram(path.resolve(import.meta.dirname, '../../../judges/buildkit'));

/** @throws {Error} where the judge could not be built */
export async function verdictsOn(
  judge: GoProgram,
  cases: readonly BuildCase[],
): Promise<readonly Verdict[]> {
  if (judge.kind === 'unavailable') throw new Error(judge.reason);
  return (await askGoProgram(judge.path, cases)) as readonly Verdict[];
}

/** What we say of the images: refused under `enforce`, or exactly these. */
export type Reading = 'refused' | Pick<Verdict, 'images' | 'syntax'>;

export function readingOf({ dockerfile, ...options }: BuildCase): Reading {
  try {
    const { images, unresolved } = findBaseImages(dockerfile, { builder: 'buildkit', ...options });
    if (unresolved.length > 0) return 'refused';
    const of = (syntax: boolean): string[] => [
      ...new Set(
        images
          .filter(({ kind }) => (kind === 'syntax') === syntax)
          .map(({ reference }) => fullName(reference)),
      ),
    ];
    const [syntax] = of(true);
    return { images: of(false).sort(), ...(syntax === undefined ? {} : { syntax }) };
  } catch (error) {
    if (isTrustError(error, 'DOCKERFILE_INVALID', 'INPUT_INVALID')) return 'refused';
    throw error;
  }
}

/** Whether nothing gets into a build under `enforce` that we did not see. */
export function isSafe(reading: Reading, verdict: Verdict): boolean {
  // Neither of the two would build it.
  if (reading === 'refused' || verdict.error !== undefined) return true;
  const theirs = verdict.syntax === undefined ? undefined : fullName(verdict.syntax);
  return (
    reading.images.join() === verdict.images.join() &&
    // A frontend that only older versions see is verified all the same.
    (theirs === undefined || theirs === reading.syntax)
  );
}

function fullName(text: string): string {
  const reference = parseReference(text);
  if (reference === undefined) return text;
  return formatImageReference(
    reference.tag === undefined && reference.digest === undefined
      ? { ...reference, tag: 'latest' }
      : reference,
  );
}
