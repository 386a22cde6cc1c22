import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRemoteContext, locateDockerfile } from '../../src/docker/index.js';
import { failureOf, temporaryFolder } from './support/scripted-docker.js';

function tree(...files: string[]): string {
  const root = temporaryFolder();
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), `FROM ${file}`);
  }
  return root;
}

describe('the Dockerfile of a local context', () => {
  it('is Dockerfile, or dockerfile, in the context', async () => {
    const root = tree('app/Dockerfile', 'other/dockerfile');
    expect(await locateDockerfile({ context: 'app', workingDirectory: root })).toEqual({
      path: join(root, 'app/Dockerfile'),
      bytes: Buffer.from('FROM app/Dockerfile'),
      text: 'FROM app/Dockerfile',
    });
    expect(await locateDockerfile({ context: './other', workingDirectory: root })).toMatchObject({
      path: join(root, 'other/dockerfile'),
    });
  });

  it('is relative to the working folder where it is given, as with docker build', async () => {
    const root = tree('app/x', 'docker/Dockerfile.prod');
    const found = await locateDockerfile({
      context: 'app',
      dockerfile: 'docker/Dockerfile.prod',
      workingDirectory: root,
    });
    expect(found?.path).toBe(join(root, 'docker/Dockerfile.prod'));
  });

  it('that is in the context only is not found, and the error says where it is', async () => {
    const root = tree('app/Dockerfile.prod');
    const error = await failureOf(
      locateDockerfile({ context: 'app', dockerfile: 'Dockerfile.prod', workingDirectory: root }),
    );
    expect(error).toMatchObject({ code: 'DOCKERFILE_NOT_FOUND' });
    expect(error.remedy).toContain('app/Dockerfile.prod');
  });

  it('that is nowhere is an error naming the folder and what is there', async () => {
    const root = tree('app/Dockerfile.prod', 'app/main.c');
    const error = await failureOf(locateDockerfile({ context: 'app', workingDirectory: root }));
    expect(error).toMatchObject({ code: 'DOCKERFILE_NOT_FOUND' });
    expect(error.message).toContain(join(root, 'app'));
    expect(error.remedy).toContain('Dockerfile.prod');
    expect(error.remedy).not.toContain('main.c');
  });

  it('cannot be a folder', async () => {
    const root = tree('app/Dockerfile/x');
    expect(
      await failureOf(locateDockerfile({ context: 'app', workingDirectory: root })),
    ).toMatchObject({
      code: 'DOCKERFILE_NOT_FOUND',
    });
  });

  it('needs a context that is a folder', async () => {
    const root = tree('file');
    for (const context of ['none', 'file', 'file/below']) {
      expect(await failureOf(locateDockerfile({ context, workingDirectory: root }))).toMatchObject({
        code: 'INPUT_INVALID',
      });
    }
  });
});

describe('a context that is fetched', () => {
  it.each([
    'https://github.com/a/b.git#main',
    'git://x/y',
    'git@github.com:a/b.git',
    'github.com/a/b',
    'ssh://git@x/y',
    'http://x/context.tar.gz',
  ])('is left to Docker: %s', async (context) => {
    expect(isRemoteContext(context)).toBe(true);
    expect(await locateDockerfile({ context, workingDirectory: '/' })).toBeUndefined();
  });

  it.each(['github.com/a/b', 'git@host:a', 'http:/x', 'folder#main', 'ssh:/x'])(
    'is a folder where there is one, as for both builders: %s',
    async (context) => {
      const root = tree(`${context}/Dockerfile`);
      const written = context.replace(':/', '://');
      const found = await locateDockerfile({ context: written, workingDirectory: root });
      expect(found?.path).toBe(join(root, context, 'Dockerfile'));
    },
  );

  it.each(['.', 'app', '/src', 'C:\\src', 'github.company/a'])('is not a folder: %s', (context) => {
    expect(isRemoteContext(context)).toBe(false);
  });
});
