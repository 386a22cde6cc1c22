/**
 * The stock Docker and Notary clients as judges: each call with a fresh, empty configuration, as a
 * fresh client would ask. Decides nothing itself; what the client said is the verdict.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { StackInfo } from '../info.js';
import type { EngineName } from '../servers/index.js';
import { makeDockerConfig, type Login } from './docker-config.js';
import { run, type RunResult } from './run.js';

export interface DockerEnvOptions {
  /** The engine to talk to. */
  readonly engine: EngineName;
  /** The CLI on the PATH. Default: the engine's own. */
  readonly cli?: EngineName;
  /** An existing DOCKER_CONFIG folder, which is HOME too. */
  readonly config: string;
}

/**
 * The environment of a process that reaches the stack and finds `docker` on its PATH: for the
 * product under test as for the stock client. Complete: nothing of ours is inherited.
 */
export function dockerEnv(info: StackInfo, options: DockerEnvOptions): Record<string, string> {
  const { engine, cli = engine, config } = options;
  return {
    ...info.env,
    LD_LIBRARY_PATH: info.tools.libraries,
    PATH: `${info.tools.dockerPath[cli]}:/usr/bin:/bin`,
    HOME: config,
    DOCKER_CONFIG: config,
    DOCKER_HOST: info.dockerHost[engine],
  };
}

export interface DockerOptions {
  readonly engine: EngineName;
  /** Default: the engine's own. */
  readonly cli?: EngineName;
  readonly args: readonly string[];
  readonly login?: { readonly server: string } & Login;
  /** An existing DOCKER_CONFIG folder instead of a fresh one. */
  readonly config?: string;
  readonly buildx?: boolean;
  /** DOCKER_CONTENT_TRUST=1. Default: false. */
  readonly trust?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** Runs a stock `docker`. */
export async function docker(info: StackInfo, options: DockerOptions): Promise<RunResult> {
  const { engine, args, login, cwd, input } = options;
  const config =
    options.config ??
    (await makeDockerConfig(info, {
      ...(login && { logins: { [login.server]: login } }),
      buildx: options.buildx ?? false,
    }));
  return run(join(info.tools.dockerPath[options.cli ?? engine], 'docker'), args, {
    env: {
      ...dockerEnv(info, { engine, ...(options.cli && { cli: options.cli }), config }),
      ...(options.trust === true && { DOCKER_CONTENT_TRUST: '1' }),
      ...options.env,
    },
    ...(cwd !== undefined && { cwd }),
    ...(input !== undefined && { input }),
  });
}

export interface JudgeOptions {
  readonly engine: EngineName;
  /** `<login server>/<repository>[:<tag>|@<digest>]` */
  readonly ref: string;
  readonly login: Login;
}

const serverOf = (ref: string): string => ref.slice(0, ref.indexOf('/'));
const repositoryOf = (ref: string): string => ref.replace(/(@.*|:[^/:]*)$/, '');

/** `docker pull`, with content trust unless `trust` is false; the image is not there beforehand. */
export async function dockerPull(
  info: StackInfo,
  { engine, ref, login, trust = true }: JudgeOptions & { readonly trust?: boolean },
): Promise<RunResult> {
  const server = serverOf(ref);
  await docker(info, { engine, args: ['image', 'rm', '--force', ref] });
  return docker(info, { engine, args: ['pull', ref], login: { server, ...login }, trust });
}

/** One tag as `docker trust inspect` reports it. */
export interface SignedTag {
  readonly SignedTag: string;
  readonly Digest: string;
  readonly Signers: readonly string[];
}

/** What `docker trust inspect` says about a repository. */
export interface TrustInspection {
  readonly Name: string;
  readonly SignedTags: readonly SignedTag[];
  readonly Signers: readonly { Name: string; Keys: readonly { ID: string }[] }[];
  readonly AdministrativeKeys: readonly { Name: string; Keys: readonly { ID: string }[] }[];
}

/** `docker trust inspect`; undefined when the client finds no trust data. */
export async function dockerTrustInspect(
  info: StackInfo,
  { engine, ref, login }: JudgeOptions,
): Promise<TrustInspection | undefined> {
  const result = await docker(info, {
    engine,
    args: ['trust', 'inspect', ref],
    login: { server: serverOf(ref), ...login },
  });
  if (result.exitCode !== 0) return undefined;
  return (JSON.parse(result.stdout) as TrustInspection[])[0];
}

/** One line of `notary list`. */
export interface NotaryTarget {
  readonly name: string;
  /** SHA-256 in hex. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly role: string;
}

/**
 * `notary list` for the repository of `ref`, from an empty trust directory.
 * @throws {Error} with the client's own words when it refuses.
 */
export async function notaryList(
  info: StackInfo,
  { ref, login }: Omit<JudgeOptions, 'engine'>,
): Promise<NotaryTarget[]> {
  const result = await notary(info, { ref, login, args: (gun) => ['list', gun] });
  if (result.exitCode !== 0) throw new Error(`notary list: ${result.output.trim()}`);
  const rows = result.stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, digest = '']) => /^[0-9a-f]{64}$/.test(digest))
    .map(([name = '', digest = '', size, role = '']) => ({
      name,
      digest,
      size: Number(size),
      role,
    }));
}

export interface NotaryOptions {
  readonly ref: string;
  readonly login: Login;
  readonly args: (gun: string) => readonly string[];
  /** An existing trust directory instead of an empty one. */
  readonly trustDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs the stock `notary` client against the login server of `ref`. */
export async function notary(info: StackInfo, options: NotaryOptions): Promise<RunResult> {
  const { ref, login, args, env, input } = options;
  const trustDir = options.trustDir ?? (await makeTrustDir(info));
  const gun = repositoryOf(ref);
  const server = `https://${serverOf(ref)}`;
  const common = ['-s', server, '-d', trustDir, '--tlscacert', info.caFile];
  return run(info.tools.programs.notary, [...common, ...args(gun)], {
    env: {
      ...info.env,
      HTTPS_PROXY: info.notaryProxy,
      LD_LIBRARY_PATH: info.tools.libraries,
      PATH: dirname(info.tools.programs.notary),
      HOME: trustDir,
      NOTARY_AUTH: Buffer.from(`${login.username}:${login.password}`).toString('base64'),
      ...env,
    },
    ...(input !== undefined && { input }),
  });
}

/** A new, empty trust directory for the notary client. */
export async function makeTrustDir(info: StackInfo): Promise<string> {
  const parent = join(info.folder, 'notary-client');
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, 'trust-'));
}
