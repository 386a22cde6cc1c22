/**
 * Says which images from outside a build of a Dockerfile uses: variables filled in, stages and
 * `scratch` left out, only what the wanted target needs. What it cannot resolve it lists as such;
 * what to do about that is the caller's policy.
 */
import { TrustError } from '../../errors.js';
import { contextName, parseReference } from './reference.js';
import { type DockerfileModel, type NamedImage, type Stage, readDockerfile } from './stages.js';
import { type Expansion, type Lookup, expand } from './expand.js';
import { globalScope } from './scope.js';

/** How the Dockerfile will be built. */
export interface BaseImageOptions {
  readonly builder: 'buildkit' | 'classic';
  /** Values of build arguments, those taken from the environment included. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
  /** `linux/amd64`, ... in any spelling; default: {@link buildPlatform}. */
  readonly platforms?: readonly string[];
  /** The platform of the builder; without it the platform arguments are unknown. */
  readonly buildPlatform?: string | undefined;
  /** The user's own `--build-context` values, `NAME=value`. */
  readonly buildContexts?: readonly string[];
  /** Images that scan the result (buildx). */
  readonly scanners?: readonly string[];
}

/** One place where an image from outside is used. */
export interface BaseImage {
  readonly kind: NamedImage['kind'] | 'syntax' | 'build-context' | 'scanner';
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
interface UnresolvedImage {
  readonly kind: BaseImage['kind'];
  readonly written: string;
  readonly line?: number;
  /** Half a sentence. */
  readonly reason: string;
}

export interface BaseImages {
  readonly images: readonly BaseImage[];
  readonly unresolved: readonly UnresolvedImage[];
  /** What the result starts from; undefined where it is nothing, not one for all platforms, or not known. */
  readonly base: string | undefined;
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
  const starts = new Set<string | undefined>();
  for (const platform of platformsOf(options)) {
    const walk = new Walk(model, contexts, options, platform);
    for (const item of [
      ...walk.from(wanted),
      ...syntaxImages(model, options),
      ...(options.scanners ?? []).map((image) => given('scanner', image, image)),
    ]) {
      if ('reason' in item) unresolved.set(`${item.line ?? 0} ${item.written}`, item);
      else found.set(`${item.range?.start ?? item.kind} ${item.reference}`, item);
    }
    starts.add(walk.startOf(wanted));
  }
  return {
    images: [...found.values()],
    unresolved: [...unresolved.values()],
    base: starts.size === 1 ? [...starts][0] : undefined,
    stageNames: model.stages.map(({ name }) => name).filter((name) => name !== undefined),
  };
}

type Item = BaseImage | UnresolvedImage;

/** Follows one platform's build from the target stage to everything it needs. */
class Walk {
  readonly #lookup: Lookup;
  /** In the order in which they were found to be needed; grows while it is gone through. */
  readonly #needed = new Set<Stage>();
  /** The stage or image that each needed stage starts from, if it is known to be one. */
  readonly #starts = new Map<Stage, Stage | string | undefined>();
  readonly #items: Item[] = [];
  readonly #named = new Map<string, Stage[]>();

  constructor(
    private readonly model: DockerfileModel,
    private readonly contexts: ReadonlyMap<string, string>,
    private readonly options: BaseImageOptions,
    platform: string | undefined,
  ) {
    this.#lookup = globalScope(model, { ...options, platform });
    for (const stage of model.stages) {
      if (stage.name === undefined) continue;
      this.#named.set(stage.name, [...(this.#named.get(stage.name) ?? []), stage]);
    }
  }

  from(wanted: Stage): readonly Item[] {
    // The classic builder builds everything up to the target, needed or not.
    const first =
      this.options.builder === 'classic' ? this.model.stages.slice(0, wanted.index + 1) : [wanted];
    for (const stage of first) this.#needed.add(stage);
    for (const stage of this.#needed) this.#visit(stage);
    return this.#items;
  }

  /** The image that a stage starts from, by way of other stages: after {@link from}. */
  startOf(stage: Stage): string | undefined {
    const start = this.#starts.get(stage);
    return typeof start === 'object' ? this.startOf(start) : start;
  }

  #visit(stage: Stage): void {
    if (stage.name !== undefined && this.#takesContext(stage.name)) return;
    const start = this.#resolve(stage, stage.from);
    this.#starts.set(stage, start);
    for (const use of stage.uses) if (!use.onBuild) this.#resolve(stage, use);
    // ONBUILD of a stage happens in those built from it.
    const inherited = typeof start === 'object' ? start.uses : [];
    for (const use of inherited) if (use.onBuild) this.#resolve(stage, use);
  }

  /** Notes what an image name refers to; returns the stage or the image, if it is known to be one. */
  #resolve(stage: Stage, image: NamedImage): Stage | string | undefined {
    if (image.kind === 'mount' && this.options.builder === 'classic') return undefined;
    const expansion = this.#valueOf(image);
    const referred =
      expansion.value === undefined ? undefined : this.#stageCalled(stage, image, expansion.value);
    if (referred === undefined || referred === 'none') {
      const item = referred === 'none' ? noSuchStage : this.#external(image, expansion);
      if (item === undefined) return undefined;
      this.#items.push({ ...describe(image), ...item });
      return 'reference' in item ? item.reference : undefined;
    }
    this.#needed.add(referred);
    return referred;
  }

  #valueOf(image: NamedImage): Expansion {
    if (image.doubt !== undefined) return { reason: image.doubt };
    if (image.kind === 'from') return expand(image.text, this.#lookup, this.model.escape);
    // Neither builder fills in variables here.
    return /[$'"\\`]/.test(image.text)
      ? { reason: 'not every builder expands its variables' }
      : { value: image.text, unset: [] };
  }

  /** What is known of an image that is no stage; undefined where there is none. */
  #external(
    image: NamedImage,
    expansion: Expansion,
  ): Pick<BaseImage, 'reference' | 'digest' | 'range'> | { readonly reason: string } | undefined {
    if (expansion.value === undefined) return { reason: expansion.reason };
    const { value, unset } = expansion;
    if (value === 'scratch' || (image.kind !== 'from' && value === '')) return undefined;
    if (this.#takesContext(value)) return undefined;
    const reference = parseReference(value);
    if (reference === undefined) {
      const names = [...new Set(unset)].join(' and ');
      return {
        reason:
          names === '' ? `"${value}" is not a valid image reference` : `${names} has no value`,
      };
    }
    return {
      reference: value,
      ...(reference.digest === undefined ? {} : { digest: reference.digest }),
      range: { start: image.start, end: image.end },
    };
  }

  /** The stage that a name or number refers to; `none` for a number without a stage. */
  #stageCalled(stage: Stage, image: NamedImage, value: string): Stage | 'none' | undefined {
    // BuildKit looks among all stages for COPY and mounts; everything else looks back only.
    const looksAhead = image.kind !== 'from' && this.options.builder === 'buildkit';
    const isCandidate = ({ index }: Stage): boolean => looksAhead || index < stage.index;
    if (image.kind === 'copy' && /^[+-]?\d+$/.test(value)) {
      const numbered = this.model.stages[Number(value)];
      return numbered !== undefined && isCandidate(numbered) ? numbered : 'none';
    }
    return this.#named.get(value.toLowerCase())?.findLast(isCandidate);
  }

  /** Whether the user's own build context stands in for `name`; notes its image, if it is one. */
  #takesContext(name: string): boolean {
    const key = contextName(name);
    const value = key === undefined ? undefined : this.contexts.get(key);
    if (value === undefined) return false;
    const image = /^docker-image:\/\/(.+)$/.exec(value)?.[1];
    if (image !== undefined) this.#items.push(given('build-context', value, image));
    // Files of the agent are as much the user's own as the context is; these come from elsewhere.
    else if (/^(?:oci-layout:|docker-image:|https?:|git:|ssh:|git@|github\.com\/)/i.test(value)) {
      const reason = 'the content of such a build context is not verified';
      this.#items.push({ kind: 'build-context', written: value, reason });
    }
    return true;
  }
}

/** An image that an argument names. */
function given(kind: BaseImage['kind'], written: string, image: string): Item {
  const reference = parseReference(image);
  if (reference === undefined)
    return { kind, written, reason: 'it is not a valid image reference' };
  const { digest } = reference;
  return { kind, written, reference: image, ...(digest === undefined ? {} : { digest }) };
}

const noSuchStage = { reason: 'there is no stage of this number' };

function describe({ kind, text, line }: NamedImage): Pick<BaseImage, 'kind' | 'written' | 'line'> {
  return { kind, written: text, line };
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
function syntaxImages(model: DockerfileModel, options: BaseImageOptions): Item[] {
  if (options.builder === 'classic') return [];
  const override = options.buildArgs?.BUILDKIT_SYNTAX?.trim().split(' ')[0];
  const { syntax } = model;
  const written = override ?? syntax?.value;
  if (written === undefined) return [];
  const place =
    override !== undefined || syntax === undefined
      ? {}
      : { line: syntax.line, range: { start: syntax.start, end: syntax.end } };
  const reference = parseReference(written);
  if (reference === undefined || (override === undefined && syntax?.isDoubtful === true)) {
    const reason =
      reference === undefined
        ? 'it is not a valid image reference'
        : 'only some versions of BuildKit treat this line as a syntax directive';
    const { line } = { line: undefined, ...place };
    return [{ kind: 'syntax', written, ...(line === undefined ? {} : { line }), reason }];
  }
  return [
    {
      kind: 'syntax',
      written,
      reference: written,
      ...(reference.digest === undefined ? {} : { digest: reference.digest }),
      ...place,
    },
  ];
}
