import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRemoteContext, locateDockerfile, prepareBuild } from '../../src/docker/index.js';
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

describe('a pattern, as Docker@2 takes it', () => {
  const locate = (root: string, dockerfile: string | undefined, context = '.') =>
    locateDockerfile({ context, dockerfile, workingDirectory: root });

  it.each([
    ['**/Dockerfile', 'services/app/Dockerfile'],
    ['**/Dockerfile', 'Dockerfile'],
    ['**\\Dockerfile', 'app/Dockerfile'],
    ['./**/**/Dockerfile', 'app/Dockerfile'],
    ['services/*/Dockerfile.prod', 'services/app/Dockerfile.prod'],
    ['**/*.Dockerfile', 'a/b/app.Dockerfile'],
    ['**/app/**', 'x/app/y/Dockerfile'],
    ['Dockerfile.?', 'Dockerfile.a'],
  ])('%s finds %s, if it is the only one', async (pattern, file) => {
    const root = tree(file, 'other/Dockerfiles', 'README.md');
    expect(await locate(root, pattern)).toMatchObject({ path: join(root, file) });
  });

  it('may be an absolute path', async () => {
    const root = tree('app/Dockerfile');
    expect((await locate(root, `${root}/**/Dockerfile`))?.path).toBe(join(root, 'app/Dockerfile'));
  });

  it('that matches several files is an error that lists them', async () => {
    const names = Array.from(
      { length: 12 },
      (_, at) => `s${String(at).padStart(2, '0')}/Dockerfile`,
    );
    const error = await failureOf(locate(tree(...names), '**/Dockerfile'));
    expect(error.code).toBe('DOCKERFILE_AMBIGUOUS');
    expect(error.message).toMatch(/^12 files in .* match \*\*\/Dockerfile: s00\/Dockerfile, s01/);
    expect(error.message).toMatch(/s09\/Dockerfile and 2 more$/);
    expect(error.remedy).toContain('`dockerfile`');
  });

  it('that matches none is an error that names it, and the folder', async () => {
    const root = tree('app/Containerfile', 'deep/er/Dockerfile.prod');
    for (const pattern of ['**/Dockerfile', '*/Dockerfile.prod', 'none/**/Dockerfile']) {
      const error = await failureOf(locate(root, pattern));
      expect(error).toMatchObject({ code: 'DOCKERFILE_NOT_FOUND' });
      expect(error.message).toContain(pattern);
    }
  });

  it('finds nothing in packages, in the history, or by way of a link', async () => {
    const root = tree('app/Dockerfile', 'node_modules/x/Dockerfile', 'app/.git/Dockerfile');
    symlinkSync(join(root, 'app'), join(root, 'link'));
    expect((await locate(root, '**/Dockerfile'))?.path).toBe(join(root, 'app/Dockerfile'));
  });

  it('is a name like any other where its signs are those of expressions', async () => {
    const root = tree('a+(b)/Dockerfile', 'aab/Dockerfile');
    const found = await locate(root, '?+(b)/Dockerfile');
    expect(found?.path).toBe(join(root, 'a+(b)/Dockerfile'));
  });

  it('is not for what Docker fetches', async () => {
    const error = await failureOf(locate('/', '**/Dockerfile', 'https://github.com/a/b.git'));
    expect(error).toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('the context **', () => {
  const wanted = { builder: 'auto', context: '**' } as const;
  const result = { builder: 'buildx', tags: ['a:1'], output: { kind: 'push' } } as const;

  it.each([[undefined], ['**/Dockerfile'], ['app/Dockerfile']])(
    'is the folder of the Dockerfile %s',
    async (dockerfile) => {
      const root = tree('app/Dockerfile');
      const { request } = await prepareBuild({ ...wanted, dockerfile }, result, {
        workingDirectory: root,
      });
      expect(request).toMatchObject({
        context: join(root, 'app'),
        dockerfile: join(root, 'app/Dockerfile'),
      });
    },
  );

  it('needs a Dockerfile that is in a folder', async () => {
    const dockerfile = 'https://contoso.example/Dockerfile';
    const error = await failureOf(
      prepareBuild({ ...wanted, dockerfile }, result, { workingDirectory: '/' }),
    );
    expect(error).toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('leaves a context that is named as it is, and has the pattern found', async () => {
    const root = tree('app/Dockerfile');
    const build = { ...wanted, context: '.', dockerfile: '**/Dockerfile' };
    const { request } = await prepareBuild(build, result, { workingDirectory: root });
    expect(request).toMatchObject({ context: '.', dockerfile: join(root, 'app/Dockerfile') });
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
