/**
 * docker-registry and notary-server, both asking for tokens of the stack's token service. Owns
 * their configuration; whether a right suffices is decided by these real servers.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';

import type { Tools } from '../tools/index.js';
import type { ServerCommand } from './protocol.js';

/** Whose tokens the servers accept. */
export interface TokenAuthority {
  readonly issuer: string;
  readonly service: string;
  /** The certificates that tokens must lead to. */
  readonly rootCertBundle: string;
}

/** The realm the servers name; the front puts the login server's own in its place. */
const REALM = 'https://registry.invalid/oauth2/token';

const tokenOptions = (authority: TokenAuthority) => ({
  realm: REALM,
  service: authority.service,
  issuer: authority.issuer,
  rootcertbundle: authority.rootCertBundle,
});

export const registrySocket = (folder: string): string => join(folder, 'registry', 'http.sock');

/** How to start docker-registry on {@link registrySocket}. */
export async function registryCommand(
  tools: Tools,
  folder: string,
  authority: TokenAuthority,
): Promise<ServerCommand> {
  const home = join(folder, 'registry');
  await mkdir(home, { recursive: true });
  const configFile = join(home, 'config.yml');
  // JSON is YAML.
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(home, 'data') },
      delete: { enabled: true },
    },
    http: { addr: registrySocket(folder), net: 'unix' },
    auth: { token: tokenOptions(authority) },
  };
  await writeFile(configFile, JSON.stringify(config));
  return {
    isolated: false,
    logFile: join(home, 'log'),
    argv: [tools.programs.registry, 'serve', configFile],
    env: { LD_LIBRARY_PATH: tools.libraries, OTEL_TRACES_EXPORTER: 'none' },
  };
}

/** How to start notary-server on 127.0.0.1:`port`: keys and trust data in memory. */
export async function notaryCommand(
  tools: Tools,
  folder: string,
  authority: TokenAuthority,
  port: number,
): Promise<ServerCommand> {
  const home = join(folder, 'notary');
  await mkdir(home, { recursive: true });
  const configFile = join(home, 'server.json');
  const config = {
    server: { http_addr: `127.0.0.1:${port}` },
    trust_service: { type: 'local' },
    logging: { level: 'info' },
    storage: { backend: 'memory' },
    auth: { type: 'token', options: tokenOptions(authority) },
  };
  await writeFile(configFile, JSON.stringify(config));
  return {
    isolated: false,
    logFile: join(home, 'log'),
    argv: [tools.programs.notaryServer, '-config', configFile],
    env: { LD_LIBRARY_PATH: tools.libraries },
  };
}

/** A port of the loopback interface that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('the loopback interface gave no port'));
      });
    });
  });
}

/** True once an HTTP server answers `path` with 200 at a socket file or a loopback port. */
export function answers(
  target: { readonly socketPath: string } | { readonly port: number },
  path: string,
): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', ...target, path, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => {
        resolve(false);
      })
      .end();
  });
}
