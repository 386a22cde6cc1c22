/**
 * BuildKit's own opinion. buildkit-26.1.json holds Dockerfiles and the images that the BuildKit of
 * Docker Engine 26.1.5 (buildx 0.13.1, linux/amd64, no network) asked registries for; it logs each
 * as "load metadata for ...".
 */
import { describe, expect, it } from 'vitest';
import { contextName, findBaseImages } from '../../../src/docker/index.js';
import recorded from './buildkit-26.1.json' with { type: 'json' };

/**
 * Where we differ on purpose: operators we leave unresolved, and ONBUILD, whose images BuildKit asks
 * for only when it gets to the stage built from it.
 */
const deviations: Readonly<Record<string, readonly string[]>> = {
  'ARG V=1\nFROM a:${V%1}2': [],
  'FROM a AS s\nONBUILD COPY --from=c / /\nFROM s': ['a', 'c'],
};

describe('the images BuildKit asks for', () => {
  it.each(recorded)('are those we find: $dockerfile', ({ dockerfile, images }) => {
    const found = findBaseImages(dockerfile, {
      builder: 'buildkit',
      buildPlatform: 'linux/amd64',
    }).images.map(({ reference }) => contextName(reference));
    expect([...new Set(found)].sort()).toEqual(deviations[dockerfile] ?? images);
  });

  it('are more than a few', () => {
    expect(recorded.length).toBeGreaterThan(50);
  });
});
