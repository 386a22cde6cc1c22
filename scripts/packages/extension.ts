/** The Azure DevOps extension (.vsix): packed by tfx, then made the same bytes on every machine. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageVersion, root } from '../generate.js';
import { run } from './run.js';

/** The part of tfx's own zip library that is used here. */
interface Zip {
  readonly files: Readonly<
    Record<string, { readonly dir: boolean; async(type: 'uint8array'): Promise<Uint8Array> }>
  >;
  file(name: string, data: Uint8Array, options: object): void;
  generateAsync(options: object): Promise<Uint8Array>;
}

type ZipLibrary = (new () => Zip) & { loadAsync(data: Uint8Array): Promise<Zip> };

/** Packs what is in dist/ into `folder` and gives the path of the package. */
export async function packExtension(folder: string): Promise<string> {
  const file = path.join(folder, `acr-content-trust-${await packageVersion()}.vsix`);
  await mkdir(folder, { recursive: true });
  await rm(file, { force: true });
  const tfx = createRequire(import.meta.url).resolve('tfx-cli/_build/tfx-cli.js');
  await run(process.execPath, [
    ...[tfx, 'extension', 'create', '--no-prompt', '--no-color'],
    ...['--root', root],
    ...['--manifests', 'vss-extension.json'],
    ...['--output-path', file],
  ]);
  const zips = createRequire(tfx)('jszip') as ZipLibrary;
  await writeFile(file, await settled(await zips.loadAsync(await readFile(file)), new zips()));
  return file;
}

/**
 * tfx notes the time of packing, and files and their types in the order in which they happened to be
 * read.
 */
async function settled(packed: Zip, zip: Zip): Promise<Uint8Array> {
  const date = new Date(Date.UTC(1980, 0, 1));
  const [contentTypes = '', ...names] = Object.keys(packed.files);
  for (const name of [contentTypes, ...names.sort()]) {
    const entry = packed.files[name];
    if (!entry || entry.dir) continue;
    const data = await entry.async('uint8array');
    zip.file(name, name === contentTypes ? sortTypes(data) : data, { date, createFolders: false });
  }
  return zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE', platform: 'DOS' });
}

/** The list of types, a line each. */
function sortTypes(xml: Uint8Array): Uint8Array {
  const block = /(?:^ *<Default .*\n)+/m;
  const sorted = Buffer.from(xml)
    .toString()
    .replace(block, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`);
  return Buffer.from(sorted);
}
