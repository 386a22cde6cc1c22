/**
 * Asks the installed Docker what it is, each question once: client, engine, image store, buildx,
 * builder. It decides nothing about a run except what the engine "docker" needs to sign at all.
 */
import { startInBackground } from '../concurrency.js';
import { TrustError } from '../errors.js';
import { asList, asRecord, asText, parseJsonObject } from '../json.js';
import type { DockerCli } from './cli.js';
import { allOutput, failureWords } from './text.js';

/** What the program called `docker` is. */
interface ClientFacts {
  /** As it says, for example `28.5.2` or `20.10.24+dfsg1`. */
  readonly version: string;
  /** First number of {@link version}; 0 where it has none. */
  readonly major: number;
  /** The context in use, where the client tells. */
  readonly context?: string;
}

/** What the engine behind the client is. */
interface EngineFacts {
  readonly version: string;
  /** For example `linux/amd64`: what the engine builds when no platform is asked for. */
  readonly platform: string;
  /** `containerd`: an image's ID is the digest of its manifest; `classic`: of its config. */
  readonly imageStore: 'classic' | 'containerd';
}

/** The builder that `docker buildx build` would use. */
interface BuilderFacts {
  readonly name: string;
  /** `docker`, `docker-container`, `remote`, `kubernetes` or `cloud`. */
  readonly driver: string;
  readonly nodes: readonly BuilderNode[];
}

/** One BuildKit of a builder; what it does not tell, for example because it does not run, is absent. */
interface BuilderNode {
  /** Of BuildKit, such as `v0.12.5`. */
  readonly version?: string;
  /** What it builds when no platform is asked for, and the value of `BUILDPLATFORM`. */
  readonly platform?: string;
}

/** Questions about one Docker; each is asked at most once. */
export interface DockerCapabilities {
  /** @throws {TrustError} DOCKER_NOT_FOUND, DOCKER_UNSUITABLE (not a Docker CLI, or Podman) */
  client(): Promise<ClientFacts>;
  /** @throws {TrustError} DOCKER_ENGINE_DOWN, DOCKER_UNSUITABLE (Podman), and those of client() */
  engine(): Promise<EngineFacts>;
  /** The version of buildx, such as `v0.13.1`, or undefined where the CLI has no buildx. */
  buildx(): Promise<string | undefined>;
  /**
   * The builder called `name`, or the current one.
   * @throws {TrustError} DOCKER_UNSUITABLE where there is no buildx or no such builder
   */
  builder(name?: string): Promise<BuilderFacts>;
  /**
   * The nodes of that builder, started where they do not run yet, as the build would.
   * @throws {TrustError} as builder()
   */
  builderNodes(name?: string): Promise<readonly BuilderNode[]>;
}

/** Where the client was told to look for an engine; only for messages. */
interface EngineAddress {
  readonly host?: string | undefined;
  readonly context?: string | undefined;
}

/** @param address the DOCKER_HOST and DOCKER_CONTEXT the child processes see, for messages */
export function dockerCapabilities(
  docker: DockerCli,
  address: EngineAddress = {},
): DockerCapabilities {
  const version = once(async () => {
    const result = await docker(['version', '--format', '{{json .}}']);
    return { result, json: parseJsonObject(result.stdout) };
  });
  const client = once(async () => readClient(await version()));
  const engine = once(async () => {
    const asked = startInBackground(docker(['info', '--format', '{{json .}}']));
    const facts = await client();
    const { result, json } = await version();
    const server = asRecord(json?.Server);
    const serverVersion = asText(server?.Version);
    if (serverVersion === undefined) throw engineDown(address, facts, failureWords(result));
    if (isPodmanEngine(server)) throw podman('The Docker engine', serverVersion);
    const info = await asked;
    const answer = parseJsonObject(info.stdout);
    // `docker info` exits 0 although the engine failed; only ServerErrors tells (20.10 to 28).
    const errors = asList(answer?.ServerErrors)
      .map(asText)
      .filter((e) => e !== undefined);
    if (answer === undefined || errors.length > 0) {
      throw engineDown(address, facts, errors.join('\n') || failureWords(info));
    }
    return {
      version: serverVersion,
      platform: `${asText(server?.Os) ?? 'linux'}/${asText(server?.Arch) ?? 'amd64'}`,
      imageStore: usesContainerdStore(answer) ? ('containerd' as const) : ('classic' as const),
    };
  });
  const buildx = once(async () => {
    const asked = startInBackground(docker(['buildx', 'version']));
    await client();
    const result = await asked;
    // Without the plugin the CLI prints its own help and, depending on the version, still exits 0.
    return result.exitCode === 0
      ? /^github\.com\/docker\/buildx\s+(\S+)/m.exec(result.stdout)?.[1]
      : undefined;
  });
  const inspect = onceFor((name) => inspectBuilder(docker, buildx, name));
  const start = onceFor(async (name) => {
    const { nodes } = await inspect(name);
    if (nodes.length > 0 && nodes.every(({ version }) => version !== undefined)) return nodes;
    return (await inspectBuilder(docker, buildx, name, ['--bootstrap'])).nodes;
  });
  return { client, engine, buildx, builder: inspect, builderNodes: start };
}

/**
 * Makes sure that this Docker CLI can sign what it pushes. A Docker CLI 29 or an engine with the
 * containerd image store would push unsigned, or fail only after the push.
 * @throws {TrustError} DOCKER_UNSUITABLE
 */
export async function requireContentTrust(capabilities: DockerCapabilities): Promise<void> {
  const client = await capabilities.client();
  if (client.major >= 29) {
    throw new TrustError(
      'DOCKER_UNSUITABLE',
      `Docker CLI ${client.version} has no content trust: it would push an unsigned image without a warning`,
      {
        remedy:
          'Use `engine: native`, which signs with any Docker version, or install Docker CLI 28.5.2 ' +
          '(on Azure Pipelines: DockerInstaller@0 with dockerVersion 28.5.2).',
      },
    );
  }
  const engine = await capabilities.engine();
  if (engine.imageStore === 'containerd') {
    throw new TrustError(
      'DOCKER_UNSUITABLE',
      `Docker Engine ${engine.version} keeps images in the containerd image store, where the Docker CLI cannot sign`,
      {
        remedy:
          'Use `engine: native`, or set {"features":{"containerd-snapshotter":false}} in daemon.json and restart the engine.',
      },
    );
  }
}

/** Whether a buildx driver pushes images without tags: all but "docker" (docker/buildx build/opt.go). */
export function pushesByDigest(driver: string | undefined): boolean {
  return driver !== 'docker';
}

/** A question whose first answer, or failure, is the answer for good. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

/** The same for questions about something with a name. */
function onceFor<T>(ask: (name: string) => Promise<T>): (name?: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (name = '') => {
    const known = answers.get(name) ?? ask(name);
    answers.set(name, known);
    return known;
  };
}

function readClient(answer: {
  readonly result: { readonly stdout: string; readonly stderr: string };
  readonly json: Readonly<Record<string, unknown>> | undefined;
}): ClientFacts {
  const client = asRecord(answer.json?.Client);
  const version = asText(client?.Version);
  if (client === undefined || version === undefined) {
    throw new TrustError(
      'DOCKER_UNSUITABLE',
      `The program "docker" does not answer \`docker version\` like a Docker CLI: ${failureWords(answer.result, 3)}`,
      { remedy: 'Put a Docker CLI, 20.10 or newer, first on the PATH.' },
    );
  }
  // Podman spells the field APIVersion, Docker ApiVersion.
  if (
    /Emulate Docker CLI using podman/i.test(answer.result.stderr) ||
    ('APIVersion' in client && !('ApiVersion' in client))
  ) {
    throw podman('The program "docker"', version);
  }
  const context = asText(client.Context);
  return {
    version,
    major: Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0),
    ...(context === undefined ? {} : { context }),
  };
}

/** A real Docker CLI may talk to Podman's socket; its answer to `docker version` says so. */
function isPodmanEngine(server: Readonly<Record<string, unknown>> | undefined): boolean {
  return asList(server?.Components).some((part) => asRecord(part)?.Name === 'Podman Engine');
}

/** Podman keeps no record of the digest that it pushed, so nothing could be signed after a push. */
function podman(what: string, version: string): TrustError {
  return new TrustError('DOCKER_UNSUITABLE', `${what} is Podman ${version}, not Docker`, {
    remedy:
      "Install Docker's own CLI and engine on this agent.\n" +
      'Or build and push with Podman in a step of its own, then sign the pushed tags with the command `sign`, which needs no Docker.',
  });
}

function engineDown(address: EngineAddress, client: ClientFacts, words: string): TrustError {
  const context = address.context ?? client.context;
  const asked = [
    ...(address.host === undefined ? [] : [`DOCKER_HOST ${address.host}`]),
    ...(address.host !== undefined || context === undefined ? [] : [`context "${context}"`]),
  ].join(', ');
  return new TrustError(
    'DOCKER_ENGINE_DOWN',
    `No Docker engine answers${asked === '' ? '' : ` (${asked})`}: ${words}`,
    {
      remedy:
        'Start the engine, or point DOCKER_HOST or DOCKER_CONTEXT at one this agent may use. ' +
        '"permission denied" means that the agent\'s user is not in the group docker.',
    },
  );
}

/** moby daemon/info.go: the containerd store adds the pair driver-type, io.containerd.snapshotter.v1. */
function usesContainerdStore(info: Readonly<Record<string, unknown>>): boolean {
  return asList(info.DriverStatus).some((pair) => {
    const [key, value] = asList(pair);
    return key === 'driver-type' && asText(value)?.startsWith('io.containerd.snapshotter') === true;
  });
}

async function inspectBuilder(
  docker: DockerCli,
  buildx: () => Promise<string | undefined>,
  name: string,
  options: readonly string[] = [],
): Promise<BuilderFacts> {
  if ((await buildx()) === undefined) {
    throw new TrustError('DOCKER_UNSUITABLE', 'This Docker CLI has no buildx plugin', {
      remedy: 'Install docker-buildx-plugin, or use the classic builder.',
    });
  }
  const result = await docker(['buildx', 'inspect', ...options, ...(name === '' ? [] : [name])]);
  const found = /^Name:\s+(\S+)/m.exec(result.stdout)?.[1];
  const driver = /^Driver:\s+(\S+)/m.exec(result.stdout)?.[1];
  if (result.exitCode !== 0 || found === undefined || driver === undefined) {
    const words = failureWords({ stdout: '', stderr: allOutput(result) }, 3);
    throw new TrustError(
      'DOCKER_UNSUITABLE',
      `The builder ${name === '' ? 'in use' : `"${name}"`} cannot be inspected: ${words}`,
      {
        remedy:
          'List the builders with `docker buildx ls`; create one with `docker buildx create --use`.',
      },
    );
  }
  return { name: found, driver, nodes: readNodes(result.stdout) };
}

/** `docker buildx inspect` lists the nodes after the builder, each with a name again. */
function readNodes(text: string): BuilderNode[] {
  return text
    .split(/^Nodes:\s*$/m)
    .slice(1)
    .join('')
    .split(/^Name:/m)
    .slice(1)
    .map((node) => {
      const version = /^BuildKit(?: version)?:[\t ]+(\S+)/im.exec(node)?.[1];
      const platforms = /^Platforms:[\t ]+(.+)$/m.exec(node)?.[1];
      const platform = platforms?.split(',')[0]?.trim();
      return {
        ...(version === undefined ? {} : { version }),
        // A star marks what the user set on the node; BuildKit does not know of that.
        ...(platform === undefined || platforms?.includes('*') === true ? {} : { platform }),
      };
    });
}
