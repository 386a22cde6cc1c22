/**
 * The stack's one way in: a CONNECT proxy on the loopback interface that answers, over TLS, for
 * every emulated host name and refuses all others. Public surface of this folder.
 */
import { withAnonymousTokens } from './anonymous-tokens.js';
import { createCertificateAuthority } from './ca.js';
import { createFrontFaults, type FrontFaults } from './faults.js';
import { openProxy } from './proxy.js';
import { createFrontLog, type FrontLog } from './request-log.js';
import { createRouter, type Upstreams } from './router.js';
import type { EmulatedHosts } from './types.js';

export type { EmulatedHosts, FrontFault, FrontRequest, RequestFilter } from './types.js';
export type { Upstreams } from './router.js';

export interface FrontOptions {
  readonly emulator: EmulatedHosts;
  /** The tenant that all tests share. */
  readonly homeTenantId: string;
  readonly upstreams: Upstreams;
  /** Socket file that leads to the proxy, for engines, whose network is another one. */
  readonly socketPath: string;
  /** Makes a registry token without any access, for the `notary` client. */
  readonly issueEmptyToken: () => Promise<string>;
}

export interface Front {
  /** Port of the proxy on 127.0.0.1. */
  readonly port: number;
  /** Port of the proxy for the `notary` client; see anonymous-tokens.ts. */
  readonly notaryPort: number;
  readonly caPem: string;
  readonly log: FrontLog;
  readonly faults: FrontFaults;
  /** A line for each request that a real server did not answer. */
  readonly unanswered: readonly string[];
  close(): Promise<void>;
}

/** Opens the front on free loopback ports. */
export async function createFront(options: FrontOptions): Promise<Front> {
  const { emulator, homeTenantId, upstreams, socketPath, issueEmptyToken } = options;
  const ca = await createCertificateAuthority();
  const log = createFrontLog();
  const faults = createFrontFaults(homeTenantId);
  const unanswered: string[] = [];
  const listener = createRouter({
    emulator,
    upstreams,
    log,
    faults,
    onUnanswered: (line) => {
      unanswered.push(line);
    },
  });
  const common = {
    ca,
    knows: (host: string) => emulator.knows(host),
    onRefused: (host: string) => {
      const now = performance.now();
      const when = { startedMs: now, endedMs: now };
      log.add({
        host,
        method: 'CONNECT',
        path: '',
        status: 0,
        userAgent: '',
        connection: 0,
        ...when,
      });
    },
  };
  const main = await openProxy({ ...common, listener, socketPath });
  const notary = await openProxy({
    ...common,
    listener: withAnonymousTokens(listener, issueEmptyToken),
  });
  return {
    port: main.port,
    notaryPort: notary.port,
    caPem: ca.certificatePem,
    log,
    faults,
    unanswered,
    async close() {
      await Promise.all([main.close(), notary.close()]);
    },
  };
}
