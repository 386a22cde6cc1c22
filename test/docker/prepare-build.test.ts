import { describe, expect, it } from 'vitest';
import { readsRegistry, type PreparedBuild } from '../../src/docker/prepare-build.js';
import type { BaseImageOptions, BuildRequest } from '../../src/docker/index.js';

const registry = 'contoso.azurecr.io';

function reads(
  text: string | undefined,
  request: Partial<BuildRequest> = {},
  options: Partial<BaseImageOptions> = {},
): boolean {
  const prepared = {
    request: { context: '.', ...request },
    dockerfile: text === undefined ? undefined : { text },
  } as unknown as PreparedBuild;
  return readsRegistry(prepared, registry, {
    builder: 'buildkit',
    buildArgs: {},
    platforms: [],
    buildPlatform: 'linux/amd64',
    ...options,
  });
}

describe('a build', () => {
  it('needs no registry for base images that are elsewhere', () => {
    expect(reads('FROM alpine:3\nCOPY --from=mcr.microsoft.com/dotnet/sdk:9.0 /a /b')).toBe(false);
    expect(reads('FROM scratch\nCOPY app /')).toBe(false);
  });

  it.each([
    ['a base image', reads(`FROM ${registry}/base:1`)],
    ['a stage that copies from it', reads(`FROM alpine\nCOPY --from=${registry}/tools:1 /a /b`)],
    [
      'a name put together of variables',
      reads('ARG NAME\nFROM ${NAME}.azurecr.io/base:1', {}, { buildArgs: { NAME: 'contoso' } }),
    ],
    ['a name that nobody can tell', reads('ARG NAME\nFROM ${NAME}')],
    ['a cache', reads('FROM alpine', { cacheFrom: [`type=registry,ref=${registry}/app:cache`] })],
    [
      'a context among the arguments',
      reads('FROM alpine', {
        extraArguments: ['--build-context', `base=docker-image://${registry}/base:1`],
      }),
    ],
    ['a Dockerfile that is not here', reads(undefined)],
    ['a Dockerfile that we do not understand', reads('COPY before any FROM')],
  ])('needs it for %s', (_what, answer) => {
    expect(answer).toBe(true);
  });
});
