import { describe, expect, it } from 'vitest';
import {
  type BuildRequest,
  buildArguments,
  checkBuildRequest,
  printableCommand,
  readExtraArguments,
} from '../../src/docker/index.js';

const app = 'contoso.azurecr.io/team/app';
const classic: BuildRequest = {
  builder: 'classic',
  context: '.',
  tags: [`${app}:1`],
  output: { kind: 'load' },
};
const buildx: BuildRequest = { ...classic, builder: 'buildx' };
const record = { iidFile: '/t/iid', metadataFile: '/t/meta' };

describe('the arguments of a build', () => {
  const table: readonly (readonly [string, BuildRequest, string])[] = [
    ['the least, classic', classic, `build --tag ${app}:1 --iidfile /t/iid .`],
    [
      'the least, buildx',
      buildx,
      `buildx build --tag ${app}:1 --load --iidfile /t/iid --metadata-file /t/meta .`,
    ],
    [
      'several tags, a Dockerfile and a target',
      {
        ...classic,
        tags: [`${app}:1`, `${app}:latest`],
        dockerfile: 'docker/Dockerfile',
        target: 'run',
      },
      `build --file docker/Dockerfile --tag ${app}:1 --tag ${app}:latest --target run --iidfile /t/iid .`,
    ],
    [
      'build arguments, labels, cache source, switches and network, classic',
      {
        ...classic,
        buildArgs: ['A=1', 'TOKEN'],
        labels: ['a=b'],
        cacheFrom: [`${app}:cache`],
        noCache: true,
        pull: true,
        network: 'host',
      },
      `build --tag ${app}:1 --build-arg A=1 --build-arg TOKEN --label a=b --cache-from ${app}:cache --no-cache --pull --network host --iidfile /t/iid .`,
    ],
    [
      'everything of buildx, pushed',
      {
        ...buildx,
        platforms: ['linux/amd64', 'linux/arm64'],
        secrets: ['id=npm,env=NPM_TOKEN'],
        ssh: ['default'],
        cacheFrom: ['type=gha'],
        cacheTo: ['type=gha,mode=max'],
        buildContexts: ['alpine=docker-image://docker.io/library/alpine@sha256:00'],
        builderName: 'multi',
        output: { kind: 'push' },
      },
      `buildx build --builder multi --tag ${app}:1 --platform linux/amd64,linux/arm64 --secret id=npm,env=NPM_TOKEN --ssh default --cache-from type=gha --cache-to type=gha,mode=max --build-context alpine=docker-image://docker.io/library/alpine@sha256:00 --push --iidfile /t/iid --metadata-file /t/meta .`,
    ],
    [
      'by digest, without a tag',
      { ...buildx, output: { kind: 'push-by-digest', repository: app } },
      `buildx build --output type=image,name=${app},push-by-digest=true,name-canonical=true,push=true,store=false --iidfile /t/iid --metadata-file /t/meta .`,
    ],
    [
      "the user's own arguments, before ours",
      { ...buildx, extraArguments: ['--sbom=true', '--shm-size', '1g'] },
      `buildx build --tag ${app}:1 --sbom=true --shm-size 1g --load --iidfile /t/iid --metadata-file /t/meta .`,
    ],
    [
      'a git context as it is',
      { ...classic, context: 'https://github.com/contoso/app.git#main:sub' },
      `build --tag ${app}:1 --iidfile /t/iid https://github.com/contoso/app.git#main:sub`,
    ],
  ];
  it.each(table)('are right for %s', (_, request, expected) => {
    expect(buildArguments(request, record).join(' ')).toBe(expected);
  });

  it('pass every value as one argument', () => {
    const args = buildArguments({
      ...classic,
      buildArgs: ['MESSAGE=a b; $(rm)'],
      context: 'my app',
    });
    expect(args).toContain('MESSAGE=a b; $(rm)');
    expect(args.at(-1)).toBe('my app');
  });
});

describe('a build that cannot work', () => {
  it.each<readonly [string, BuildRequest, string]>([
    [
      'several platforms, classic',
      { ...classic, platforms: ['linux/amd64', 'linux/arm64'] },
      'INPUT_CONFLICT',
    ],
    ['secrets, classic', { ...classic, secrets: ['id=a'] }, 'INPUT_CONFLICT'],
    [
      'secrets among the extra arguments, classic',
      { ...classic, extraArguments: ['--secret', 'id=a'] },
      'INPUT_CONFLICT',
    ],
    ['a cache export, classic', { ...classic, cacheTo: ['type=inline'] }, 'INPUT_CONFLICT'],
    ['ssh, classic', { ...classic, ssh: ['default'] }, 'INPUT_CONFLICT'],
    ['a push, classic', { ...classic, output: { kind: 'push' } }, 'INPUT_CONFLICT'],
    [
      'several platforms into the engine',
      { ...buildx, platforms: ['linux/amd64', 'linux/arm64'] },
      'INPUT_CONFLICT',
    ],
    [
      'a pin that the extra arguments would undo',
      {
        ...buildx,
        buildContexts: ['alpine:latest=docker-image://a@sha256:00'],
        extraArguments: ['--build-context=alpine=docker-image://b'],
      },
      'BASE_IMAGE_CONFLICT',
    ],
    ['a context on standard input', { ...classic, context: '-' }, 'INPUT_INVALID'],
    ['a context like a flag', { ...classic, context: '--push' }, 'INPUT_INVALID'],
    ['a Dockerfile on standard input', { ...classic, dockerfile: '-' }, 'INPUT_INVALID'],
    ['no tag', { ...classic, tags: [] }, 'INPUT_MISSING'],
  ])('is refused: %s', (_, request, code) => {
    expect(() => {
      checkBuildRequest(request);
    }).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('says all that the classic builder lacks at once', () => {
    expect(() => {
      checkBuildRequest({ ...classic, secrets: ['id=a'], cacheTo: ['type=inline'] });
    }).toThrow(/secrets, a cache export/);
  });
});

describe('extra arguments', () => {
  it.each([
    ['--push'],
    ['--push=true'],
    ['--load'],
    ['--tag', 'x'],
    ['--tag=x'],
    ['-t', 'x'],
    ['-tx'],
    ['-qt', 'x'],
    ['-f', 'x'],
    ['--file=x'],
    ['-o', '.'],
    ['--output=type=tar'],
    ['--iidfile', 'x'],
    ['--metadata-file=x'],
    ['--disable-content-trust'],
    ['--disable-content-trust=false'],
    ['--platform', 'x'],
    ['--target=x'],
    ['--call=check'],
    ['--check'],
    ['--print=outline'],
    ['--squash'],
    ['--'],
    ['-'],
  ])('are refused where they would break the result: %s %s', (...args) => {
    expect(() => readExtraArguments(args)).toThrow(
      expect.objectContaining({ code: 'INPUT_CONFLICT' }) as Error,
    );
  });

  it('are read for what matters to us, in both spellings', () => {
    expect(
      readExtraArguments([
        ...['--build-arg', 'A=1', '--build-arg=B', '--secret=id=x', '--no-cache', '-m', '1g', '-q'],
        ...[
          '--build-context',
          'alpine=docker-image://a',
          '--cache-to=type=gha',
          '--shm-size',
          '1g',
        ],
      ]),
    ).toEqual({
      buildArgs: ['A=1', 'B'],
      labels: [],
      secrets: ['id=x'],
      buildContexts: ['alpine=docker-image://a'],
      caches: ['type=gha'],
      scanners: [],
    });
  });

  it.each<readonly [string, string[]]>([
    ['--sbom=true', ['docker/buildkit-syft-scanner:stable-1']],
    ['--sbom=generator=r.io/scan:1', ['r.io/scan:1']],
    ['--attest=type=sbom', ['docker/buildkit-syft-scanner:stable-1']],
    ['--attest=type=sbom,generator=r.io/scan:1', ['r.io/scan:1']],
    ['--sbom=false', []],
    ['--attest=type=sbom,disabled=true', []],
    ['--attest=type=provenance,mode=max', []],
  ])('tell which image scans the result: %s', (argument, expected) => {
    expect(readExtraArguments([argument]).scanners).toEqual(expected);
  });
});

describe('the printed command line', () => {
  it('shows names, never values, of build arguments and secrets', () => {
    const printed = printableCommand([
      ...[
        'build',
        '--build-arg',
        'TOKEN=hush-1',
        '--build-arg=OTHER=hush-2',
        '--build-arg',
        'NAMED',
      ],
      ...['--secret', 'id=npm,src=/hush-3', '--secret=id=x,env=HUSH_4', '--ssh', 'default=/hush-5'],
      ...[
        '--cache-to',
        'type=s3,secret_access_key=hush-6',
        '--cache-from',
        `${app}:cache`,
        '--label',
        'a b=c',
      ],
    ]);
    expect(printed).not.toMatch(/hush/i);
    expect(printed).toBe(
      'docker build --build-arg TOKEN=*** --build-arg=OTHER=*** --build-arg NAMED --secret id=npm --secret=id=x --ssh default ' +
        `--cache-to type=s3 --cache-from ${app}:cache --label 'a b=c'`,
    );
  });
});
