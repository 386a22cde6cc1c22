/**
 * What does not say which images will run until a program has rendered it. Each is refused with the
 * command that renders it.
 */
import path from 'node:path';
import { FileProblem, shellWord, type FileRemedy, type Found } from './types.js';
import { isGiven, itemsOf, textOf, valueOf, type YamlMap } from './yaml-tree.js';

interface ObjectKind {
  readonly group: string;
  readonly kind: string;
  readonly apiVersion: string;
}

/** What stands in a command, as words of a shell. */
interface RenderedPlace {
  readonly file: string;
  readonly folder: string;
  /** Of the object. */
  readonly name: string;
}

interface Rendering {
  readonly fits: (object: ObjectKind) => boolean;
  readonly what: string;
  /** The command that renders it. */
  readonly command: (place: RenderedPlace) => string;
}

const inGroup =
  (...names: readonly string[]) =>
  ({ group }: ObjectKind): boolean =>
    names.includes(group);

const renderings: readonly Rendering[] = [
  {
    fits: ({ group, apiVersion }) =>
      group === 'kustomize.config.k8s.io' || apiVersion === 'builtin',
    what: 'is part of a Kustomization, which may change images',
    command: ({ folder }) => `kubectl kustomize ${folder} > rendered.yaml`,
  },
  {
    fits: inGroup('kustomize.toolkit.fluxcd.io'),
    what: 'has Flux deploy what is in another place',
    command: ({ name, file }) =>
      `flux build kustomization ${name} --kustomization-file ${file} --path <the folder it deploys> > rendered.yaml`,
  },
  {
    fits: inGroup('helm.toolkit.fluxcd.io', 'helm.cattle.io', 'helm.fluxcd.io'),
    what: 'has a Helm chart installed, whose images are in the chart',
    command: ({ name }) =>
      `helm template ${name} <the chart> --values <its values> > rendered.yaml`,
  },
  {
    fits: inGroup('source.toolkit.fluxcd.io', 'fleet.cattle.io'),
    what: 'names a place from which other manifests are deployed',
    command: () => 'kubectl kustomize <the folder of the manifests there> > rendered.yaml',
  },
  {
    fits: ({ group, kind }) =>
      group === 'argoproj.io' && (kind === 'Application' || kind === 'ApplicationSet'),
    what: 'has Argo CD deploy what is in another place',
    command: ({ name }) => `argocd app manifests ${name} > rendered.yaml`,
  },
  {
    fits: ({ group, kind }) =>
      kind === 'Template' && (group === 'template.openshift.io' || group === ''),
    what: 'is an OpenShift template',
    command: ({ file }) => `oc process -f ${file} > rendered.yaml`,
  },
  {
    fits: inGroup('skaffold'),
    what: 'is a configuration of Skaffold',
    command: ({ file }) => `skaffold render -f ${file} > rendered.yaml`,
  },
  {
    fits: inGroup('kappctrl.k14s.io', 'packaging.carvel.dev', 'data.packaging.carvel.dev'),
    what: 'has kapp-controller deploy what is in another place',
    command: () => 'ytt -f <the folder of the package> > rendered.yaml',
  },
];

/** @throws {FileProblem} when the object has to be rendered first. */
export function requireRendered(object: YamlMap, kind: ObjectKind, found: Found): void {
  const rendering = renderings.find(({ fits }) => fits(kind));
  if (!rendering) return;
  const name = textOf(valueOf(object.entries.get('metadata'), 'name'));
  const { what, command } = rendering;
  const remedy = runThenGive(command, name);
  found.refuse(object, `has a ${kind.kind || 'document'}, which ${what}`, remedy);
}

/** The same for what has no kind: charts, helmfiles and short Kustomizations. */
export function requireNoSource(object: YamlMap, found: Found): void {
  const has = (...keys: readonly string[]) => keys.every((key) => isGiven(object.entries.get(key)));
  if (has('apiVersion', 'name', 'version')) {
    found.refuse(object, 'describes a Helm chart, whose images are not known yet', helm);
  }
  if (has('releases') || has('helmfiles')) {
    found.refuse(object, 'is a helmfile, whose images are not known yet', helmfile);
  }
  // Pipelines and templates of other tools have "resources", too, but no list of files.
  const hasFiles = ['resources', 'bases'].some((key) =>
    itemsOf(object.entries.get(key)).some((item) => item.kind === 'text'),
  );
  if (hasFiles || has('patches')) {
    found.refuse(object, 'looks like a Kustomization, which may change images', kustomize);
  }
}

const helm = runThenGive(({ folder }) => `helm template ${folder} > rendered.yaml`);
const helmfile = runThenGive(({ file }) => `helmfile --file ${file} template > rendered.yaml`);
const kustomize = runThenGive(({ folder }) => `kubectl kustomize ${folder} > rendered.yaml`);

/** What to do about a YAML file that looks like a template. */
export const renderTemplate: FileRemedy = helm;

const language = (name: string) => `is ${name}, which has to be rendered first`;

/** Sources by the names of their files. The first that fits says how they are rendered. */
const sourceFiles: readonly (readonly [form: RegExp, what: string, remedy: FileRemedy])[] = [
  [/^kustomization(?:\.ya?ml)?$/i, 'is a Kustomization, which may change images', kustomize],
  [/^Chart\.ya?ml$/i, 'describes a Helm chart, whose images are not known yet', helm],
  [
    /^helmfile(?:\.ya?ml)?(?:\.gotmpl)?$/i,
    'is a helmfile, whose images are not known yet',
    helmfile,
  ],
  [
    /\.(?:jsonnet|libsonnet)$/i,
    language('Jsonnet'),
    runThenGive(({ file }) => `jsonnet ${file} > rendered.json`),
  ],
  [
    /\.cue$/i,
    language('CUE'),
    runThenGive(({ file }) => `cue export ${file} --out yaml > rendered.yaml`),
  ],
  [/\.k$/i, language('KCL'), runThenGive(({ file }) => `kcl run ${file} > rendered.yaml`)],
  [
    /\.pkl$/i,
    language('Pkl'),
    runThenGive(({ file }) => `pkl eval --format yaml ${file} > rendered.yaml`),
  ],
  [
    /\.dhall$/i,
    language('Dhall'),
    runThenGive(({ file }) => `dhall-to-yaml --file ${file} > rendered.yaml`),
  ],
  [/\.(?:tpl|gotmpl|tmpl|j2|jinja2?|erb|mustache|hbs)$/i, language('a template'), helm],
];

/** What is wrong with a file that, by its name, has to be rendered first. */
export function sourceProblem(name: string): FileProblem | undefined {
  const base = path.basename(name);
  const [, what, remedy] = sourceFiles.find(([form]) => form.test(base)) ?? [];
  return what === undefined || remedy === undefined
    ? undefined
    : new FileProblem(undefined, what, remedy);
}

/** ytt keeps its programs in comments, so to every other reader they are not there. */
export function requireNoProgram(text: string): void {
  const at = text.search(/#@(?:[ \r\n]|(?:assert|data|library|overlay|schema|template|yaml)\/)/);
  if (at === -1) return;
  const line = text.slice(0, at).split('\n').length;
  const remedy = runThenGive(({ file }) => `ytt -f ${file} > rendered.yaml`);
  throw new FileProblem(line, 'is a ytt template ("#@"), whose images are not known yet', remedy);
}

function runThenGive(command: (place: RenderedPlace) => string, name?: string): FileRemedy {
  const nameOr = name === undefined ? '<its name>' : shellWord(name);
  return (file) => {
    // A chart is the folder above its templates.
    const folder = path.dirname(file).replace(/[\\/]templates$/, '');
    const words = { file: shellWord(file), folder: shellWord(folder), name: nameOr };
    return `Run: ${command(words)}\nGive the rendered file in place of this one.`;
  };
}
