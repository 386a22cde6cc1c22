import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import {
  destinationsOf,
  fillIn,
  mentionsOf,
  readImageFiles,
  writeImageFiles,
} from '../../src/deployment-files/index.js';

const digest = `sha256:${'ab'.repeat(32)}`;

const options = { skipBuilt: false };

const read = (name: string, text: string) => mentionsOf(name, text, options);

const references = async (name: string, text: string): Promise<readonly string[]> =>
  (await read(name, text)).mentions.map(({ reference }) => reference);

/** The text with the same digest for every image. */
const filled = async (name: string, text: string): Promise<string> =>
  fillIn({ text, mentions: (await read(name, text)).mentions }, () => digest);

const problem = async (name: string, text: string): Promise<string> => {
  try {
    await read(name, text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'none';
};

describe('a plain list', () => {
  const text = '\ufeff# comment\r\ncontoso.azurecr.io/a:1\r\n\r\n  alpine # base\r\nb@' + digest;

  it('names an image a line, with comments and blank lines between', async () => {
    expect(await references('images.txt', text)).toEqual([
      'contoso.azurecr.io/a:1',
      'alpine',
      `b@${digest}`,
    ]);
    expect((await read('images.txt', text)).mentions.map(({ line }) => line)).toEqual([2, 4, 5]);
  });

  it('keeps all but the references when digests are filled in', async () => {
    expect(await filled('images.txt', text)).toBe(
      text
        .replace('azurecr.io/a:1', `azurecr.io/a:1@${digest}`)
        .replace('alpine', `alpine@${digest}`),
    );
  });
});

const pod = (kind: string, spec: string): string => `kind: ${kind}\napiVersion: v1\nspec:\n${spec}`;
const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by));

const podSpec = `initContainers:
  - name: init
    image: reg.example/init:1 # first
containers:
  - name: main
    image: "reg.example/main:1"
  - {name: side, image: 'reg.example/side:1'}
ephemeralContainers:
  - image: >-
      reg.example/debug:1
    name: debug
volumes:
  - name: data
    image:
      reference: reg.example/data:1
`;
const podImages = ['init', 'main', 'side', 'debug', 'data'].map((name) => `reg.example/${name}:1`);

describe('a Kubernetes manifest', () => {
  const template = `template:\n${indent(`spec:\n${indent(podSpec, 2)}`, 2)}`;
  it.each([
    ['Pod', podSpec],
    ['Deployment', template],
    ['StatefulSet', template],
    ['DaemonSet', template],
    ['ReplicaSet', template],
    ['Job', template],
    ['CronJob', `jobTemplate:\n${indent(`spec:\n${indent(template, 2)}`, 2)}`],
    ['Rollout', template],
  ])('of kind %s names images in containers of every sort', async (kind, spec) => {
    const text = pod(kind, indent(spec, 2));
    expect(await references('app.yaml', text)).toEqual(podImages);
    const after = await filled('app.yml', text);
    expect(await references('app.yaml', after)).toEqual(
      podImages.map((image) => `${image}@${digest}`),
    );
    // Nothing but the images differs.
    const withoutDigests = JSON.stringify(parse(after)).replaceAll(`@${digest}`, '');
    expect(withoutDigests).toBe(JSON.stringify(parse(text)));
    expect(after).toContain(`image: reg.example/init:1@${digest} # first\n`);
    expect(after).toContain(`image: "reg.example/main:1@${digest}"\n`);
    expect(after).toContain(`{name: side, image: 'reg.example/side:1@${digest}'}\n`);
  });

  it('may hold several documents, lists, and objects without images', async () => {
    const text = [
      '# head\n---\n# empty\n',
      pod('Pod', '  containers: [{image: a:1}]\n'),
      'kind: ConfigMap\ndata:\n  image: not-an-image\n',
      'kind: List\nitems:\n- kind: Pod\n  spec:\n    containers:\n    - image: b:2\n',
    ].join('---\n');
    expect(await references('all.yaml', text)).toEqual(['a:1', 'b:2']);
    const after = await filled('all.yaml', text);
    expect(after.startsWith('# head\n---\n# empty\n')).toBe(true);
    expect(parseAllDocuments(after)).toHaveLength(parseAllDocuments(text).length);
  });

  it('may be JSON', async () => {
    const text = '{"kind":"Pod","spec":{"containers":[{"image":"a:1","name":"x"}]}}';
    expect(await filled('pod.json', text)).toBe(text.replace('a:1', `a:1@${digest}`));
  });

  it('may name an image by an anchor, which is changed where its text is', async () => {
    const text =
      'kind: Pod\nx: &image a:1\nspec:\n  containers:\n  - image: *image\n  - image: *image\n';
    expect(await references('pod.yaml', text)).toEqual(['a:1']);
    expect(await filled('pod.yaml', text)).toBe(text.replace('a:1', `a:1@${digest}`));
  });

  it('is not mistaken about the definition of a custom resource', async () => {
    const text =
      'kind: CustomResourceDefinition\nspec:\n  containers:\n    type: array\n    image: {type: string}\n';
    expect(await references('crd.yaml', text)).toEqual([]);
  });

  it('says where a container has no image', async () => {
    const { unnamed } = await read('patch.yaml', pod('Pod', '  containers:\n  - name: web\n'));
    expect(unnamed).toEqual([{ line: 5, what: 'container "web" names no image' }]);
  });

  it.each([
    ['a template', 'image: {{ .Values.image }}', /not known until it is rendered/],
    ['a quoted template', 'image: "{{ .Values.image }}"', /not known until it is rendered/],
    ['a variable', 'image: $(IMAGE)', /not known until it is rendered/],
    ['a number', 'image: 17', /by 17/],
    ['no value', 'image:', /without a value/],
  ])('with %s is refused', async (_, image, message) => {
    expect(await problem('pod.yaml', pod('Pod', `  containers:\n  - ${image}\n`))).toMatch(message);
  });
});

describe('a compose file', () => {
  const text = `# compose
x-base: &base
  image: shared:1   # by two
services:
  one:
    <<: *base
  two:
    <<: [*base]
    environment: {A: b}
  own:
    image:   own:2
    volumes:
      - type: image
        source: data:3
      - ./here:/there
  made:
    build: .
    image: made:4
`;

  it('names the images of services, of merged maps and of volumes', async () => {
    expect(await references('compose.yaml', text)).toEqual([
      'shared:1',
      'own:2',
      'data:3',
      'made:4',
    ]);
    expect((await read('compose.yaml', text)).unnamed).toEqual([
      { line: 17, what: 'service "made" is built here; what it is built from is not verified' },
    ]);
  });

  it('keeps comments and spaces when digests are filled in', async () => {
    const after = await filled('compose.yaml', text);
    expect(after.replaceAll(`@${digest}`, '')).toBe(text);
    expect(after).toContain(`  image: shared:1@${digest}   # by two`);
  });

  it.each([
    ['a variable', 'services: {a: {image: "a:${TAG}"}}', /depends on variables/],
    [
      'an image from elsewhere',
      'services: {a: {extends: {file: b.yml}}}',
      /extends a service of another file/,
    ],
    ['other files', 'include: [b.yml]\nservices: {a: {image: x}}', /includes other files/],
  ])('with %s is refused', async (_, content, message) => {
    expect(await problem('compose.yml', content)).toMatch(message);
  });
});

describe('other YAML', () => {
  it.each([
    ['a list', '- a\n- b\n', /neither a Kubernetes object/],
    ['some settings', 'image: a:1\n', /neither a Kubernetes object/],
    ['broken YAML', 'kind: [\n', /is no valid YAML/],
    ['a key that is there twice', 'kind: Pod\nkind: Pod\n', /has the key "kind" twice/],
  ])('such as %s is refused', async (_, text, message) => {
    expect(await problem('values.yaml', text)).toMatch(message);
  });
});

describe('files on the disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'verify-files-'));
    await writeFile(path.join(folder, 'b.yaml'), 'kind: Pod\nspec: {containers: [{image: b}]}\n');
    await writeFile(path.join(folder, 'a.txt'), 'a:1\n');
    await writeFile(path.join(folder, 'wrong.txt'), 'a:1\nnot an image\nB\n');
    await writeFile(path.join(folder, 'latin.txt'), Buffer.from([0xe4, 0x0a]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are read by name, folders by their YAML files, each once', async () => {
    const { files, troubles } = await readImageFiles(['a.txt', '.', './b.yaml'], folder, options);
    expect(troubles).toEqual([]);
    expect(files.map(({ name }) => name)).toEqual(['a.txt', 'b.yaml']);
  });

  it('are all complained about at once', async () => {
    const { files, troubles } = await readImageFiles(
      ['wrong.txt', 'none.txt', 'latin.txt'],
      folder,
      options,
    );
    expect(files).toHaveLength(1);
    expect(troubles.map(({ problem: text }) => text)).toEqual([
      'wrong.txt, line 2: "not an image" is not an image reference',
      'wrong.txt, line 3: "B" is not an image reference',
      expect.stringMatching(/^none\.txt cannot be read: ENOENT/) as string,
      'latin.txt is not UTF-8',
    ]);
  });

  it('are written in place with their mode, or into another folder', async () => {
    const source = path.join(folder, 'a.txt');
    await chmod(source, 0o640);
    const { files } = await readImageFiles(['a.txt'], folder, options);
    const out = path.join(folder, 'out', 'deep');
    const elsewhere = await destinationsOf(files, out, folder);
    expect(await readdir(folder)).not.toContain('out');
    await writeImageFiles(
      elsewhere.map((destination) => ({ destination, text: 'there\n' })),
      folder,
    );
    expect(await readFile(path.join(out, 'a.txt'), 'utf8')).toBe('there\n');
    expect(await readFile(source, 'utf8')).toBe('a:1\n');
    const here = await destinationsOf(files, undefined, folder);
    await writeImageFiles(
      here.map((destination) => ({ destination, text: 'here\n' })),
      folder,
    );
    expect(await readFile(source, 'utf8')).toBe('here\n');
    expect((await stat(source)).mode & 0o777).toBe(0o640);
    expect(await readdir(out)).toEqual(['a.txt']);
  });

  it('are not written when one of them changed meanwhile', async () => {
    const { files } = await readImageFiles(['a.txt', 'b.yaml'], folder, options);
    const before = await readFile(path.join(folder, 'a.txt'), 'utf8');
    await writeFile(path.join(folder, 'b.yaml'), 'kind: Pod\n');
    const destinations = await destinationsOf(files, undefined, folder);
    const texts = destinations.map((destination) => ({ destination, text: 'new\n' }));
    await expect(writeImageFiles(texts, folder)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    });
    expect(await readFile(path.join(folder, 'a.txt'), 'utf8')).toBe(before);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('are written in place behind a link within the checkout, and not behind one that leads out', async () => {
    const checkout = path.join(folder, 'checkout');
    await mkdir(path.join(checkout, 'real'), { recursive: true });
    await writeFile(path.join(checkout, 'real', 'in.txt'), 'a:1\n');
    await symlink('real/in.txt', path.join(checkout, 'in.txt'));
    await symlink('../a.txt', path.join(checkout, 'out.txt'));
    const [inside, outside] = (await readImageFiles(['in.txt', 'out.txt'], checkout, options))
      .files;
    const [place] = await destinationsOf(inside ? [inside] : [], undefined, checkout);
    expect(place?.path).toBe(await realpath(path.join(checkout, 'real', 'in.txt')));
    await expect(
      destinationsOf(outside ? [outside] : [], undefined, checkout),
    ).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' });
  });

  it('may not share a name in one folder, nor go where nothing can be written', async () => {
    await writeFile(path.join(folder, 'out', 'a.txt'), 'a:2\n');
    const { files } = await readImageFiles(['a.txt', 'out/a.txt'], folder, options);
    await expect(destinationsOf(files, path.join(folder, 'x'), folder)).rejects.toMatchObject({
      code: 'INPUT_CONFLICT',
    });
    const below = path.join(folder, 'a.txt', 'x');
    await expect(destinationsOf(files.slice(0, 1), below, folder)).rejects.toMatchObject({
      code: 'FILE_NOT_WRITTEN',
    });
  });
});
