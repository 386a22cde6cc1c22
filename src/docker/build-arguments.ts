/**
 * Turns a build into the arguments of `docker build` or `docker buildx build`. Pure: inputs in, argv
 * out. Also the only place that makes a command line fit for a log.
 */
import { TrustError } from '../errors.js';
import { contextName } from './dockerfile/reference.js';
import { readExtraArguments } from './extra-arguments.js';

/** What becomes of the result of a build. */
export type BuildOutput =
  /** Into the engine's image store, under all tags. */
  | { readonly kind: 'load' }
  /** To the registry, under all tags (buildx). */
  | { readonly kind: 'push' }
  /** To `repository` without any tag (buildx, not with the `docker` driver). */
  | { readonly kind: 'push-by-digest'; readonly repository: string };

/** One build, as the user wants it. Paths are as the user wrote them. */
export interface BuildRequest {
  readonly builder: 'classic' | 'buildx';
  /** A folder, a git URL or the URL of a tar archive. */
  readonly context: string;
  /** As for `docker build --file`: relative to the working folder, or within a remote context. */
  readonly dockerfile?: string | undefined;
  /** Full references, `contoso.azurecr.io/team/app:1.2.3`. */
  readonly tags: readonly string[];
  readonly output: BuildOutput;
  /** `NAME=value`, or `NAME` for the value of that environment variable. */
  readonly buildArgs?: readonly string[];
  readonly target?: string | undefined;
  readonly labels?: readonly string[];
  readonly platforms?: readonly string[];
  /** `id=...,src=...` or `id=...,env=...`. */
  readonly secrets?: readonly string[];
  readonly ssh?: readonly string[];
  readonly cacheFrom?: readonly string[];
  readonly cacheTo?: readonly string[];
  /** `NAME=value`; pinned base images travel here (buildx). */
  readonly buildContexts?: readonly string[];
  readonly noCache?: boolean;
  readonly pull?: boolean;
  readonly network?: string;
  /** Name of a buildx builder; default: the current one. */
  readonly builderName?: string | undefined;
  /** The user's own arguments, already split. */
  readonly extraArguments?: readonly string[];
}

/** Files into which Docker writes what it built. */
interface BuildRecordFiles {
  readonly iidFile?: string;
  /** buildx only. */
  readonly metadataFile?: string;
}

/**
 * The arguments after `docker`. For the classic builder DOCKER_BUILDKIT=0 belongs into the
 * environment; see `builderEnvironment`.
 * @throws {TrustError} INPUT_CONFLICT, INPUT_INVALID, BASE_IMAGE_CONFLICT
 */
export function buildArguments(request: BuildRequest, record: BuildRecordFiles = {}): string[] {
  checkBuildRequest(request);
  const each = (flag: string, values: readonly string[] = []): string[] =>
    values.flatMap((value) => [flag, value]);
  const one = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value];
  const { output } = request;
  return [
    ...(request.builder === 'buildx' ? ['buildx', 'build'] : ['build']),
    ...one('--builder', request.builderName),
    ...one('--file', request.dockerfile),
    ...(output.kind === 'push-by-digest' ? [] : each('--tag', request.tags)),
    ...each('--build-arg', request.buildArgs),
    ...one('--target', request.target),
    ...each('--label', request.labels),
    ...((request.platforms ?? []).length === 0
      ? []
      : ['--platform', (request.platforms ?? []).join(',')]),
    ...each('--secret', request.secrets),
    ...each('--ssh', request.ssh),
    ...each('--cache-from', request.cacheFrom),
    ...each('--cache-to', request.cacheTo),
    ...each('--build-context', request.buildContexts),
    ...(request.noCache === true ? ['--no-cache'] : []),
    ...(request.pull === true ? ['--pull'] : []),
    ...one('--network', request.network),
    ...(request.extraArguments ?? []),
    ...(request.builder === 'buildx' ? outputArguments(output) : []),
    ...one('--iidfile', record.iidFile),
    ...(request.builder === 'buildx' ? one('--metadata-file', record.metadataFile) : []),
    request.context,
  ];
}

/** What selects the builder, by environment: `docker build` alone means BuildKit since 23.0. */
export function builderEnvironment(builder: BuildRequest['builder']): Record<string, string> {
  return { DOCKER_BUILDKIT: builder === 'classic' ? '0' : '1' };
}

/**
 * Finds what cannot work before anything runs.
 * @throws {TrustError} INPUT_CONFLICT, INPUT_INVALID, BASE_IMAGE_CONFLICT
 */
export function checkBuildRequest(request: BuildRequest): void {
  if (request.context === '' || request.context.startsWith('-')) {
    throw new TrustError('INPUT_INVALID', `"${request.context}" is not a valid build context`, {
      remedy: 'Give `context` a folder (`.` for this one), a git URL or the URL of a tar archive.',
    });
  }
  if (request.dockerfile?.startsWith('-') === true) {
    throw new TrustError('INPUT_INVALID', `"${request.dockerfile}" is not a valid Dockerfile`, {
      remedy:
        'Give `dockerfile` the path of a file; standard input is not available to a build here.',
    });
  }
  if (request.tags.length === 0 && request.output.kind !== 'push-by-digest') {
    throw new TrustError('INPUT_MISSING', 'The build has no tag', {
      remedy: 'Give at least one tag in `tags`.',
    });
  }
  const extra = readExtraArguments(request.extraArguments ?? []);
  // The last context of a name wins, and the user's arguments come last: a pin would be void.
  const pinned = new Set((request.buildContexts ?? []).map(contextKey));
  const overridden = extra.buildContexts.find((context) => pinned.has(contextKey(context)));
  if (overridden !== undefined) {
    throw new TrustError(
      'BASE_IMAGE_CONFLICT',
      `The build context ${overridden.replace(/=.*$/s, '')} is given twice, by \`build-arguments\` and by a verified base image`,
      { remedy: 'Leave `--build-context` for this image out of `build-arguments`.' },
    );
  }
  const platforms = request.platforms ?? [];
  if (request.builder === 'classic') {
    const needs: readonly (readonly [string, boolean])[] = [
      [`${platforms.length} platforms`, platforms.length > 1],
      ['secrets', (request.secrets ?? []).length + extra.secrets.length > 0],
      ['ssh', (request.ssh ?? []).length > 0],
      ['a cache export (`cache-to`)', (request.cacheTo ?? []).length > 0],
      [
        'named build contexts',
        (request.buildContexts ?? []).length + extra.buildContexts.length > 0,
      ],
      ['a named builder', request.builderName !== undefined],
      ['a push from within the build', request.output.kind !== 'load'],
    ];
    const missing = needs.filter(([, wanted]) => wanted).map(([name]) => name);
    if (missing.length > 0) {
      throw new TrustError(
        'INPUT_CONFLICT',
        `The classic builder of Docker cannot do what is asked for: ${missing.join(', ')}`,
        { remedy: 'Use the builder buildx, or leave these inputs out.' },
      );
    }
  } else if (request.output.kind === 'load' && platforms.length > 1) {
    throw new TrustError(
      'INPUT_CONFLICT',
      `An image for ${platforms.length} platforms can only be built and pushed in one step`,
      { remedy: 'Use `command: buildAndPush`, or build for one platform.' },
    );
  }
}

function contextKey(context: string): string {
  const name = context.replace(/=.*$/s, '');
  return contextName(name) ?? name;
}

/** Flags whose value may be a secret, or name where one is. */
const confidential = new Set(['--build-arg', '--secret', '--ssh', '--cache-from', '--cache-to']);

/**
 * A command line for a log: build arguments by name, secrets by id, caches by type only. Of every
 * other argument nothing is hidden.
 */
export function printableCommand(args: readonly string[]): string {
  const printable = args.map((arg, index) => {
    const equals = arg.indexOf('=');
    const flag = equals < 0 ? undefined : arg.slice(0, equals);
    if (flag !== undefined && confidential.has(flag)) {
      return `${flag}=${withoutValue(flag, arg.slice(equals + 1))}`;
    }
    const before = args[index - 1];
    return before !== undefined && confidential.has(before) ? withoutValue(before, arg) : arg;
  });
  return ['docker', ...printable].map(quoted).join(' ');
}

function withoutValue(flag: string, value: string): string {
  if (flag === '--build-arg') return value.replace(/=.*$/s, '=***');
  if (flag === '--ssh') return value.replace(/=.*$/s, '');
  const shown = value.split(',').filter((field) => /^(?:id|type)=/.test(field));
  // `--cache-from name` without fields is an image reference, no secret.
  return shown.length > 0 ? shown.join(',') : value.includes('=') ? '***' : value;
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./*-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

function outputArguments(output: BuildOutput): string[] {
  switch (output.kind) {
    case 'load':
      return ['--load'];
    case 'push':
      return ['--push'];
    case 'push-by-digest':
      // One CSV field per attribute (buildkit client exporter "image").
      return [
        '--output',
        // Runs that share a builder would write one name into its store, and one of them would fail.
        `type=image,name=${output.repository},push-by-digest=true,name-canonical=true,push=true,store=false`,
      ];
  }
}
