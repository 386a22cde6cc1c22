/**
 * Dockerfiles that are hard to read, made of the parts that builders and readers took differently:
 * flags, quotes, escapes, here-documents, variables with operators, platforms, directives.
 */
import fc from 'fast-check';

/** A Dockerfile and how it is built. */
export interface BuildCase {
  readonly dockerfile: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly platforms?: readonly string[];
  readonly buildPlatform: string;
}

const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const joined = (parts: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(parts, { minLength: 1, maxLength }).map((texts) => texts.join(''));

const name = pick('A', 'B', 'C', 'UNSET', 'TARGETARCH', 'TARGETVARIANT', 'BUILDPLATFORM');
const patternPart = pick(
  'a',
  'x',
  '-',
  '*',
  '?',
  '.',
  'v',
  '1',
  '$B',
  '"x"',
  "'a'",
  '\\*',
  '/',
  '\\/',
);
const pattern = joined(patternPart, 3);
const operator = pick(':-', '-', ':+', '+', ':?', '?', '#', '##', '%', '%%', ':#', ':', '=');
const variable = fc.oneof(
  name.map((text) => `$${text}`),
  name.map((text) => `\${${text}}`),
  fc
    .tuple(name, operator, fc.oneof(pattern, pick('', 'b', '${B}', '${C:-q}', '"d"')))
    .map(([text, does, word]) => `\${${text}${does}${word}}`),
  fc
    .tuple(name, pick('/', '//'), pattern, pick('', 'z', '-', '$B', '\\/'))
    .map(([text, does, part, by]) => `\${${text}${does}${part}/${by}}`),
  pick('$', '${', '${}', '$$', '$1', '${A', '${A:-${B}', '\\$A', "'$A'", '"$A"'),
);
const wordPart = fc.oneof(
  { weight: 3, arbitrary: pick('a', 'b', 'x-a', '1.2', 'v', '-', '.', '_') },
  { weight: 3, arbitrary: variable },
  { weight: 1, arbitrary: pick('"q"', "'q'", '\\q', '`', '"', '', 'é') },
);
const word = joined(wordPart, 3);
const image = fc.oneof(
  { weight: 2, arbitrary: pick('base:1', 'r.io/team/base:1', 'one', 'two', 'scratch', 'a') },
  { weight: 4, arbitrary: word.map((text) => `base:v${text}`) },
  { weight: 1, arbitrary: word.map((text) => `base${text}`) },
);
const rarely = (common: fc.Arbitrary<string>, rare: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: common }, { weight: 1, arbitrary: rare });
const plainImage = rarely(
  pick('c:1', 'r.io/c', 'd', 'one', 'scratch', ''),
  pick('0', '1', 'TWO', '$A', 'c$', 'C'),
);
const mountField = rarely(
  fc.oneof(
    plainImage.map((text) => `from=${text}`),
    pick('type=bind', 'type=cache', 'target=/t', 'FROM=d', 'source=/', 'ro'),
  ),
  pick('"from=c"', 'target="/a b"', 'target=/a\\ b', "target='/a b'", 'target=/\u00e9', '"ro"'),
);
const runFlag = rarely(
  fc
    .array(mountField, { minLength: 1, maxLength: 3 })
    .map((fields) => `--mount=type=bind,target=/m,${fields.join(',')}`),
  pick(
    '--network=none',
    '--mo"unt"=from=c,target=/q',
    '--',
    '--\\mount=from=c,target=/q',
    '\u00a0',
  ),
);
const copyFlag = rarely(
  pick('--link', '--chown=1', '--chmod=755', '--exclude=x'),
  pick(
    '--chown="1 2"',
    "--chown='1 2'",
    '--chown=1\\ 2',
    '--',
    '-',
    '--chown=1\u00a0--from=c',
    '--chown=\u00e0--from=c',
    "--x='",
  ),
);
const separated = (texts: readonly string[]): string => texts.join(' ');
const runFlags = fc.array(runFlag, { maxLength: 3 }).map(separated);
const copyFlags = fc
  .tuple(fc.uniqueArray(copyFlag, { maxLength: 2 }), fc.option(plainImage, { nil: undefined }))
  .map(([some, from]) => separated([...some, ...(from === undefined ? [] : [`--from=${from}`])]));
const gap = pick(' ', ' ', '  ', '\t', ' \\\n ', ' \\\n# comment\n\n  ');
const heredoc = fc
  .tuple(
    pick('RUN cat', 'RUN python3', 'ONBUILD RUN cat', 'RUN echo ${A:-x}', 'RUN 2'),
    rarely(
      pick('<<E', '<<-E', '<<"E"', "<<'E'", ' <<E', '3<<E', ' 3<<E', ' "<<E"', '<<<E', ' <<E <<E'),
      pick(
        '<< E',
        '<<E\\F',
        '$A<<E',
        ' ${A:- <<E }',
        ' <<"E F"',
        ' <<E)',
        " it's <<E",
        ' ${A#x} <<E',
      ),
    ),
    pick('E\n', 'E\n', '\tE\nE\n', 'E\nE\n', 'E \nE\n', ''),
  )
  .map(([keyword, opened, end]) => `${keyword}${opened}\nCOPY --from=hidden / /\n${end}`);

const instruction = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(pick('RUN', 'run', 'ONBUILD RUN'), gap, runFlags)
      .map(([keyword, blank, text]) => `${keyword}${blank}${text} true`),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pick('COPY', 'ONBUILD COPY', 'onbuild\tcopy'), gap, copyFlags)
      .map(([keyword, blank, text]) => `${keyword}${blank}${text} /a /b`),
  },
  { weight: 1, arbitrary: heredoc },
  {
    weight: 1,
    arbitrary: pick(
      ...['ENV X=1', '# comment', '', 'CMD ["x"]', 'ARG A=late', 'RUN echo "<<E"', 'LABEL a=b'],
      ...['COPY ["a", "<<E"]', 'RUN x \\', 'RUN x\\\\'],
    ),
  },
);
const stage = fc
  .tuple(
    pick('FROM', 'from', ' FROM'),
    gap,
    fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      {
        weight: 1,
        arbitrary: pick(
          '--platform=$BUILDPLATFORM ',
          '--platform=linux/amd64 ',
          '--platform="linux/amd64" ',
        ),
      },
    ),
    image,
    pick('', ' AS one', ' as Two', ' AS base'),
    fc.array(instruction, { maxLength: 2 }),
  )
  .map(([keyword, blank, platform, text, as, rest]) =>
    [`${keyword}${blank}${platform}${text}${as}`, ...rest].join('\n'),
  );
const globalArg = fc
  .tuple(
    pick('ARG', 'arg'),
    fc.array(fc.tuple(name, fc.option(word, { nil: undefined })), { minLength: 1, maxLength: 2 }),
  )
  .map(
    ([keyword, args]) =>
      `${keyword} ${args.map(([text, value]) => (value === undefined ? text : `${text}=${value}`)).join(' ')}`,
  );
const head = pick(
  ...[
    '',
    '',
    '',
    '# comment\n',
    '# escape=`\n',
    '# escape=\\\n',
    '#escape = `\n# check=skip=all\n',
  ],
  ...[
    '# syntax=front:1\n',
    '#!/bin/x\n# syntax=front:1 arg\n',
    '\uFEFF#syntax=front:1\n',
    ' # syntax=front:1\n',
  ],
  ...[
    '# other=x\n# syntax=front:1\n',
    '// syntax=front:1\n',
    '#\tSYNTAX = front:1\targ\n',
    '# syntax=\n',
    '#!x\n# escape=`\n',
  ],
);

/** Any Dockerfile of these parts. */
export const buildCases: fc.Arbitrary<BuildCase> = fc.record(
  {
    dockerfile: fc
      .tuple(
        head,
        fc.array(globalArg, { maxLength: 3 }),
        fc.array(stage, { minLength: 1, maxLength: 3 }),
        pick('\n', '\r\n'),
      )
      .map(([top, args, stages, lineEnd]) =>
        (top + [...args, ...stages].join('\n')).replaceAll('\n', lineEnd),
      ),
    buildArgs: fc.dictionary(name, pick('', 'a', 'x-a', 'v1.a', 'a/x', '*a')),
    platforms: fc.array(
      pick(
        'linux/amd64',
        'linux/x86_64',
        'linux/arm64/v8',
        'linux/arm',
        'linux/armhf',
        'Linux/AArch64',
        'linux/arm/v6',
        'linux/amd64/v1',
      ),
      { minLength: 1, maxLength: 2 },
    ),
    buildPlatform: pick('linux/amd64', 'linux/arm64', 'linux/arm/7', 'linux/x86-64'),
  },
  { requiredKeys: ['dockerfile', 'buildPlatform'] },
);

const lines = (...text: string[]): string => text.join('\n');
const base = 'FROM base:1';

/** Files with one difficulty each. */
export const handWritten: readonly BuildCase[] = [
  lines('ARG V=x-alpine', 'ARG S=${V#x}', 'FROM base:3.9${S}'),
  ...['#', '##', '%', '%%'].map((does) => lines('ARG V=a.b.c', `FROM base:\${V${does}*.*}1`)),
  ...['#a.', '##*.', '%.c', '%%.*', '/./-', '//./-', '/b?c/x', '//?/y', '//z/y', '/*/all'].map(
    (does) => lines('ARG V=a.b.c', `FROM base:1\${V${does}}`),
  ),
  lines('ARG V=1', 'ARG P=*', 'FROM base:2${V#$P}'),
  lines('ARG A=${B:?no}', 'FROM base:1$A'),
  lines('ARG A', 'FROM base:${A:-${UNSET:+x}y}'),
  lines('ARG A=1', 'FROM base:${A:-${UNSET:?x}}'),
  lines('ARG A=1', 'FROM base:"${A}"\'$A\'\\$A'),
  lines('ARG A="1 2" B=\'3\'', 'FROM base:$B'),
  lines(base, 'RUN --mount=type=cache,target="/a b" --mount=type=bind,from=evil:1,target=/e x'),
  lines(base, 'RUN --mount=type=cache,target=/a\\ b --mount=type=bind,from=evil:1,target=/e x'),
  lines(base, "COPY --chown='1 2' --from=evil:1 / /"),
  lines(base, 'COPY --chown=1\\ 2 --from=evil:1 / /'),
  lines(base, 'COPY --fr\\om=evil:1 / /'),
  lines(base, 'COPY --link\u00a0--from=evil:1 / /'),
  lines(base, 'COPY --link\u2003--from=evil:1 / /'),
  lines(base, 'ONBUILD COPY --chown="1 2" --from=c / /'),
  lines('# escape=`', base, 'COPY --chown=1` 2 --from=evil:1 / /'),
  lines('#!/usr/bin/env -S docker build . --file', '# syntax=evil:1', base),
  lines('# syntax=evil:1 more words', base),
  lines('// syntax=evil:1', base),
  '{"syntax":"evil:1"}',
  lines(base, 'RUN echo $((1 << 4))', 'COPY --from=c / /', '4))'),
  lines(base, 'RUN cat << E', 'FROM hidden:1', 'E'),
  lines(base, 'RUN echo ${X:- <<E }', 'FROM hidden:1', 'E'),
  lines(base, 'RUN echo ${X:-"a <<E b"}', 'FROM hidden:1', 'E'),
  lines(base, 'RUN echo ${!x} <<E', 'FROM other:1', 'E'),
  lines(base, 'RUN cat a<< <<E', 'FROM hidden:1', 'E'),
  lines(base, 'RUN cat <<E"F"', 'FROM hidden:1', 'EF'),
  lines('FROM a AS s', 'ONBUILD COPY --from=c / /', 'FROM s AS t', 'FROM t'),
  lines('FROM a AS s', 'FROM b AS s', 'COPY --from=s / /', 'FROM s'),
  lines('FROM a', 'FROM b', 'COPY --from=+0 / /'),
  lines('FROM a', 'COPY --from=00 / /'),
  'FROM --platform=$TARGETPLATFORM base:$TARGETARCH$TARGETVARIANT',
  'FROM base:${TARGETOS}-${BUILDARCH}',
  'FROM base:1${TARGETSTAGE}',
  'FROM base:1${TARGETOSVERSION-x}',
].flatMap((dockerfile): BuildCase[] =>
  dockerfile.includes('TARGET')
    ? [
        'linux/arm64/v8',
        'linux/x86_64',
        'linux/arm',
        'linux/armel',
        'Linux/ARM/8',
        'linux/amd64/v2',
      ].map((platform) => ({ dockerfile, platforms: [platform], buildPlatform: 'linux/amd64' }))
    : [{ dockerfile, buildPlatform: 'linux/amd64' }],
);
