/**
 * The package for npm: the command line with all that it needs in its bundles. So its manifest names
 * no dependency, and whoever installs it downloads this one package.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../generate.js';
import { run } from './run.js';

/** What only those need who work on the project. */
const internal = ['dependencies', 'devDependencies', 'overrides', 'scripts'];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
}

/** Packs what is in dist/ into `folder`, which is there, and gives the path of the package. */
export async function packNpm(folder: string): Promise<string> {
  const stage = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-npm-'));
  try {
    const manifest = JSON.parse(
      await readFile(path.join(root, 'package.json'), 'utf8'),
    ) as Manifest;
    const kept = Object.entries(manifest).filter(([key]) => !internal.includes(key));
    const text = JSON.stringify(Object.fromEntries(kept), null, 2);
    await writeFile(path.join(stage, 'package.json'), `${text}\n`);
    for (const file of manifest.files) {
      await cp(path.join(root, file), path.join(stage, file), { recursive: true });
    }
    await run('npm', ['pack', stage, '--pack-destination', folder, '--ignore-scripts']);
    return path.join(folder, `${manifest.name}-${manifest.version}.tgz`);
  } finally {
    await rm(stage, { recursive: true });
  }
}
