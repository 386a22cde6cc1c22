import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FileProblem,
  destinationsOf,
  mentionsOf,
  readImageFiles,
} from '../../src/deployment-files/index.js';

const options = { skipBuilt: false };
const host = 'contoso.azurecr.io/team';

const read = async (text: string, more = options) => {
  const { mentions, unnamed, mayNameNone } = await mentionsOf('app.yaml', text, more);
  return {
    images: mentions.map(({ reference }) => reference),
    told: unnamed.map(({ line, what }) => `${line}: ${what}`),
    mayNameNone,
  };
};

const refusal = async (text: string): Promise<string> => {
  try {
    await read(text);
  } catch (error) {
    if (error instanceof FileProblem) return `${String(error.line)}: ${error.message}`;
    throw error;
  }
  return 'none';
};

describe('an object of a kind that Kubernetes does not have', () => {
  it('has the images verified that are called so', async () => {
    const { images, told } = await read(`apiVersion: tekton.dev/v1
kind: Task
metadata: {name: t}
spec:
  stepTemplate: {image: ${host}/base:1}
  steps:
  - {name: s, image: ${host}/step:1}
  sidecars:
  - {name: x, image: ${host}/sidecar:1}
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  templates:
  - {name: w, container: {image: "${host}/main:1"}}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: p}
spec: {image: ${host}/prometheus:1, baseImage: quay.io/x/y}
`);
    expect(images).toEqual([
      ...['base', 'step', 'sidecar', 'main', 'prometheus'].map((name) => `${host}/${name}:1`),
      'quay.io/x/y',
    ]);
    expect(told).toEqual([]);
  });

  it.each([
    ['a variable', 'image: $(params.image)', /names an image by "\$\(params\.image\)"/],
    ['what is no reference', 'image: Ubuntu 22.04', /names an image by "Ubuntu 22\.04"/],
    [
      'parts',
      'image: {repository: r.io/a, tag: "1"}',
      /in parts \(repository "r\.io\/a", tag "1"\)/,
    ],
    ['a list', 'images: [a:1]', /lists "a:1" in spec\.images/],
    ['a map', 'images: {web: {repository: r.io/a}}', /in parts \(repository "r\.io\/a"\)/],
    ['another name', 'runner: r.example.io/a/b:1', /has "r\.example\.io\/a\/b:1" in spec\.runner/],
    ['a digest', `x: [r.example.io/a@sha256:${'a'.repeat(64)}]`, /looks like an image/],
    ['a reference of OCI', 'chart: oci://r.example.io/a:1', /looks like an image/],
    [
      'a text',
      'values: |\n    web:\n      image: evil:1',
      /a text in spec\.values that names images/,
    ],
    ['the key of an operator', 'imageName: postgres:16', /has "postgres:16" in spec\.imageName/],
    ['a flag', 'args: [--sidecar=r.example.io/a:1]', /has "--sidecar=r\.example\.io\/a:1"/],
    ['another case', 'Image: {Name: a}', /in parts \(Name "a"\)/],
  ])('is named in a warning where an image is given by %s', async (_, spec, message) => {
    const { told } = await read(
      `apiVersion: example.com/v1\nkind: App\nmetadata: {name: one}\nspec:\n  ${spec}\n`,
    );
    expect(told.join()).toMatch(message);
    expect(told.join()).toContain('App "one"');
  });

  it('says nothing where nothing looks like an image', async () => {
    const { images, told, mayNameNone } = await read(
      `apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec:\n  dnsNames: [a.example.com]\n  url: https://example.com/a:1\nstatus: {image: old:1}\n`,
    );
    expect({ images, told, mayNameNone }).toEqual({ images: [], told: [], mayNameNone: true });
  });
});

describe("an object of one of Kubernetes' own kinds", () => {
  it.each([
    ['v1', 'ConfigMap', 'data: {image: "r.io/a:1", x: "image: b"}'],
    ['v1', 'Secret', 'stringData: {image: r.io/a:1}'],
    ['v1', 'Service', 'spec: {ports: []}'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'rules: []'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'spec: {x: {image: {type: string}}}'],
    ['networking.k8s.io/v1', 'Ingress', 'spec: {}'],
  ])('of %s, a %s, is silent without containers', async (apiVersion, kind, rest) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n${rest}\n`;
    expect(await read(text)).toEqual({ images: [], told: [], mayNameNone: true });
  });

  it('is read wherever it has pods, in lists as well', async () => {
    const pod = (name: string) => `{containers: [{name: a, image: "${name}"}]}`;
    const { images } = await read(`apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: PodTemplate, template: {spec: ${pod('a:1')}}}
- {apiVersion: v1, kind: ReplicationController, spec: {template: {spec: ${pod('b:1')}}}}
- {apiVersion: v1, kind: PodList, items: [{spec: ${pod('c:1')}}]}
- apiVersion: batch/v1
  kind: CronJobList
  items: [{spec: {jobTemplate: {spec: {template: {spec: ${pod('d:1')}}}}}}]
`);
    expect(images).toEqual(['a:1', 'b:1', 'c:1', 'd:1']);
  });

  it('is named where its containers are told of another image', async () => {
    const { images, told } = await read(`kind: Pod
spec:
  containers:
  - name: operator
    image: ${host}/operator:1
    command: [run, --verbose]
    args:
    - --config-reloader=quay.io/x/reloader:v1
    - https://example.com/a:1
    env:
    - {name: RELATED_IMAGE_WEB, value: "quay.io/x/web@sha256:${'a'.repeat(64)}"}
    - {name: HOST, value: "db.example.com:5432"}
`);
    expect(images).toEqual([`${host}/operator:1`]);
    expect(told).toEqual([
      '8: container "operator" has "--config-reloader=quay.io/x/reloader:v1" in args, which looks like an image',
      `11: container "operator" has "quay.io/x/web@sha256:${'a'.repeat(64)}" in env RELATED_IMAGE_WEB, which looks like an image`,
    ]);
  });

  it.each(['image:', 'image: null', 'image: #{IMAGE}#'])(
    'is refused with "%s", which is no image yet',
    async (line) => {
      const text = `kind: Pod\nspec:\n  containers:\n  - name: a\n    ${line}\n`;
      expect(await refusal(text)).toBe('5: names an image without a value');
    },
  );

  it('is refused with keys that are one to some readers, which are both named', async () => {
    const text = 'kind: ConfigMap\ndata:\n  Y: "1"\n  ON: "2"\n';
    expect(await refusal(text)).toBe(
      '4: has the keys "Y" and "ON" in one map, which are one key to some readers',
    );
    expect(await refusal(text.replace('ON', 'Y'))).toBe('4: has the key "Y" twice in one map');
  });

  it('is named where an annotation asks for another image, or where it has no container', async () => {
    const { told } = await read(
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    sidecar.istio.io/proxyImage: evil:1\nspec: {}\n',
    );
    expect(told).toEqual([
      '6: Pod "p" has "evil:1" in metadata.annotations, as sidecar.istio.io/proxyImage',
      '1: Pod "p" names no container',
    ]);
  });

  it.each(['Image', 'IMAGE'])(
    'is refused with the key %s, which some take for image',
    async (key) => {
      const text = `kind: Pod\nspec:\n  containers:\n  - ${key}: evil:1\n    image: app:1\n`;
      expect(await refusal(text)).toBe(
        `4: has the key "${key}", which some readers take for "image"`,
      );
      // The long s and the Kelvin sign, which Go folds.
      expect(await refusal(`kind: Pod\n\u017fpec: {}\nspec: {containers: []}\n`)).toContain(
        '"spec"',
      );
      expect(await refusal(`kind: Pod\n\u212aind: x\n`)).toContain('"kind"');
    },
  );
});

describe('a document of another program', () => {
  it.each([
    ['pipelines', 'resources: {containers: [{container: a, image: "a:1"}]}\nsteps: []\n'],
    ['Azure resources', 'resources: [{type: Microsoft.App/containerApps, properties: {}}]\n'],
  ])('for %s is not taken for a Kustomization', async (_, text) => {
    expect(await refusal(text)).toContain('is neither a Kubernetes object');
    expect(await refusal('resources: [app.yaml]\n')).toContain('Kustomization');
  });
});

describe('a service of a compose file', () => {
  const text = 'services:\n  a:\n    build: .\n    image: app:1\n  b: {build: .}\n';

  it('has its image verified, whether it is built or not', async () => {
    expect((await read(text)).images).toEqual(['app:1']);
    expect((await read(text)).told).toEqual([
      '3: service "a" is built here; what it is built from is not verified',
      '5: service "b" is built here; what it is built from is not verified',
    ]);
  });

  it('is left out with a warning only on request', async () => {
    const skipped = await read(text, { skipBuilt: true });
    expect(skipped.images).toEqual([]);
    expect(skipped.told).toEqual(['3: service "a" is built here', '5: service "b" is built here']);
  });

  it.each([
    ['!reset', 'services:\n  a:\n    image: app:1\n    build: !reset null\n', 4],
    ['!override', 'services: {a: {image: !override app:1}}\n', 1],
    ['!!binary', 'services: {a: {image: !!binary YXBw}}\n', 1],
  ])('is refused with the tag %s', async (tag, file, line) => {
    expect(await refusal(file)).toBe(
      `${line}: uses the tag ${tag}, which readers take differently`,
    );
  });

  it('is named where a provider runs it, and models are named as well', async () => {
    const { told } = await read(
      'services: {a: {provider: {type: model}}}\nmodels: {llm: {model: ai/x:1}}\n',
    );
    expect(told).toEqual([
      '1: service "a" is run by a provider, which may use any image',
      '2: model "llm" (ai/x:1) is no image',
    ]);
  });
});

describe('files and folders', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'unseen-images-')));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = async (name: string, text: string): Promise<void> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  const pod = (image: string) => `kind: Pod\nspec: {containers: [{name: a, image: "${image}"}]}\n`;
  const problems = async (...names: string[]) =>
    (await readImageFiles(names, folder, options)).troubles;

  it.each([
    [
      'kustomization.yaml',
      'resources: [app.yaml]\n',
      /Kustomization/,
      'kubectl kustomize deploy >',
    ],
    ['Kustomization', 'resources: [app.yaml]\n', /Kustomization/, 'kubectl kustomize deploy >'],
    ['Chart.yaml', 'apiVersion: v2\nname: a\nversion: 1.0.0\n', /chart/, 'helm template deploy >'],
    ['templates/a.yaml', 'kind: Pod\nspec: {{ .x }}\n', /template/, 'helm template deploy >'],
    ['templates/_a.tpl', '{{ define "x" }}', /template/, 'helm template deploy >'],
    [
      'helmfile.yaml',
      'releases: []\n',
      /helmfile/,
      'helmfile --file deploy/helmfile.yaml template',
    ],
    ['a.jsonnet', '{}', /Jsonnet/, 'jsonnet deploy/a.jsonnet >'],
    ['a.cue', '{}', /CUE/, 'cue export deploy/a.cue'],
    [
      'a.yaml',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n',
      /Flux/,
      'flux build kustomization web',
    ],
    [
      'a.yaml',
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n',
      /Helm/,
      'helm template web',
    ],
    [
      'a.yaml',
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n',
      /Argo CD/,
      'argocd app manifests web',
    ],
    ['a.yaml', `#@ load("x")\n${pod('a:1')}`, /ytt/, 'ytt -f deploy/a.yaml'],
    [
      'a b.yaml',
      'apiVersion: template.openshift.io/v1\nkind: Template\n',
      /OpenShift/,
      "oc process -f 'deploy/a b.yaml'",
    ],
  ])('with %s have to be rendered first, by a command', async (name, text, problem, command) => {
    await put('deploy/app.yaml', pod('app:1'));
    await put(`deploy/${name}`, text);
    const troubles = await problems('deploy');
    expect(troubles).toHaveLength(1);
    expect(troubles[0]?.problem).toMatch(problem);
    expect(troubles[0]?.problem).toContain(`deploy/${name}`);
    expect(troubles[0]?.remedy).toContain(command);
  });

  it('are read with the folders in them, and written as they lie', async () => {
    await put('deploy/a.yaml', pod('a:1'));
    await put('deploy/deep/er/b.yaml', pod('b:1'));
    await put('deploy/.hidden/c.yaml', pod('c:1'));
    await put('deploy/.git/d.yaml', pod('d:1'));
    await put('deploy/out/a.yaml', pod('old:1'));
    await symlink('..', path.join(folder, 'deploy', 'deep', 'up'));
    const outputDirectory = path.join(folder, 'deploy', 'out');
    const { files, troubles } = await readImageFiles(['deploy'], folder, {
      ...options,
      outputDirectory,
    });
    expect(troubles).toEqual([]);
    expect(files.flatMap(({ mentions }) => mentions.map(({ reference }) => reference))).toEqual([
      'a:1',
      'c:1',
      'b:1',
    ]);
    const places = await destinationsOf(files, outputDirectory, folder);
    expect(places.map(({ path: place }) => path.relative(outputDirectory, place))).toEqual([
      'a.yaml',
      '.hidden/c.yaml',
      'deep/er/b.yaml',
    ]);
  });

  it('of Compose are refused while Compose reads another file beside them', async () => {
    await put('compose.yaml', 'services: {a: {image: a:1}}\n');
    expect(await problems('compose.yaml')).toEqual([]);
    await put('.env', 'A=b\nCOMPOSE_FILE=other.yaml\n');
    expect((await problems('compose.yaml'))[0]?.problem).toContain('COMPOSE_FILE in .env');
    await put('.env', '');
    await put('compose.override.yml', 'services: {a: {image: evil:1}}\n');
    expect((await problems('compose.yaml'))[0]?.problem).toContain(
      'compose.override.yml is beside',
    );
    expect(await problems('compose.yaml', 'compose.override.yml')).toEqual([]);
  });

  it('that never end are refused at once', async () => {
    await symlink('/dev/zero', path.join(folder, 'zero.yaml'));
    execFileSync('mkfifo', [path.join(folder, 'pipe.yaml')]);
    for (const name of ['zero.yaml', 'pipe.yaml']) {
      expect((await problems(name))[0]?.problem).toMatch(/is a device or something else/);
    }
    await put('large.yaml', `a: ${'x'.repeat(17 * 1024 * 1024)}`);
    expect((await problems('large.yaml'))[0]?.problem).toMatch(/is too large/);
  });

  it('stop being read when the run is to stop', async () => {
    await put('a.yaml', pod('a:1'));
    const reading = readImageFiles(['a.yaml'], folder, options, AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('a small file that would cost hours', () => {
  const nested = (open: string, close: string, depth = 30_000) =>
    `kind: Pod\nx: ${open.repeat(depth)}${close.repeat(depth)}\n`;
  const many = (count: number, text: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => text(index)).join('');

  it.each([
    ['lists in each other', nested('[', ']')],
    ['maps in each other', nested('{a: ', '}')],
    ['dashes in each other', nested('- ', '').replace('x: ', 'x:\n')],
    ['indented maps', many(2_000, (index) => `${' '.repeat(index)}a:\n`)],
  ])('by %s is refused', async (_, text) => {
    expect(await refusal(text)).toContain('is nested too deeply');
  });

  it('by many containers behind aliases is read once', async () => {
    const containers = many(2_000, (index) => `  - {name: a, image: "r/a${index}:1"}\n`);
    const pods = many(2_000, () => '- {kind: Pod, apiVersion: v1, spec: {containers: *c}}\n');
    const text = `kind: List\nx:\n  y: &c\n${containers}items:\n${pods}`;
    expect((await read(text)).images).toHaveLength(2_000);
  }, 30_000);

  it('by lists of lists of the same lists is read once', async () => {
    const lists = many(
      40,
      (index) => `- &l${index + 1} {apiVersion: v1, kind: List, items: [*l${index}, *l${index}]}\n`,
    );
    const text = `apiVersion: v1\nkind: List\nitems:\n- &l0 {apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}\n${lists}`;
    expect((await read(text)).images).toEqual(['a']);
  });

  it('by merges that multiply is refused', async () => {
    const keys = many(1_000, (index) => `k${index}: v, `);
    const text = `kind: Pod\nx: &m {${keys}}\ny:\n${many(1_000, () => '- <<: *m\n')}`;
    expect(await refusal(text)).toContain('merges too many keys');
  }, 30_000);

  it('by one line of blanks is read', async () => {
    const blanks = ' '.repeat(60_000);
    expect((await read(`kind: Pod\nx: a${blanks}b\n${blanks}\n`)).images).toEqual([]);
    const list = `a${blanks}b\n${blanks}c${blanks}# d\n#${blanks}\n`;
    const { mentions } = await mentionsOf('images.txt', list, options);
    expect(mentions.map(({ reference }) => reference.length)).toEqual([60_002, 1]);
  });
});
