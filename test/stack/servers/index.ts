/**
 * All servers of one stack, started in parallel and stoppable one by one. Public surface of this
 * folder; owns which server is called what.
 */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Upstream } from '../front/upstream.js';
import type { Tools } from '../tools/index.js';
import {
  answers,
  freePort,
  notaryCommand,
  registryCommand,
  registrySocket,
  type TokenAuthority,
} from './distribution.js';
import {
  ENGINE_NAMES,
  engineAnswers,
  engineCommand,
  engineSocket,
  type EngineName,
} from './engine.js';
import { failuresIn } from './failures.js';
import { asRoot, startKeeper, type Keeper } from './keeper-client.js';

export { engineSocket, type EngineName } from './engine.js';
export { readManifest, readTags, readTrustState } from './inspection.js';
export type { StoredManifest, TrustState } from './inspection.js';
export { storeImage } from './store-image.js';
export { createOwnTokens, type OwnTokens } from './own-tokens.js';
export { asRoot };

export type ServerName = EngineName | 'registry' | 'notary';
export const SERVER_NAMES: readonly ServerName[] = [...ENGINE_NAMES, 'registry', 'notary'];

export interface ServersOptions {
  /** The stack's folder; removed when the servers are closed or their owner dies. */
  readonly folder: string;
  readonly tools: Tools;
  /** Issuer and audience of the tokens; certificates in PEM. */
  readonly issuer: string;
  readonly service: string;
  readonly tokenCertificates: readonly string[];
}

/** What engines need to know of the front, which is opened after the keeper. */
export interface EngineSurroundings {
  readonly proxyPort: number;
  readonly proxySocket: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Servers {
  registry(): Upstream;
  notary(): Upstream;
  /** Starts a stopped server. notary-server starts empty, with new keys. */
  start(name: ServerName): Promise<void>;
  /** Kills a server. */
  stop(name: ServerName): Promise<void>;
  /** What each server failed at by itself, as its log has it. */
  failures(): Promise<readonly string[]>;
  /** Stops everything and removes the folder. */
  close(): Promise<void>;
}

const NOTARY_TRIES = 5;

/** Prepares the servers; none runs until {@link Servers.start}. */
export async function createServers(
  options: ServersOptions,
  surroundings: () => EngineSurroundings,
): Promise<Servers> {
  const { folder, tools, issuer, service } = options;
  // As unique as the folder.
  const controlGroup = basename(folder);
  const keeper = await startKeeper(folder, controlGroup);
  const rootCertBundle = join(folder, 'token-certificates.pem');
  await writeFile(rootCertBundle, options.tokenCertificates.join('\n'));
  const authority: TokenAuthority = { issuer, service, rootCertBundle };
  let notaryPort = 0;

  const start: Record<ServerName, () => Promise<void>> = {
    async registry() {
      const command = await registryCommand(tools, folder, authority);
      const target = { socketPath: registrySocket(folder) };
      await keeper.start('registry', command, () => answers(target, '/'));
    },
    async notary() {
      notaryPort = await startNotary(keeper, tools, folder, authority);
    },
    docker20: () => startEngine('docker20'),
    docker26: () => startEngine('docker26'),
  };
  async function startEngine(name: EngineName): Promise<void> {
    const command = await engineCommand(name, tools, { folder, controlGroup, ...surroundings() });
    await keeper.start(name, command, () => engineAnswers(engineSocket(folder, name)));
  }
  return {
    registry: () => ({ socketPath: registrySocket(folder) }),
    notary: () => ({ port: notaryPort }),
    start: (name) => start[name](),
    stop: (name) => keeper.stop(name),
    async failures() {
      const lines = await Promise.all(
        SERVER_NAMES.map(async (name) => {
          const own = await failuresIn(join(folder, name, 'log'));
          return own.map((line) => `${name}: ${line}`);
        }),
      );
      return lines.flat();
    },
    close: () => keeper.close(),
  };
}

/** Between looking for a free port and using it another program may take it: then another port. */
async function startNotary(
  keeper: Keeper,
  tools: Tools,
  folder: string,
  authority: TokenAuthority,
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const command = await notaryCommand(tools, folder, authority, port);
    try {
      await keeper.start('notary', command, () => answers({ port }, '/_notary_server/health'));
      return port;
    } catch (error) {
      if (tries === NOTARY_TRIES || !String(error).includes('address already in use')) throw error;
    }
  }
}
