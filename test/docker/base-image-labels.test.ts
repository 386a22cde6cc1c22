import { describe, expect, it } from 'vitest';
import { baseImageLabels, labelBaseImage } from '../../src/docker/base-image-labels.js';
import { findBaseImages } from '../../src/docker/index.js';
import type { BaseImageDecisions } from '../../src/docker/verify-base-images.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('the image that a build starts from', () => {
  const baseOf = (source: string, more: object = {}) =>
    findBaseImages(source, { builder: 'buildkit', buildPlatform: 'linux/amd64', ...more }).base;

  it.each([
    ['of one stage', 'FROM alpine:3', 'alpine:3'],
    ['by way of stages', 'FROM a:1 AS one\nFROM one AS two\nFROM b\nFROM two', 'a:1'],
    ['with the value of an argument', 'ARG TAG=3\nFROM alpine:$TAG', 'alpine:3'],
    ['by its digest', `FROM a:1@${digest}`, `a:1@${digest}`],
  ])('is named: %s', (_how, source, expected) => {
    expect(baseOf(source)).toBe(expected);
  });

  it('is that of the target', () => {
    expect(baseOf('FROM a AS wanted\nFROM b', { target: 'wanted' })).toBe('a');
  });

  it.each([
    ['nothing', 'FROM scratch', {}],
    ['an argument without a value', 'ARG TAG\nFROM alpine:$TAG', {}],
    ['a build context of the user', 'FROM a', { buildContexts: ['a=docker-image://b'] }],
    ['a stage that one replaces', 'FROM a AS s\nFROM s', { buildContexts: ['s=./s'] }],
    [
      'another on each platform',
      'ARG TARGETARCH\nFROM a-$TARGETARCH',
      { platforms: ['linux/amd64', 'linux/arm64'] },
    ],
  ])('is not named where it is %s', (_what, source, more) => {
    expect(baseOf(source, more)).toBeUndefined();
  });
});

describe('the labels of a base image', () => {
  it('name it as the Dockerfile does, and in full', () => {
    expect(baseImageLabels('Alpine', undefined)).toEqual([]);
    expect(baseImageLabels('alpine', undefined)).toEqual([
      'image.base.ref.name=alpine',
      'org.opencontainers.image.base.name=docker.io/library/alpine:latest',
    ]);
  });

  it.each([
    ['that is signed', 'contoso.azurecr.io/base:1', digest, 'contoso.azurecr.io/base:1'],
    ['in the Dockerfile', `base:1@${digest}`, undefined, 'docker.io/library/base:1'],
    ['and nothing else', `base@${digest}`, undefined, 'docker.io/library/base'],
  ])('have the digest %s', (_where, reference, signed, full) => {
    expect(baseImageLabels(reference, signed)).toEqual([
      `image.base.ref.name=${reference.replace(/@.*/, '')}`,
      `org.opencontainers.image.base.name=${full}`,
      `image.base.digest=${digest}`,
      `org.opencontainers.image.base.digest=${digest}`,
    ]);
  });

  it('come after those that the user names, in one way or another', async () => {
    const text = 'FROM contoso.azurecr.io/base:1';
    const prepared = {
      request: {
        builder: 'classic',
        context: '.',
        tags: [],
        output: { kind: 'load' },
        labels: ['image.base.ref.name=mine'],
        extraArguments: ['--label', 'image.base.digest=mine'],
      },
      dockerfile: { text, path: 'Dockerfile' },
    } as const;
    const decisions: BaseImageDecisions = {
      bases: findBaseImages(text, { builder: 'classic' }),
      digests: new Map([['contoso.azurecr.io/base:1', digest]]),
      reports: [],
      sourcePolicy: undefined,
    };
    const { request } = await labelBaseImage(
      prepared as never,
      decisions,
      undefined as never,
      undefined as never,
    );
    expect(request.labels).toEqual([
      'org.opencontainers.image.base.name=contoso.azurecr.io/base:1',
      `org.opencontainers.image.base.digest=${digest}`,
      'image.base.ref.name=mine',
    ]);
  });
});
