/**
 * Starts and stops a stack: emulated Azure and front in this process, the real servers under a
 * keeper. Owns the order of things; everything else is its parts' business.
 */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAzureEmulator } from '../azure-emulation/index.js';
import { serveControl } from './control/server.js';
import { createFront, type FrontFault, type RequestFilter } from './front/index.js';
import type { StackInfo } from './info.js';
import {
  createOwnTokens,
  createServers,
  engineSocket,
  readManifest,
  readTags,
  readTrustState,
  SERVER_NAMES,
  storeImage,
  type ServerName,
  type Servers,
} from './servers/index.js';
import { ensureTools } from './tools/index.js';

export interface Stack {
  readonly info: StackInfo;
  /** What the real servers failed at by themselves, while no test ordered it; a line each. */
  failures(): Promise<readonly string[]>;
  /** Ends every process and removes every file of the stack. */
  stop(): Promise<void>;
}

/** What tests may ask of the stack itself, besides the emulated Azure. */
export type StackControl = ReturnType<typeof stackControl>;

export interface StackOptions {
  /** Servers to start at once; others start with `control.startServer`. Default: all. */
  readonly servers?: readonly ServerName[];
  /** Told what is being downloaded. */
  readonly log?: (line: string) => void;
}

/**
 * Starts a stack of its own: free ports, a folder in the system's temp directory. Should this
 * process die in whatever way, the stack goes with it.
 * @throws {ToolsMissingError} when this machine cannot run it.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const tools = await ensureTools(options.log);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'acr-trust-stack-')));
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  closers.push(() => rm(folder, { recursive: true, force: true }));
  try {
    const emulator = createAzureEmulator();
    const { issuer, audience, certificatePem } = emulator.tokenIssuer;
    const tokens = await createOwnTokens(issuer, audience);
    const surroundings = { proxyPort: 0, proxySocket: join(folder, 'proxy.sock'), env: {} };
    const tokenCertificates = [certificatePem, tokens.certificatePem];
    const servers = await createServers(
      { folder, tools, issuer, service: audience, tokenCertificates },
      () => surroundings,
    );
    closers.push(() => servers.close());
    const { tenantId } = await emulator.control.describe();
    const front = await createFront({
      emulator,
      homeTenantId: tenantId,
      upstreams: servers,
      socketPath: surroundings.proxySocket,
      issueEmptyToken: () => tokens.issue('none', []),
    });
    closers.push(() => front.close());

    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, front.caPem);
    const env = {
      HTTPS_PROXY: `http://127.0.0.1:${front.port}`,
      NO_PROXY: 'localhost,127.0.0.1',
      NODE_EXTRA_CA_CERTS: caFile,
      SSL_CERT_FILE: caFile,
    };
    Object.assign(surroundings, { proxyPort: front.port, env });
    await Promise.all((options.servers ?? SERVER_NAMES).map((name) => servers.start(name)));

    const control = await serveControl({
      azure: emulator.control,
      stack: stackControl(front, servers, tokens),
    });
    closers.push(() => control.close());
    return {
      info: {
        folder,
        control: { url: control.url, token: control.token },
        env,
        notaryProxy: `http://127.0.0.1:${front.notaryPort}`,
        caFile,
        dockerHost: {
          docker20: `unix://${engineSocket(folder, 'docker20')}`,
          docker26: `unix://${engineSocket(folder, 'docker26')}`,
        },
        tools,
      },
      failures: async () => [...front.unanswered, ...(await servers.failures())],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function stackControl(
  front: Awaited<ReturnType<typeof createFront>>,
  servers: Servers,
  tokens: Awaited<ReturnType<typeof createOwnTokens>>,
) {
  return {
    /** Requests that came through the front, in order of their completion. */
    requests: (filter: RequestFilter = {}) => front.log.list(filter),
    /** Index that the next request will get: a mark for `requests({ since })`. */
    requestMark: () => front.log.next(),
    failNext: (fault: FrontFault) => {
      front.faults.add(fault);
    },
    /** Takes orders with this target back; how many requests they were still to hit. */
    takeBackFaults: (target: string) => front.faults.takeBack(target),
    /** How many requests wait for `release(name)`. */
    held: (name: string) => front.faults.held(name),
    release: (name: string) => {
      front.faults.release(name);
    },
    startServer: (name: ServerName) => servers.start(name),
    stopServer: (name: ServerName) => servers.stop(name),
    /** Published trust data of a GUN, byte for byte. */
    trustState: (gun: string) => readTrustState(servers.notary(), tokens, gun),
    manifest: (repository: string, reference: string) =>
      readManifest(servers.registry(), tokens, repository, reference),
    /** Puts an image with this content under the tags, unsigned, as if pushed long ago; its digest. */
    storeImage: (repository: string, tags: readonly string[], marker: string) =>
      storeImage(servers.registry(), tokens, repository, tags, marker),
    tags: (repository: string) => readTags(servers.registry(), tokens, repository),
  };
}
