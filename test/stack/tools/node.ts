/**
 * Finds or installs the Node releases that bundles are tested with. Uses npm's packages of Node
 * itself; never touches the Node that runs us.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodeMajor } from './packages.js';
import { output } from './run.js';

const npmPackage = `node-${process.platform}-${process.arch}`;

/** The running Node, when it is of the wanted release. */
export function ownNode(major: NodeMajor): string | undefined {
  return process.versions.node.startsWith(`${major}.`) ? process.execPath : undefined;
}

/** Where {@link installNode} puts the program below its folder. */
export const nodeBelow = (folder: string): string =>
  join(folder, 'node_modules', npmPackage, 'bin', 'node');

/** Installs the newest release of `major` into `folder` and checks that it runs. */
export async function installNode(major: NodeMajor, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await output('npm', [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    `${npmPackage}@${major}`,
  ]);
  const version = await output(nodeBelow(folder), ['--version']);
  if (!version.startsWith(`v${major}.`)) {
    throw new Error(`${npmPackage}@${major} is Node ${version.trim()}`);
  }
}
