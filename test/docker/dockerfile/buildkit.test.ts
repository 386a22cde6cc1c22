/**
 * BuildKit's own opinion. verdicts.json holds Dockerfiles and what BuildKit's frontend makes of them
 * (test/judges/buildkit); with Go on the machine it is asked again about others. buildkit-26.1.json
 * holds the images that the older BuildKit of Docker Engine 26.1.5 (buildx 0.13.1, linux/amd64, no
 * network) asked registries for; it logs each as "load metadata for ...".
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextName } from '../../../src/docker/index.js';
import recorded from '../../fixtures/buildkit/verdicts.json' with { type: 'json' };
import olderRecorded from './buildkit-26.1.json' with { type: 'json' };
import { buildCases, handWritten, type BuildCase } from './support/dockerfiles.js';
import { buildJudge, isSafe, readingOf, verdictsOn, type Verdict } from './support/judge.js';

const verdicts = recorded as readonly { readonly build: BuildCase; readonly verdict: Verdict }[];
const judge = await buildJudge();

/** Cases in which BuildKit would build what we did not see, with both opinions. */
function unsafe(builds: readonly BuildCase[], opinions: readonly Verdict[]): unknown[] {
  return builds.flatMap((build, index) => {
    const verdict = opinions[index];
    const reading = readingOf(build);
    return verdict !== undefined && isSafe(reading, verdict) ? [] : [{ build, reading, verdict }];
  });
}

/** How many of what BuildKit builds we read, and do not refuse. */
function shareRead(builds: readonly BuildCase[], opinions: readonly Verdict[]): number {
  const built = builds.filter((_, index) => opinions[index]?.error === undefined);
  return built.filter((build) => readingOf(build) !== 'refused').length / built.length;
}

const withoutWords = ({ error, ...verdict }: Verdict): unknown => ({
  ...verdict,
  isRefused: error !== undefined,
});

describe('the images that BuildKit uses', () => {
  it('are those we find, or we refuse the Dockerfile: recorded verdicts', () => {
    const builds = verdicts.map(({ build }) => build);
    const opinions = verdicts.map(({ verdict }) => verdict);
    expect(unsafe(builds, opinions)).toEqual([]);
    expect(opinions.filter(({ error }) => error === undefined).length).toBeGreaterThan(250);
    expect(shareRead(builds, opinions)).toBeGreaterThan(0.5);
    for (const build of handWritten) expect(builds).toContainEqual(build);
  });

  const live = judge.kind === 'built' ? 'asked now' : `not asked now: ${judge.reason}`;
  it.runIf(judge.kind === 'built')(
    `are those we find, or we refuse the Dockerfile (${live})`,
    async () => {
      const builds = [...handWritten, ...fc.sample(buildCases, { seed: 1, numRuns: 2000 })];
      expect(unsafe(builds, await verdictsOn(judge, builds))).toEqual([]);
      const again = await verdictsOn(
        judge,
        verdicts.map(({ build }) => build),
      );
      // Of several faults it names the one it meets first, which is not always the same.
      expect(again.map(withoutWords)).toEqual(verdicts.map(({ verdict }) => withoutWords(verdict)));
    },
  );
});

/** Where we refuse on purpose, or go by newer versions. */
const deviations: Readonly<Record<string, readonly string[] | 'refused'>> = {
  'ARG V=1\nFROM a:${V%1}2': ['a:2'],
  // BuildKit asks for the images of ONBUILD only when it gets to the stage built from it.
  'FROM a AS s\nONBUILD COPY --from=c / /\nFROM s': ['a', 'c'],
  'FROM a\nCOPY --from="c:1" / /': 'refused',
  'FROM a\nRUN --mount=type=bind,"from=c",target=/x ls': 'refused',
  // Versions of BuildKit read these here-documents differently.
  'FROM a\nRUN echo $(cat <<EOF)\nCOPY --from=c / /\nEOF)': 'refused',
  "FROM a\nRUN cat <<'E F'\nCOPY --from=no / /\nE F\nCOPY --from=c / /": 'refused',
};

describe('the images that an older BuildKit uses', () => {
  it.each(olderRecorded)('are those we find: $dockerfile', ({ dockerfile, images }) => {
    const reading = readingOf({ dockerfile, buildPlatform: 'linux/amd64' });
    const expected = deviations[dockerfile] ?? images;
    expect(reading === 'refused' ? reading : reading.images.map(contextName).sort()).toEqual(
      expected,
    );
  });
});
