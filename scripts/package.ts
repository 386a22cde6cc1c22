/**
 * Builds the bundles and packs all that a release publishes into out/: the extension, the package for
 * npm, the bill of materials, and their checksums. The same sources give the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.js';
import { root } from './generate.js';
import { packExtension } from './packages/extension.js';
import { packNpm } from './packages/npm.js';
import { writeSbom } from './packages/sbom.js';

/** Packs what is in dist/ into `folder` and gives the paths of all files. */
export async function packAll(folder: string): Promise<readonly string[]> {
  const files = [await packExtension(folder), await packNpm(folder), await writeSbom(folder)];
  const lines = files.map(async (file) => {
    const hash = createHash('sha256').update(await readFile(file));
    return `${hash.digest('hex')}  ${path.basename(file)}\n`;
  });
  const sums = path.join(folder, 'SHA256SUMS');
  await writeFile(sums, (await Promise.all(lines)).join(''));
  return [...files, sums];
}

async function main(): Promise<void> {
  await buildAll(path.join(root, 'dist'));
  for (const file of await packAll(path.join(root, 'out'))) console.log(file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
