/**
 * What an administrator has set up before anything is measured: a registry, a principal, and one key
 * that signs, in a vault, in a file, and where Docker and Notary look for it. Repositories begin with
 * any number of signed tags.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createMemorySigner } from '../../src/signing/index.js';
import { createScenario, newPrivateKey, type Scenario } from '../../test/e2e/scenario.js';
import { run, uniqueName, type StackClient } from '../../test/stack/index.js';
import type { Place } from './network.js';
import type { Preparation } from './prepare.js';

/** The CLI that signs, and the engine that it signs with: see test/stack/README.md. */
export const docker = { cli: 'docker26', engine: 'docker20' } as const;

/** Everything set up. */
export interface World {
  readonly stack: StackClient;
  readonly scenario: Scenario;
  readonly place: Place;
  /** The signing key. */
  readonly keyUrl: string;
  readonly keyFile: string;
  /** A new repository with so many signed tags, and an image under `latest` that is in the engine too. */
  repository(signedTags: number): Promise<string>;
  /** New tags of a repository's image, not signed, in the registry. */
  newTags(repository: string, count: number): Promise<readonly string[]>;
  /** A new tag that is in the engine, too: Docker signs what its engine has. */
  newTagInEngine(repository: string): Promise<string>;
  /** A folder as on an agent that has never run: the key for Docker, its login, and nothing else. */
  dockerConfig(): Promise<string>;
  /** The same for the Notary client. */
  trustDir(): Promise<string>;
  /** The name of an image. */
  ref(repository: string, tag: string): string;
}

/** Sets everything up. */
export async function createWorld(stack: StackClient): Promise<World> {
  const { tenantId } = await stack.azure.createTenant();
  const scenario = await createScenario(stack, { tenantId });
  const { registry, signer, vault } = scenario;
  const { folder } = stack.info;
  const pem = { root: newPrivateKey(), targets: newPrivateKey() };
  const name = uniqueName('key');
  const { kid } = await stack.azure.importKey({ vault: vault.name, name, pem: pem.targets });
  const keyFile = path.join(folder, `${name}.pem`);
  await writeFile(keyFile, pem.targets, { mode: 0o600 });
  const privateKeys = await writeKeyStore(path.join(folder, uniqueName('keys')), pem.targets);
  const login = { server: registry.loginServer, ...signer.login };
  const ref = (repository: string, tag: string): string =>
    `${registry.loginServer}/${repository}:${tag}`;

  const ask = async (args: readonly string[]): Promise<void> => {
    const env = { DOCKER_BUILDKIT: '0' };
    const { exitCode, output } = await stack.docker({ engine: docker.engine, args, login, env });
    if (exitCode !== 0) throw new Error(output);
  };
  const prepare = async (what: Omit<Preparation, 'host' | 'login'>): Promise<void> => {
    const driver = path.join(import.meta.dirname, 'prepare.ts');
    const host = registry.loginServer;
    const { exitCode, output } = await run(process.execPath, ['--import', 'tsx', driver], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: folder },
      input: JSON.stringify({ host, login: signer.login, ...what } satisfies Preparation),
    });
    if (exitCode !== 0) throw new Error(output);
  };

  let image: Promise<string> | undefined;
  const buildImage = async (): Promise<string> => {
    const built = uniqueName('bench-image');
    await ask(['build', '-t', built, await stack.makeImageContext(built)]);
    return built;
  };

  const stock = createStock((repository, tags) =>
    prepare({ repository, retag: { from: 'latest', tags } }),
  );

  return {
    stack,
    scenario,
    keyUrl: kid,
    keyFile,
    ref,
    place: {
      stack,
      hosts: [registry.loginServer, new URL(vault.url).host, 'login.microsoftonline.com'],
      own: [registry.loginServer, new URL(vault.url).host, `/${tenantId}/`],
    },
    repository: async (signedTags) => {
      const repository = uniqueName('bench/app');
      const latest = ref(repository, 'latest');
      await ask(['tag', await (image ??= buildImage()), latest]);
      await ask(['push', latest]);
      await prepare({ repository, trust: { tags: signedTags, ...pem } });
      return repository;
    },
    newTags: stock.take,
    newTagInEngine: async (repository) => {
      const [tag = ''] = await stock.take(repository, 1);
      await ask(['tag', ref(repository, 'latest'), ref(repository, tag)]);
      return tag;
    },
    dockerConfig: async () => {
      const config = await stack.makeDockerConfig({ logins: { [login.server]: signer.login } });
      await cp(privateKeys, path.join(config, 'trust/private'), { recursive: true });
      return config;
    },
    trustDir: async () => {
      const parent = path.join(folder, 'bench-notary');
      await mkdir(parent, { recursive: true });
      const trustDir = await mkdtemp(path.join(parent, 'trust-'));
      await cp(privateKeys, path.join(trustDir, 'private'), { recursive: true });
      return trustDir;
    },
  };
}

/** How often each program runs, if nothing else is asked for. */
export const usualRuns = 7;

/** Tags that are there before they are wanted, those of all runs: to make one takes longer than to sign it. */
function createStock(make: (repository: string, tags: readonly string[]) => Promise<void>) {
  const stocks = new Map<string, string[]>();
  return {
    take: async (repository: string, count: number): Promise<readonly string[]> => {
      const stock = stocks.get(repository) ?? [];
      stocks.set(repository, stock);
      if (stock.length < count) {
        const length = Math.max(count * usualRuns, 20);
        const tags = Array.from({ length }, (_, n) => `${uniqueName('v')}-${n}`);
        await make(repository, tags);
        stock.push(...tags);
      }
      return stock.splice(0, count);
    },
  };
}

/** A key as Docker and Notary keep it: by its ID, its role stated in the PEM block. */
async function writeKeyStore(folder: string, pem: string): Promise<string> {
  const key = createPrivateKey(pem);
  const { keyId } = createMemorySigner(key, createPublicKey(key).asymmetricKeyType ?? 'key');
  const [begin = '', ...rest] = pem.split('\n');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${keyId}.key`);
  await writeFile(file, [begin, 'role: targets', '', ...rest].join('\n'), { mode: 0o600 });
  return folder;
}
