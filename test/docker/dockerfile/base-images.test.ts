import { DockerfileParser } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';
import { type BaseImageOptions, findBaseImages } from '../../../src/docker/index.js';
import { processorSeconds } from '../../processor-time.js';

const buildkit: BaseImageOptions = { builder: 'buildkit', buildPlatform: 'linux/amd64' };
const classic: BaseImageOptions = { builder: 'classic' };

/** `kind reference` of each image and `? written` of what is unresolved, in order. */
function found(source: string, options: Partial<BaseImageOptions> = {}): string[] {
  const { images, unresolved } = findBaseImages(source, { ...buildkit, ...options });
  return [
    ...images.map(({ kind, reference }) => `${kind} ${reference}`),
    ...unresolved.map(({ written }) => `? ${written}`),
  ];
}
const lines = (...text: string[]): string => text.join('\n');

describe('the base images of a Dockerfile', () => {
  it.each<readonly [string, string, string[]]>([
    ['one FROM', 'FROM alpine', ['from alpine']],
    ['any case, tabs and a name', 'from\talpine:3.20\tAs  Base', ['from alpine:3.20']],
    ['a digest', `FROM alpine@sha256:${'a'.repeat(64)}`, [`from alpine@sha256:${'a'.repeat(64)}`]],
    ['scratch', 'FROM scratch', []],
    ['a registry with a port', 'FROM localhost:5000/a/b:1', ['from localhost:5000/a/b:1']],
    ['a stage of another', lines('FROM a AS One', 'FROM ONE'), ['from a']],
    [
      'a stage copied from, by name',
      lines('FROM a AS one', 'FROM b', 'COPY --from=ONE / /'),
      ['from b', 'from a'],
    ],
    [
      'a stage copied from, by number',
      lines('FROM a', 'FROM b', 'COPY --from=0 / /'),
      ['from b', 'from a'],
    ],
    [
      'an image copied from',
      lines('FROM a', 'COPY --chown=1 --from=c:1 / /'),
      ['from a', 'copy c:1'],
    ],
    [
      'a mount',
      lines('FROM a', 'RUN --mount=type=bind,from=c:1,target=/x ls'),
      ['from a', 'mount c:1'],
    ],
    [
      'a mount whose from is first',
      lines('FROM a', 'RUN --mount=from=c,target=/x --mount=type=cache,target=/y ls'),
      ['from a', 'mount c'],
    ],
    [
      'a mount of a stage',
      lines('FROM c AS s', 'FROM a', 'RUN --mount=from=s,target=/x ls'),
      ['from a', 'from c'],
    ],
    [
      'what only looks like a flag',
      lines('FROM a', 'RUN echo --mount=from=c', 'COPY x --from=c'),
      ['from a'],
    ],
    ['a platform', 'FROM --platform=$BUILDPLATFORM alpine', ['from alpine']],
    ['stages nobody needs', lines('FROM a AS unused', 'FROM b'), ['from b']],
    [
      'ONBUILD, where nothing is built from it',
      lines('FROM a', 'ONBUILD COPY --from=c / /'),
      ['from a'],
    ],
    [
      'ONBUILD, where a stage is built from it',
      lines('FROM a AS s', 'ONBUILD COPY --from=c / /', 'FROM s'),
      ['copy c', 'from a'],
    ],
    [
      'comments and empty lines within an instruction',
      lines('FROM \\', '# no', '', '  a'),
      ['from a'],
    ],
    ['a word cut in two', 'FROM alp\\\nine:3', ['from alpine:3']],
    [
      'Windows line ends and a byte order mark',
      '\uFEFF# x\r\nFROM a \\\r\n AS s\r\nFROM b\r\nCOPY --from=s / /\r\n',
      ['from b', 'from a'],
    ],
    [
      'the escape directive',
      lines('# escape=`', 'FROM a', 'RUN dir c:\\', 'FROM `', ' b'),
      ['from b'],
    ],
    [
      'an escape directive that is only a comment',
      lines('# hello', '# escape=`', 'FROM a', 'RUN x\\', 'FROM no'),
      ['from a'],
    ],
    [
      'the frontend',
      lines('# syntax=docker/dockerfile:1 x', 'FROM a'),
      ['from a', 'syntax docker/dockerfile:1'],
    ],
  ])('are found for %s', (_, source, expected) => {
    expect(found(source)).toEqual(expected);
  });

  it.each<readonly [string, string]>([
    [
      'a here-document',
      lines('FROM a', 'RUN cat <<EOF > /x', 'FROM no', 'EOF', 'COPY --from=c / /'),
    ],
    [
      'a numbered and a quoted one',
      lines('FROM a', `RUN 3<<A cat <<-"B"`, 'FROM no', 'A', 'FROM no', '\tB', 'COPY --from=c / /'),
    ],
    [
      'a COPY of one',
      lines('FROM a', 'COPY <<E /x', 'COPY --from=no / /', 'E', 'COPY --from=c / /'),
    ],
    [
      'the operator within quotes',
      lines('FROM a', 'RUN echo "usage: x <<EOF"', 'COPY --from=c / /'),
    ],
    ['the operator within a word', lines('FROM a', 'RUN python3<<E', 'COPY --from=c / /')],
    ['a here-string', lines('FROM a', 'RUN cat <<<EOF', 'COPY --from=c / /')],
    [
      'the operator after an open quote',
      lines('FROM a', "RUN echo it's <<EOF", 'COPY --from=c / /'),
    ],
  ])('are neither hidden nor invented by %s', (_, source) => {
    expect(found(source)).toEqual(['from a', 'copy c']);
  });

  it.each<readonly [string, string, Record<string, string>, string[]]>([
    ['a default', lines('ARG V=3', 'FROM a:$V'), {}, ['from a:3']],
    ['a given value', lines('ARG V=3', 'FROM a:${V}'), { V: '4' }, ['from a:4']],
    ['a value for what is not declared', 'FROM a:${V:-3}', { V: '4' }, ['from a:3']],
    ['defaults within', lines('ARG V', 'FROM a:${V:-${W:-5}}'), {}, ['from a:5']],
    ['an alternative', lines('ARG V=1', 'FROM a${V:+-slim}'), {}, ['from a-slim']],
    [
      'an empty value, with and without colon',
      lines('ARG V=', 'FROM a${V-x}:${V:-y}'),
      {},
      ['from a:y'],
    ],
    [
      'arguments built on others',
      lines('ARG R=r.io', 'ARG I="$R/a" T=\'1\'', 'FROM ${I}:$T'),
      {},
      ['from r.io/a:1'],
    ],
    [
      'an argument declared too late',
      lines('FROM b AS s', 'ARG V=3', 'FROM a:${V}'),
      {},
      ['? a:${V}'],
    ],
    ['nothing', lines('ARG V', 'FROM $V'), {}, ['? $V']],
    ['a suffix without a value', lines('ARG V', 'FROM a$V'), {}, ['from a']],
    ['what is demanded', lines('ARG V', 'FROM a:${V:?needed}'), {}, ['? a:${V:?needed}']],
    ['a shortened value', lines('ARG V=x-alpine', 'FROM a:3${V#x}'), {}, ['from a:3-alpine']],
    ['an operator that does not exist', lines('ARG V=1', 'FROM a:${V^1}'), {}, ['? a:${V^1}']],
    [
      'a default that cannot be computed, which is not an empty one',
      lines('ARG V=${W:?}', 'ARG X=1$V', 'FROM a:${X}', 'COPY --from=c / /'),
      {},
      ['copy c', '? a:${X}'],
    ],
    [
      'a default that cannot be computed, where it does not matter',
      lines('ARG V=${W:?}', 'ARG X=1', 'FROM a:${X:-$V}'),
      {},
      ['from a:1'],
    ],
    [
      'what buildx fills in by itself',
      lines('ARG http_proxy', 'FROM a:1$http_proxy'),
      {},
      ['? a:1$http_proxy'],
    ],
    [
      'variables where Docker has none',
      lines('ARG V=1', 'FROM a', 'COPY --from=$V / /'),
      { V: '1' },
      ['from a', '? $V'],
    ],
    ['something that is no reference', 'FROM UPPER', {}, ['? UPPER']],
    [
      'another frontend by argument',
      lines('# syntax=a', 'FROM b'),
      { BUILDKIT_SYNTAX: 'c' },
      ['from b', 'syntax c'],
    ],
  ])('have their variables filled in: %s', (_, source, buildArgs, expected) => {
    expect(found(source, { buildArgs })).toEqual(expected);
  });

  it('are those of each platform', () => {
    const source = lines(
      'FROM a-$TARGETARCH',
      'FROM --platform=$BUILDPLATFORM b:$BUILDOS',
      'COPY --from=0 / /',
    );
    expect(found(source, { platforms: ['linux/amd64', 'linux/arm64/v8'] })).toEqual([
      'from b:linux',
      'from a-amd64',
      'from a-arm64',
    ]);
  });

  it.each([
    ['linux/arm64/v8', 'a:arm64-'],
    ['linux/x86_64', 'a:amd64-'],
    ['Linux/AArch64', 'a:arm64-'],
    ['linux/arm', 'a:arm-v7'],
    ['linux/armel', 'a:arm-v6'],
  ])('are those of the platform that BuildKit makes of %s', (platform, expected) => {
    const source = 'FROM a:${TARGETARCH}-${TARGETVARIANT}';
    expect(found(source, { platforms: [platform] })).toEqual([`from ${expected}`]);
    const built = 'FROM a:${BUILDARCH}-${BUILDVARIANT}';
    expect(found(built, { buildPlatform: platform })).toEqual([`from ${expected}`]);
  });

  it.each(['local', 'arm64', 'windows(10.0.1)/amd64', 'linux/arm64/v8.0', ''])(
    'are unresolved for the platform "%s", which each machine reads its own way',
    (platform) => {
      expect(found('FROM a:1$TARGETVARIANT', { platforms: [platform] })).toEqual([
        '? a:1$TARGETVARIANT',
      ]);
    },
  );

  it('are unresolved where the platform is not known', () => {
    expect(findBaseImages('FROM a-$TARGETARCH', { builder: 'buildkit' }).unresolved).toEqual([
      expect.objectContaining({
        written: 'a-$TARGETARCH',
        line: 1,
        reason: 'TARGETARCH is not known here',
      }),
    ]);
    expect(findBaseImages('FROM a$TARGETARCH', { builder: 'buildkit' }).unresolved).toEqual([
      expect.objectContaining({ reason: 'TARGETARCH is not known here' }),
    ]);
  });

  it('are those the target needs, by name or number', () => {
    const source = lines('FROM a AS one', 'FROM b AS two', 'COPY --from=one / /', 'FROM c');
    expect(found(source, { target: 'TWO' })).toEqual(['from b', 'from a']);
    expect(found(source, { target: '0' })).toEqual(['from a']);
    expect(found(source, { ...classic, target: 'two' })).toEqual(['from a', 'from b']);
    expect(() => found(source, { target: 'none' })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
    );
  });

  it('differ where the classic builder differs', () => {
    const ahead = lines(
      'FROM a AS one',
      'COPY --from=two / /',
      'FROM b AS two',
      'COPY --from=one / /',
    );
    expect(found(ahead, classic)).toEqual(['from a', 'copy two', 'from b']);
    expect(found(ahead)).toEqual(['from b', 'from a']);
    expect(found('# syntax=x\nFROM a:${TARGETARCH:-z}', classic)).toEqual(['from a:z']);
  });

  it("give way to the user's own build contexts", () => {
    const source = lines(
      'FROM golang:1 AS build',
      'FROM alpine:latest',
      'COPY --from=build / /',
      'COPY --from=x / /',
    );
    const buildContexts = ['alpine=docker-image://mine:1', 'x=./folder', 'build=oci-layout://y'];
    expect(found(source, { buildContexts })).toEqual(['build-context mine:1', '? oci-layout://y']);
    for (const elsewhere of ['https://x/y.tar', 'git@x:y.git', 'docker-image://UPPER']) {
      expect(found('FROM alpine', { buildContexts: [`alpine=${elsewhere}`] })).toEqual([
        `? ${elsewhere}`,
      ]);
    }
  });

  it('have the scanner of the result beside them', () => {
    expect(found('FROM a', { scanners: ['scan:1'] })).toEqual(['from a', 'scanner scan:1']);
  });

  it('carry line, place and digest', () => {
    const digest = `sha256:${'b'.repeat(64)}`;
    const source = `# x\nFROM a:1@${digest} AS s\n`;
    const [image] = findBaseImages(source, buildkit).images;
    expect(image).toMatchObject({ line: 2, digest });
    expect(source.slice(image?.range?.start, image?.range?.end)).toBe(`a:1@${digest}`);
  });

  it('are found in a file of ten thousand lines without delay', () => {
    const long = Array.from({ length: 5000 }, (_, n) => `RUN echo ${n} && \\\n  echo "$HOME"`);
    const source = lines('FROM a', ...long, 'COPY --from=c / /');
    const seconds = processorSeconds(() => {
      expect(found(source)).toEqual(['from a', 'copy c']);
    });
    expect(seconds).toBeLessThan(5);
  });
});

describe('a flag that cannot be read for certain', () => {
  it.each([
    'COPY --from="c:1" / /',
    'COPY --chown="1 2" --from=c / /',
    'COPY --fr\\om=c / /',
    'COPY --chown=1\u00a0--from=c / /',
    'COPY --chown=\u00e0--from=c / /',
    'COPY --chown=\u00e9 / /',
    'ONBUILD COPY --chown=1\\ 2 --from=c / /',
    'RUN --mount=type=cache,target="/a b" --mount=from=c,target=/e x',
    'RUN --mount=type=cache,target=/a\\ b --mount=from=c,target=/e x',
    'RUN --mount=type=cache,target=/a\u0001 x',
  ])('leaves the images of its instruction unresolved: %s', (instruction) => {
    const source = lines('FROM b AS s', instruction, 'FROM s');
    expect(found(source)).toContainEqual(expect.stringMatching(/^\? --/));
    expect(found(source)).toContain('from b');
  });

  it('matters in a needed stage only', () => {
    expect(found(lines('FROM b', 'COPY --chown="1" / /', 'FROM a'))).toEqual(['from a']);
  });
});

describe('the frontend of a Dockerfile', () => {
  it.each<readonly [string, string]>([
    ['#!/usr/bin/env -S docker build . --file\n# syntax=front:1', 'syntax front:1'],
    ['# other=x\n# syntax=front:1', 'syntax front:1'],
    ['#SYNTAX = front:1  with words', 'syntax front:1'],
    [' # syntax=front:1', '? front:1'],
    ['#\u00a0syntax=front:1', '? front:1'],
    ['# syntax=front:1\twords', '? front:1\twords'],
    ['# syntax=${A}', '? ${A}'],
  ])('is seen wherever one version of BuildKit sees it: %j', (head, expected) => {
    expect(found(`${head}\nFROM a`)).toEqual(['from a', expected]);
  });

  it('may be none', () => {
    expect(found('# comment\n# syntax=front:1\nFROM a')).toEqual(['from a']);
    expect(found('FROM a\n# syntax=front:1')).toEqual(['from a']);
  });
});

describe('three thousand stages, one on top of the other,', () => {
  it('are read as any others', () => {
    const stages = Array.from({ length: 3000 }, (_, n) => `FROM s${n} AS s${n + 1}`);
    expect(found(lines('FROM a AS s0', ...stages))).toEqual(['from a']);
    expect(found(lines('FROM a AS s0', ...stages), classic)).toEqual(['from a']);
  });
});

describe('a Dockerfile that cannot be read for certain', () => {
  it.each<readonly [string, string, number]>([
    ['no FROM', 'ARG A=1\n', 1],
    ['nothing', '', 1],
    ['an instruction before FROM', 'RUN x\nFROM a', 1],
    ['an unknown instruction', 'FROM a\nFORM b', 2],
    ['FROM without an image', 'FROM a\nFROM', 2],
    ['too many words in FROM', 'FROM a AS b c', 1],
    ['a word other than AS', 'FROM a IS b', 1],
    ['a stage without a proper name', 'FROM a AS 1b', 1],
    ['a here-document without end', 'FROM a\nRUN <<EOF\nFROM b\n', 2],
    ['a wrong escape', '# escape=x\nFROM a', 1],
    ['two escapes', '# escape=`\n# escape=\\\nFROM a', 2],
    ['an open quote in a global argument', 'ARG A="x\nFROM a', 1],
    ['an open quote in a flag', 'FROM a\nRUN --mount=type=cache,target="/a b x', 2],
    ['a blank in front of the name of a here-document', 'FROM a\nRUN cat << E\nFROM b\nE', 2],
    ['a name of several words', 'FROM a\nRUN cat <<"E F"\nFROM b\nE F', 2],
    ['a name put together of quotes', 'FROM a\nRUN cat <<E"F"\nFROM b\nEF', 2],
    ['a here-document that variables hide', 'FROM a\nRUN x ${A:- <<E }\nFROM b\nE', 2],
    ['one beside what older versions cannot read', 'FROM a\nRUN x ${A#b} <<E\nFROM b\nE', 2],
    ['a frontend of another language', '// syntax=front:1\nFROM a', 1],
    ['JSON', '{"syntax":"front:1"}', 1],
    ['bytes that are not UTF-8', 'FROM a\nCOPY \uFFFD--from=b / /', 2],
  ])('is an error naming the line: %s', (_, source, line) => {
    expect(() => found(source)).toThrow(
      expect.objectContaining({
        code: 'DOCKERFILE_INVALID',
        message: expect.stringContaining(`Line ${line} `) as string,
      }) as Error,
    );
  });

  it('is one with a here-document for the classic builder', () => {
    expect(() => found('FROM a\nRUN <<E\nx\nE', classic)).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_INVALID' }) as Error,
    );
  });
});

describe('another reader of Dockerfiles, dockerfile-ast,', () => {
  it('sees the same images in FROM', () => {
    const source = lines(
      '# escape=\\',
      'ARG V=1',
      'FROM --platform=linux/amd64 registry.example:5000/a/b:1 AS one',
      'RUN apt-get update \\',
      '  # a comment',
      '  && apt-get install -y curl',
      'FROM \\',
      '  c@sha256:' + 'c'.repeat(64),
      'COPY --from=one / /',
      'RUN <<EOF',
      'FROM no',
      'EOF',
    );
    const theirs = DockerfileParser.parse(source)
      .getFROMs()
      .map((from) => from.getImage());
    const ours = findBaseImages(source, buildkit).images.map(({ written }) => written);
    expect(ours.sort()).toEqual(theirs.sort());
  });
});

describe('a small Dockerfile that would cost hours or gigabytes', () => {
  const find = (source: string) =>
    findBaseImages(source, { builder: 'buildkit', buildPlatform: 'linux/amd64' });

  it('by arguments that double one another names an image that is not known', () => {
    const args = Array.from({ length: 60 }, (_, index) => `ARG A${index + 1}=$A${index}$A${index}`);
    const { unresolved } = find(['ARG A0=xxxxxxxxxx', ...args, 'FROM base:$A60'].join('\n'));
    expect(unresolved).toEqual([expect.objectContaining({ reason: 'A60 is not known here' })]);
    const many = find(`ARG A=${'x'.repeat(1000)}\nFROM base:${'$A'.repeat(1000)}`);
    expect(many.unresolved[0]?.reason).toContain('too long');
    const replaced = find(`ARG A=${'x'.repeat(1000)}\nFROM b:\${A//x/${'y'.repeat(1000)}}`);
    expect(replaced.unresolved[0]?.reason).toContain('too long');
    const pattern = `${'*a'.repeat(2000)}b`;
    const tried = find(`ARG A=${'a'.repeat(20_000)}\nFROM b:\${A//${pattern}/x}`);
    expect(tried.unresolved[0]?.reason).toContain('too long for a pattern');
  });

  it.each([
    ['carriage returns', `FROM base:1${'\r'.repeat(100_000)}x`],
    ['flags in many lines', `FROM base:1\nCOPY ${'--from=c:1 \\\n'.repeat(20_000)} / /`],
  ])('by %s is read or refused soon', (_, source) => {
    const seconds = processorSeconds(() => {
      try {
        expect(find(source).images.length).toBeGreaterThan(1000);
      } catch (error) {
        expect(error).toMatchObject({ code: 'DOCKERFILE_INVALID' });
      }
    });
    expect(seconds).toBeLessThan(5);
  });
});
