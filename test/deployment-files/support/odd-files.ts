/** Files that readers of YAML take differently, or might: written by hand, and made at random. */

/** A file and who would read it. */
export interface FileCase {
  readonly kind: 'kubernetes' | 'compose';
  readonly text: string;
}

const manifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a, annotations: &an {image: evil:1, name: zz}}
spec:
  template:
    spec:
      containers:
      - name: a
        image: app:1
        args: ["x", 'y', {a: b}]
      - {name: b, image: "app:2"}
      initContainers: &ic
      - image: >-
          app:3
        name: c
      volumes:
      - name: v
        image: {reference: app:4}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  x: |
    image: no:1
    - {image: no:2}
  y: "a
    b"
---
apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - image: app:5
    name: p
`;

const compose = `x-base: &base
  image: evil:1
  environment: {A: b}
services:
  a:
    image: app:1
    command: ["x", 'y']
  b: {image: "app:2", build: .}
  c:
    <<: *base
    labels:
      x: |
        image: no:1
  d:
    image: >-
      app:3
    volumes:
    - type: image
      source: app:4
      target: /x
    - ./a:/b
`;

const json = `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":
 {"name":"a"},"spec":{"containers":[{"name":"a","image":"app:1"},
 {"name":"b","image":"app:2"}]}}]}
`;

const pod = (container: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: &an {image: evil:1}}\nspec:\n  containers:\n  - name: p\n${container.replace(/^(?=.)/gm, '    ')}\n`;

/** What people have tried, or could; each is read alike by all or refused. */
export const written: readonly FileCase[] = [
  manifests,
  json,
  pod('image: app:1'),
  pod('image: app:1\n<<: *an'),
  pod('<<: *an\nimage: app:1'),
  pod('<<: *an'),
  pod('"<<": *an\nimage: app:1'),
  pod('<<: [*an, {image: evil:2}]'),
  pod('<<: {image: app:1}'),
  pod('image: app:1\nimage: evil:1'),
  pod('image: app:1\n"image": evil:1'),
  pod('image: app:1\nIMAGE: evil:1'),
  pod('image: app:1\n? image\n: evil:1'),
  pod('image: app:1\n!!binary aW1hZ2U=: evil:1'),
  pod('image: app:1\n&x image: evil:1'),
  pod('image: !!str app:1'),
  pod('image: !!binary YXBwOjE='),
  pod('image: yes'),
  pod('image: 1_000'),
  pod('image: 0o17'),
  pod('image: 1:20'),
  pod('image: 2020-01-01'),
  pod('image: ~'),
  pod('image:\tapp:1'),
  pod('image: app:1\t# comment'),
  pod('image: app:1 #comment'),
  pod('image: app:1#evil'),
  pod('image: |-\n  app:1'),
  pod('image: >\n\n  app:1\n\n'),
  pod('image: "ap\\\n  p:1"'),
  pod('image: app:1\n# \u2028    image: evil:1'),
  pod('image: app:1 #\u0085    x: y'),
  pod('image: app:1\r    x: y'),
  pod('image: app:1\nx: {image:evil:1}'),
  pod('image: app:1\nx: {a:}'),
  pod('image: app:1\non: {a: b}\ny: c\n"true": d'),
  pod('image: app:1\n1: a\n"1": b'),
  `%YAML 1.1\n---\n${pod('image: app:1')}`,
  `\ufeff${pod('image: app:1')}`,
  `${pod('image: app:1')}...\n${pod('image: evil:1')}`,
  `${pod('image: app:1')}...\n---\n${pod('image: app:2')}...\n`,
  `${pod('image: app:1')}--- # next\n${pod('image: app:2')}`,
  `${pod('image: app:1')}---\t\n${pod('image: app:2')}`,
  `${pod('image: app:1')}---\u00a0\n${pod('image: evil:2')}`,
  `${pod('image: app:1')}--- {kind: Pod}\n`,
  `${pod('image: app:1')}----\n${pod('image: evil:2')}`,
  pod('image: app:1').replaceAll('\n', '\r\n'),
  `{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"app:1"}]}}\n---\n${pod('image: app:2')}`,
  `{"kind":"Pod","apiVersion":"v1"}{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"evil:1"}]}}`,
  `{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"app:1","image":"evil:1"}]}}`,
  `apiVersion: v1\nkind: PodList\nitems:\n- spec: {containers: [{name: a, image: "app:1"}]}\n`,
].map((text) => ({ kind: 'kubernetes', text }) as const);

/** The same for Compose. */
export const writtenForCompose: readonly FileCase[] = [
  compose,
  'services: {a: {image: app:1, build: .}}\n',
  'services:\n  a:\n    image: app:1\n    build: !reset null\n',
  'services: {ok: {image: app:1}, a: {image: !reset null}}\n',
  'services: {ok: {image: app:1}, a: {image: !override app:2}}\n',
  'x-a: &a {image: evil:1}\nservices:\n  a:\n    image: app:1\n    <<: *a\n',
  'x-a: &a {image: app:1}\nx-b: &b {image: evil:1}\nservices: {a: {<<: [*a, *b]}}\n',
  'x-a: &a {image: app:1}\nx-b: &b {<<: *a, build: .}\nservices: {a: {<<: *b}, b: *a}\n',
  'services: {a: {Image: evil:1, image: app:1}}\n',
  'services: {a: {image: "app:${TAG:-1}"}}\n',
  'services: {a: {image: app:1}}\n---\nservices: {a: {image: app:2}}\n',
  'services: {a: {image: app:1}, b: {extends: a}}\n',
  'services: {a: {image: app:1}, b: {extends: {service: a}, image: app:2}}\n',
  'services: {a: {image: app:1, profiles: [never]}}\n',
  'services: {a: {image: app:1, volumes: [{type: "${T:-image}", source: evil:1, target: /x}]}}\n',
  'services: {a: {image: app:1, volumes: [{type: image, source: app:2, target: /x}]}}\n',
  'services: {a: {image: app:1, provider: {type: x}}}\n',
  'services: {a: {build: {context: ., dockerfile_inline: FROM evil}}}\n',
  'services: {a: {image: app:1, x-image: evil:1}}\nx-services: {b: {image: evil:1}}\n',
  'kind: Pod\nservices: {a: {image: app:1}}\n',
].map((text) => ({ kind: 'compose', text }) as const);

const bits =
  `\\n|\\t| |  |    |\\r|\\r\\n|\\u2028|\\u0085|\\ufeff|"|'|#| #|:|: |- |-|? |{pipe}|>|{pipe}-\\n|{pipe}2\\n|>+\\n|&a |*a|*an|*ic|*base|<<: *an\\n|<<: *base\\n|<<: [*an, *an]\\n|!!str |!!binary |! |!x |{|}|[|]|,|...\\n|---\\n|---|--- |%YAML 1.1\\n|image: evil:9\\n|image: evil:9|Image: evil:9\\n|"image": evil:9\\n|'image':evil:9|{image: evil:9}|{image:evil:9}|[a: b]|{a:}|{"image":evil:9}|{? image : evil:9}|? image\\n: evil:9\\n|[image: evil:9]|:,|{a:b,c:d}|- - - x|"image" : evil:9|*a : b\\n|&a image: evil:9\\n|\\n\\n|\\n \\n|\\n\\t\\n|containers:\\n|kind: Pod\\n|y|on: |yes|null|~|0x1|010|\\\\|\\\\n|%|@|=|<<|.|name: x\\n        image: evil:9\\n|\\n      - image: evil:9\\n|\\n# c\\n|\\n    # c\\n|{{ x }}|$|\${A:-evil:9}|\\u200b|!reset |!override |extends: a\\n|build: !reset null\\n|-\\t|?\\t|:\\t|\\t#|\\t- |a,b|[]|{}|....|12:30|2020-01-01|"<<": *an\\n|<<: {image: evil:9}\\n|<<: *ic\\n`
    .split('|')
    .map((bit) => JSON.parse(`"${bit.replaceAll('"', '\\"')}"`.replace('{pipe}', '|')) as string);

/** Changes of the files above, the same for the same seed. */
export function* random(seed: number): Generator<FileCase> {
  const below = generator(seed);
  const bases: readonly FileCase[] = [
    { kind: 'kubernetes', text: manifests },
    { kind: 'compose', text: compose },
    { kind: 'kubernetes', text: json },
  ];
  for (;;) {
    const base = bases[below(5) % 3] ?? { kind: 'compose', text: compose };
    let { text } = base;
    for (let changes = 1 + below(3); changes > 0; changes -= 1) text = changed(text, below);
    yield { kind: base.kind, text };
  }
}

function changed(text: string, below: (bound: number) => number): string {
  const at = below(text.length + 1);
  const bit = bits[below(bits.length)] ?? '';
  const lines = text.split('\n');
  const number = below(lines.length);
  const line = lines[number] ?? '';
  switch (below(5)) {
    case 0:
      return text.slice(0, at) + bit + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + below(4));
    case 2:
      lines.splice(below(lines.length), 0, line);
      break;
    case 3:
      lines[number] =
        below(2) === 0 ? ' '.repeat(1 + below(3)) + line : line.replace(/^ {1,2}/, '');
      break;
    default: {
      const begin = line.length - line.trimStart().length;
      lines[number] = below(2) === 0 ? line + bit : line.slice(0, begin) + bit + line.slice(begin);
    }
  }
  return lines.join('\n');
}

/** Numbers below a bound (mulberry32). */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
