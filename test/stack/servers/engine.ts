/**
 * The two Docker engines: 20.10 with its classic image store and 26.1 with containerd's. Owns their
 * configuration. An engine lives in namespaces of its own, so that its bridge, its mounts and its
 * /run never meet the system's Docker or another stack's.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { Tools } from '../tools/index.js';
import type { EngineInit } from './engine-init.js';
import type { ServerCommand } from './protocol.js';

export type EngineName = 'docker20' | 'docker26';
export const ENGINE_NAMES: readonly EngineName[] = ['docker20', 'docker26'];

const INIT = fileURLToPath(new URL('engine-init.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface EngineOptions {
  readonly folder: string;
  readonly controlGroup: string;
  readonly proxyPort: number;
  readonly proxySocket: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The engine's API socket below the stack's folder. */
export const engineSocket = (folder: string, name: EngineName): string =>
  join(folder, name, 'docker.sock');

/** Writes the engine's configuration and answers how to start it. */
export async function engineCommand(
  name: EngineName,
  tools: Tools,
  options: EngineOptions,
): Promise<ServerCommand> {
  const home = join(options.folder, name);
  await mkdir(home, { recursive: true });
  const configFile = join(home, 'daemon.json');
  await writeFile(
    configFile,
    JSON.stringify({
      hosts: [`unix://${engineSocket(options.folder, name)}`],
      group: String(process.getgid?.() ?? 0),
      'data-root': join(home, 'data'),
      'exec-root': join(home, 'exec'),
      pidfile: join(home, 'pid'),
      iptables: false,
      ip6tables: false,
      // The system's own systemd knows nothing of this engine.
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      'cgroup-parent': `/${options.controlGroup}`,
      ...(name === 'docker26' && { features: { 'containerd-snapshotter': true } }),
    }),
  );
  const init: EngineInit = {
    busybox: tools.programs.busybox,
    dockerd: tools.programs[name === 'docker20' ? 'dockerd20' : 'dockerd26'],
    configFile,
    proxyPort: options.proxyPort,
    proxySocket: options.proxySocket,
  };
  const containerd = tools.programs[name === 'docker20' ? 'containerd20' : 'containerd26'];
  return {
    isolated: true,
    logFile: join(home, 'log'),
    // tini is the first process of the namespace: it buries what containerd leaves behind.
    argv: [
      tools.programs.tini,
      '--',
      process.execPath,
      '--import',
      TSX,
      INIT,
      JSON.stringify(init),
    ],
    env: {
      ...options.env,
      // Keeps dockerd from loading an AppArmor profile into the system's kernel.
      container: 'acr-content-trust',
      LD_LIBRARY_PATH: tools.libraries,
      PATH: [
        dirname(init.dockerd),
        dirname(containerd),
        dirname(tools.programs.runc),
        ...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      ].join(':'),
    },
  };
}

/** True once the engine answers on its socket. */
export function engineAnswers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    request({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => {
        resolve(false);
      })
      .end();
  });
}
