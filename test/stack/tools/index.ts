/**
 * The programs the stack runs: downloaded once into the private cache. Never touches the system's own
 * Docker.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { unpackPackages } from './apt.js';
import { cacheFolder, fillOnce } from './cache.js';
import { linkMissingLibraries } from './libraries.js';
import { installNode, nodeBelow, ownNode } from './node.js';
import {
  DEBIAN_PACKAGES,
  LIBRARY_PACKAGES,
  NODE_MAJORS,
  PROGRAMS,
  type NodeMajor,
  type Program,
} from './packages.js';

export type { NodeMajor, Program } from './packages.js';

/** Where everything is. All paths are absolute. */
export interface Tools {
  readonly programs: Readonly<Record<Program, string>>;
  /** Folders with nothing but one `docker`, for PATH. */
  readonly dockerPath: Readonly<Record<'docker20' | 'docker26', string>>;
  /** A Docker CLI plugin folder that holds buildx. */
  readonly cliPlugins: string;
  /** A folder for LD_LIBRARY_PATH; has nothing in it on a system that has every library. */
  readonly libraries: string;
  readonly node: Readonly<Record<NodeMajor, string>>;
}

/** Thrown when the stack cannot be prepared on this machine; `missing` says what and why. */
export class ToolsMissingError extends Error {
  constructor(readonly missing: readonly string[]) {
    super(`the test stack cannot run here:\n${missing.map((line) => `- ${line}`).join('\n')}`);
    this.name = 'ToolsMissingError';
  }
}

/**
 * Downloads whatever is not there yet.
 * @throws {ToolsMissingError} when a part cannot be had.
 */
export async function ensureTools(log: (line: string) => void = () => undefined): Promise<Tools> {
  const missing: string[] = [];
  const part = async (what: string, name: string, fill: (stage: string) => Promise<void>) => {
    const folder = join(cacheFolder(), name);
    try {
      await fillOnce(folder, fill, () => {
        log(`Downloading ${what} into ${folder} ...`);
      });
    } catch (error) {
      missing.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return folder;
  };
  if (process.platform !== 'linux')
    throw new ToolsMissingError(['Linux with apt (Debian, Ubuntu)']);
  const [debian, ...nodes] = await Promise.all([
    part('Docker, registry and Notary', `debian-${tableHash()}`, fillDebian),
    ...NODE_MAJORS.map(async (major): Promise<[NodeMajor, string]> => {
      const own = ownNode(major);
      if (own !== undefined) return [major, own];
      const name = `node-${major}-${process.arch}`;
      const folder = await part(`Node ${major}`, name, (stage) => installNode(major, stage));
      return [major, nodeBelow(folder)];
    }),
  ]);
  if (missing.length > 0) throw new ToolsMissingError(missing);
  return describe(debian, Object.fromEntries(nodes) as Record<NodeMajor, string>);
}

const tableHash = (): string =>
  createHash('sha256')
    .update(JSON.stringify([DEBIAN_PACKAGES, LIBRARY_PACKAGES, PROGRAMS, process.arch]))
    .digest('hex')
    .slice(0, 16);

function describe(root: string, node: Record<NodeMajor, string>): Tools {
  const programs = Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, path]) => [name, join(root, path)]),
  ) as Record<Program, string>;
  return {
    programs,
    dockerPath: { docker20: join(root, 'path/docker20'), docker26: join(root, 'path/docker26') },
    cliPlugins: dirname(programs.buildx),
    libraries: join(root, 'libraries'),
    node,
  };
}

async function fillDebian(stage: string): Promise<void> {
  await Promise.all([
    unpackPackages(
      'bookworm',
      DEBIAN_PACKAGES.bookworm,
      join(stage, 'bookworm'),
      join(stage, 'apt-bookworm'),
    ),
    unpackPackages(
      'trixie',
      DEBIAN_PACKAGES.trixie,
      join(stage, 'trixie'),
      join(stage, 'apt-trixie'),
    ),
    unpackPackages(
      'bookworm',
      LIBRARY_PACKAGES,
      join(stage, 'library'),
      join(stage, 'apt-library'),
    ),
  ]);
  await Promise.all(
    ['apt-bookworm', 'apt-trixie', 'apt-library'].map((folder) =>
      rm(join(stage, folder), { recursive: true }),
    ),
  );
  const paths = Object.values(PROGRAMS).map((path) => join(stage, path));
  await Promise.all(paths.map((path) => access(path)));
  const lacking = await linkMissingLibraries(
    paths,
    join(stage, 'library'),
    join(stage, 'libraries'),
  );
  if (lacking.length > 0) throw new Error(`no shared library ${lacking.join(', ')}`);
  for (const name of ['docker20', 'docker26'] as const) {
    await mkdir(join(stage, 'path', name), { recursive: true });
    await symlink(join('../..', PROGRAMS[name]), join(stage, 'path', name, 'docker'));
  }
}
