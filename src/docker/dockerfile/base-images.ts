/**
 * Says which images from outside a build of a Dockerfile uses: variables filled in, stages and
 * `scratch` left out, only what the wanted target needs. What it cannot resolve it lists as such;
 * what to do about that is the caller's policy.
 */
import { TrustError } from '../../errors.js';
import { contextName, parseReference } from './reference.js';
import { type DockerfileModel, type NamedImage, type Stage, readDockerfile } from './stages.js';
import { type Lookup, expand } from './words.js';

/** How the Dockerfile will be built. */
export interface BaseImageOptions {
  readonly builder: 'buildkit' | 'classic';
  /** Values of build arguments, those taken from the environment included. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** `linux/amd64`, ...; default: {@link buildPlatform}. */
  readonly platforms?: readonly string[];
  /** The platform of the engine; without it the platform arguments are unknown. */
  readonly buildPlatform?: string;
  /** The user's own `--build-context` values, `NAME=value`. */
  readonly buildContexts?: readonly string[];
}

/** One place where an image from outside is used. */
export interface BaseImage {
  readonly kind: NamedImage['kind'] | 'syntax' | 'build-context';
  /** As written in the Dockerfile. */
  readonly written: string;
  /** With variables filled in. */
  readonly reference: string;
  /** Set where the reference names a digest: there is nothing to decide. */
  readonly digest?: string;
  /** Line in the Dockerfile, from 1; absent for what was given on the command line. */
  readonly line?: number;
  /** Place in the Dockerfile, `end` excluded. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** A place whose image cannot be told. */
export interface UnresolvedImage {
  readonly kind: BaseImage['kind'];
  readonly written: string;
  readonly line?: number;
  /** Half a sentence. */
  readonly reason: string;
}

export interface BaseImages {
  readonly images: readonly BaseImage[];
  readonly unresolved: readonly UnresolvedImage[];
  /** Names of all stages; a pin must not be called like one. */
  readonly stageNames: readonly string[];
}

/** @throws {TrustError} DOCKERFILE_INVALID, INPUT_INVALID (no such target) */
export function findBaseImages(source: string, options: BaseImageOptions): BaseImages {
  const model = readDockerfile(source);
  if (options.builder === 'classic' && model.heredocLine !== undefined) {
    throw new TrustError(
      'DOCKERFILE_INVALID',
      `Line ${model.heredocLine} of the Dockerfile: the classic builder has no here-documents`,
      { remedy: 'Build with buildx, or write the lines into a file and copy it.' },
    );
  }
  const found = new Map<string, BaseImage>();
  const unresolved = new Map<string, UnresolvedImage>();
  const contexts = readContexts(options.buildContexts ?? []);
  const wanted = targetStage(model, options.target);
  for (const platform of platformsOf(options)) {
    const walk = new Walk(model, contexts, options, platform);
    for (const item of walk.from(wanted)) {
      if ('reason' in item) unresolved.set(`${item.line ?? 0} ${item.written}`, item);
      else found.set(`${item.range?.start ?? item.kind} ${item.reference}`, item);
    }
  }
  for (const item of syntaxImages(model, options)) found.set(`syntax ${item.reference}`, item);
  return {
    images: [...found.values()],
    unresolved: [...unresolved.values()],
    stageNames: model.stages.map(({ name }) => name).filter((name) => name !== undefined),
  };
}

type Item = BaseImage | UnresolvedImage;

/** Follows one platform's build from the target stage to everything it needs. */
class Walk {
  readonly #lookup: Lookup;
  readonly #seen = new Set<Stage>();
  readonly #items: Item[] = [];

  constructor(
    private readonly model: DockerfileModel,
    private readonly contexts: ReadonlyMap<string, string>,
    private readonly options: BaseImageOptions,
    platform: string | undefined,
  ) {
    this.#lookup = globalScope(model, options, platform);
  }

  from(wanted: Stage): readonly Item[] {
    if (this.options.builder === 'classic') {
      // The classic builder builds everything up to the target, needed or not.
      for (const stage of this.model.stages.slice(0, wanted.index + 1)) this.#visit(stage);
    } else {
      this.#visit(wanted);
    }
    return this.#items;
  }

  #visit(stage: Stage): void {
    if (this.#seen.has(stage)) return;
    this.#seen.add(stage);
    if (stage.name !== undefined && this.#takesContext(stage.name)) return;
    const parent = this.#resolve(stage, stage.from);
    for (const use of stage.uses) if (!use.onBuild) this.#resolve(stage, use);
    // ONBUILD of a stage happens in those built from it.
    for (const use of parent?.uses ?? []) if (use.onBuild) this.#resolve(stage, use);
  }

  /** Notes what an image name stands for; returns the stage if it is one. */
  #resolve(stage: Stage, image: NamedImage): Stage | undefined {
    if (image.kind === 'mount' && this.options.builder === 'classic') return undefined;
    const expansion =
      image.kind === 'from'
        ? expand(image.text, this.#lookup, this.model.escape)
        : // Neither builder fills in variables here.
          image.text.includes('$')
          ? undefined
          : { value: image.text, unset: [] };
    if (expansion === undefined) {
      this.#unresolved(image, 'its variables cannot be filled in');
      return;
    }
    const { value, unset } = expansion;
    const referred = this.#stageCalled(stage, image, value);
    if (referred !== undefined) {
      this.#visit(referred);
      return referred;
    }
    if (value === 'scratch' || (image.kind !== 'from' && value === '')) return undefined;
    if (this.#takesContext(value)) return undefined;
    const reference = parseReference(value);
    if (reference === undefined) {
      this.#unresolved(
        image,
        unset.length > 0
          ? `${[...new Set(unset)].join(' and ')} has no value`
          : `"${value}" is no image reference`,
      );
      return;
    }
    // Docker puts nothing for a variable without a value; that is seldom meant. Platform arguments
    // in particular have one in the real build.
    const unknown = unset.filter((name) => this.#isPlatformArgument(name));
    if (unknown.length > 0) {
      this.#unresolved(image, `${unknown.join(' and ')} is not known here`);
      return;
    }
    this.#items.push({
      kind: image.kind,
      written: image.text,
      reference: value,
      ...(reference.digest === undefined ? {} : { digest: reference.digest }),
      line: image.line,
      range: { start: image.start, end: image.end },
    });
    return undefined;
  }

  #stageCalled(stage: Stage, image: NamedImage, value: string): Stage | undefined {
    const name = value.toLowerCase();
    const { stages } = this.model;
    if (image.kind === 'copy' && /^\d+$/.test(value)) {
      const numbered = stages[Number(value)];
      return numbered !== undefined && numbered.index < stage.index ? numbered : undefined;
    }
    // BuildKit looks among all stages for COPY and mounts; everything else looks back only.
    const looksAhead = image.kind !== 'from' && this.options.builder === 'buildkit';
    const candidates = looksAhead ? stages : stages.slice(0, stage.index);
    return candidates.findLast((candidate) => candidate.name === name);
  }

  /** Whether the user's own build context stands in for `name`; notes its image, if it is one. */
  #takesContext(name: string): boolean {
    const key = contextName(name);
    const value = key === undefined ? undefined : this.contexts.get(key);
    if (value === undefined) return false;
    const image = /^docker-image:\/\/(.+)$/.exec(value)?.[1];
    const reference = image === undefined ? undefined : parseReference(image);
    if (image !== undefined && reference !== undefined) {
      this.#items.push({
        kind: 'build-context',
        written: value,
        reference: image,
        ...(reference.digest === undefined ? {} : { digest: reference.digest }),
      });
    }
    return true;
  }

  #isPlatformArgument(name: string): boolean {
    return (
      this.options.builder === 'buildkit' &&
      /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/.test(name)
    );
  }

  #unresolved(image: NamedImage, reason: string): undefined {
    this.#items.push({ kind: image.kind, written: image.text, line: image.line, reason });
    return undefined;
  }
}

/** Values FROM can see: platform arguments and the ARGs before the first FROM, in order. */
function globalScope(
  model: DockerfileModel,
  options: BaseImageOptions,
  platform: string | undefined,
): Lookup {
  const given = new Map(Object.entries(options.buildArgs ?? {}));
  const values = new Map<string, string>();
  if (options.builder === 'buildkit') {
    for (const [prefix, value] of [
      ['TARGET', platform],
      ['BUILD', options.buildPlatform],
    ] as const) {
      if (value === undefined) continue;
      const [os = '', architecture = '', variant = ''] = value.split('/');
      values.set(`${prefix}PLATFORM`, value);
      values.set(`${prefix}OS`, os);
      values.set(`${prefix}ARCH`, architecture);
      values.set(`${prefix}VARIANT`, variant);
    }
    for (const name of values.keys()) {
      const override = given.get(name);
      if (override !== undefined) values.set(name, override);
    }
  }
  const lookup: Lookup = (name) => values.get(name);
  for (const { name, fallback } of model.globals) {
    const value =
      given.get(name) ??
      (fallback === undefined ? undefined : expand(fallback, lookup, model.escape)?.value);
    if (value !== undefined) values.set(name, value);
  }
  return lookup;
}

function targetStage(model: DockerfileModel, target: string | undefined): Stage {
  const { stages } = model;
  const last = stages.at(-1);
  const wanted =
    target === undefined
      ? last
      : (stages.findLast(({ name }) => name === target.toLowerCase()) ??
        (/^\d+$/.test(target) ? stages[Number(target)] : undefined));
  if (wanted !== undefined) return wanted;
  const names = stages.map(({ name, index }) => name ?? String(index)).join(', ');
  throw new TrustError('INPUT_INVALID', `The Dockerfile has no stage "${target ?? ''}"`, {
    remedy: `Set \`target\` to one of: ${names}.`,
  });
}

function platformsOf(options: BaseImageOptions): readonly (string | undefined)[] {
  const platforms = options.platforms ?? [];
  return platforms.length > 0 ? platforms : [options.buildPlatform];
}

function readContexts(values: readonly string[]): Map<string, string> {
  const contexts = new Map<string, string>();
  for (const value of values) {
    const equals = value.indexOf('=');
    const name = contextName(value.slice(0, Math.max(0, equals)));
    if (name !== undefined) contexts.set(name, value.slice(equals + 1));
  }
  return contexts;
}

/** The frontend that will read the Dockerfile; the argument BUILDKIT_SYNTAX wins over the directive. */
function syntaxImages(model: DockerfileModel, options: BaseImageOptions): BaseImage[] {
  if (options.builder === 'classic') return [];
  const override = options.buildArgs?.BUILDKIT_SYNTAX;
  const image = override ?? model.syntax?.value;
  if (image === undefined || image === '') return [];
  const digest = parseReference(image)?.digest;
  const { syntax } = model;
  return [
    {
      kind: 'syntax',
      written: image,
      reference: image,
      ...(digest === undefined ? {} : { digest }),
      ...(override !== undefined || syntax === undefined
        ? {}
        : { line: syntax.line, range: { start: syntax.start, end: syntax.end } }),
    },
  ];
}
