import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BaseImageOptions,
  contextName,
  findBaseImages,
  fitsDockerContentTrust,
  parseReference,
  pinForBuildKit,
  pinForClassicBuilder,
  pinnedReference,
} from '../../../src/docker/index.js';

const one = `sha256:${'1'.repeat(64)}`;
const two = `sha256:${'2'.repeat(64)}`;
const decisions = new Map([
  ['alpine:3.20', one],
  ['golang', two],
  ['docker/dockerfile:1', one],
  ['r.io/base-amd64', one],
  ['r.io/base-arm64', two],
]);

const buildKit = (
  source: string,
  options: Partial<BaseImageOptions> = {},
): ReturnType<typeof pinForBuildKit> =>
  pinForBuildKit(source, findBaseImages(source, { builder: 'buildkit', ...options }), decisions);
const classic = (source: string): ReturnType<typeof pinForClassicBuilder> =>
  pinForClassicBuilder(source, findBaseImages(source, { builder: 'classic' }), decisions);

describe('pins for BuildKit', () => {
  it('are written into the Dockerfile, which every frontend reads', () => {
    const source =
      'ARG V=3.20\nFROM golang AS build\nFROM alpine:${V}\nCOPY --from=build / /\nRUN --mount=from=golang:latest,target=/x y\n';
    expect(
      pinForBuildKit(
        source,
        findBaseImages(source, { builder: 'buildkit' }),
        new Map([...decisions, ['golang:latest', two]]),
      ),
    ).toEqual({
      buildContexts: [],
      dockerfile: source
        .replace('FROM golang', `FROM docker.io/library/golang@${two}`)
        .replace('alpine:${V}', `docker.io/library/alpine@${one}`)
        .replace('from=golang:latest', `from=docker.io/library/golang@${two}`),
    });
  });

  it('leave out what has no decision or names a digest itself', () => {
    expect(buildKit(`FROM other\nCOPY --from=alpine:3.20@${two} / /`)).toEqual({
      buildContexts: [],
    });
  });

  it('leave a stage alone that is called like its base', () => {
    const source =
      'FROM golang AS golang\r\nRUN go build\r\nFROM alpine:3.20\r\nCOPY --from=golang / /\r\n';
    expect(buildKit(source)).toEqual({
      buildContexts: [],
      dockerfile: source
        .replace('FROM golang', `FROM docker.io/library/golang@${two}`)
        .replace('FROM alpine:3.20', `FROM docker.io/library/alpine@${one}`),
    });
  });

  it('reach the frontend', () => {
    const source = '# syntax=docker/dockerfile:1\nFROM scratch\n';
    expect(buildKit(source)).toEqual({
      buildContexts: [],
      dockerfile: source.replace('docker/dockerfile:1', `docker.io/docker/dockerfile@${one}`),
    });
  });

  it('are build contexts for one FROM that means another image on each platform', () => {
    const platforms = ['linux/amd64', 'linux/arm64'];
    expect(buildKit('FROM r.io/base-$TARGETARCH', { platforms })).toEqual({
      buildContexts: [
        `r.io/base-amd64=docker-image://r.io/base-amd64@${one}`,
        `r.io/base-arm64=docker-image://r.io/base-arm64@${two}`,
      ],
    });
  });
});

describe('pins for the classic builder', () => {
  it('replace the references and not one other byte', () => {
    const source =
      '\uFEFF# FROM golang\r\nFROM  golang\tAS a\r\nRUN echo golang\r\nFROM alp\\\r\nine:3.20\r\nCOPY --from=golang x golang';
    expect(classic(source).dockerfile).toBe(
      `\uFEFF# FROM golang\r\nFROM  docker.io/library/golang@${two}\tAS a\r\nRUN echo golang\r\nFROM docker.io/library/alpine@${one}\r\nCOPY --from=docker.io/library/golang@${two} x golang`,
    );
  });

  it('spell out a digest that is in a variable, which Docker itself cannot read', () => {
    const source = `ARG D=${two}\nFROM golang@$D AS a\nFROM golang@${one}\n`;
    expect(classic(source).dockerfile).toBe(
      `ARG D=${two}\nFROM docker.io/library/golang@${two} AS a\nFROM golang@${one}\n`,
    );
  });

  it('need no other Dockerfile where nothing is pinned', () => {
    expect(classic('FROM other')).toEqual({ buildContexts: [] });
  });

  it('keep every byte outside the references, whatever stands around them', () => {
    const filler = fc.constantFrom(
      'RUN echo é',
      '# golang',
      '',
      '  ',
      'ENV A="golang"',
      'LABEL x=\\\n y',
      'WORKDIR /x\r',
    );
    fc.assert(
      fc.property(fc.array(filler), fc.array(filler), (before, after) => {
        const source = ['FROM golang', ...before, 'FROM alpine:3.20 AS x', ...after, ''].join('\n');
        const pinned = classic(source).dockerfile ?? '';
        const back = pinned
          .replace(`docker.io/library/golang@${two}`, 'golang')
          .replace(`docker.io/library/alpine@${one}`, 'alpine:3.20');
        expect(back).toBe(source);
      }),
      { numRuns: 50 },
    );
  });
});

describe('one place that needs two digests', () => {
  it('cannot be rewritten', () => {
    const source = 'FROM r.io/base-$TARGETARCH';
    const bases = findBaseImages(source, {
      builder: 'buildkit',
      platforms: ['linux/amd64', 'linux/arm64'],
    });
    expect(() => pinForClassicBuilder(source, bases, decisions)).toThrow(
      expect.objectContaining({ code: 'BASE_IMAGE_CONFLICT' }) as Error,
    );
  });
});

describe('an image reference', () => {
  it.each([
    ['alpine', 'docker.io', 'library/alpine', undefined],
    ['a/b:1', 'docker.io', 'a/b', '1'],
    ['index.docker.io/a', 'docker.io', 'library/a', undefined],
    ['localhost/a', 'localhost', 'a', undefined],
    ['r.io:5000/a/b:1.2-x', 'r.io:5000', 'a/b', '1.2-x'],
    // Host names have no case; Docker keeps the one that was written.
    ['Host/a', 'host', 'a', undefined],
  ])('is read as Docker reads it: %s', (text, host, repository, tag) => {
    expect(parseReference(text)).toEqual({
      host,
      repository,
      ...(tag === undefined ? {} : { tag }),
    });
  });

  it.each([
    '',
    'UPPER',
    'a:',
    'a b',
    'a@sha256:12',
    '-a',
    'a//b',
    'r.io/',
    'a:b:c',
    'f'.repeat(64),
  ])('is none: "%s"', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it('has the name BuildKit compares contexts by', () => {
    expect(contextName('docker.io/library/alpine:latest')).toBe('alpine');
    expect(contextName('alpine:3')).toBe('alpine:3');
    expect(contextName('docker.io/a/b')).toBe('a/b');
    expect(contextName('r.io/a:latest')).toBe('r.io/a');
  });

  it('is not pinned to something that is no digest', () => {
    expect(() => pinnedReference('alpine', 'latest')).toThrow(
      expect.objectContaining({ code: 'UNEXPECTED' }) as Error,
    );
  });
});

describe("Docker's own content trust", () => {
  it.each<readonly [string, string, boolean]>([
    ['tags, digests and scratch', `FROM a:1\nFROM b@${one} AS x\nFROM scratch`, true],
    ['a variable', 'ARG V=1\nFROM a:$V', false],
    ['a platform', 'FROM --platform=linux/amd64 a', false],
    ['a stage as a base', 'FROM a AS build\nFROM Build', false],
    ['FROM on two lines', 'FROM \\\n a', false],
  ])('reads a Dockerfile with %s, or not', (_, source, fits) => {
    expect(fitsDockerContentTrust(source)).toBe(fits);
  });
});
