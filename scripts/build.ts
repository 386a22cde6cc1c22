/**
 * Bundles the three hosts into dist/, which is committed: action and task run from it as it is.
 * The same sources give the same bytes. Not minified and without source maps, which would be larger
 * than the bundles: stack traces then name functions and lines that can be read in the bundle.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { commandActions, groupActions, root, taskFolder } from './generate.js';

interface Bundle {
  /** Folder within dist. */
  readonly folder: string;
  /** Output file names by entry. */
  readonly entries: Readonly<Record<string, string>>;
  readonly banner?: string;
}

const bundles: readonly Bundle[] = [
  {
    folder: 'action',
    entries: { 'src/hosts/actions/main.ts': 'index.cjs', 'src/hosts/actions/post.ts': 'post.cjs' },
  },
  {
    folder: 'cli',
    entries: { 'src/hosts/cli/main.ts': 'index.cjs' },
    banner: '#!/usr/bin/env node',
  },
  {
    folder: 'task/AcrContentTrustV1',
    entries: {
      'src/hosts/pipelines/main.ts': 'index.js',
      'src/hosts/pipelines/post.ts': 'post.js',
    },
  },
];

/** Builds everything into the folder `dist`, which is emptied first. */
export async function buildAll(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  for (const bundle of bundles) {
    const folder = path.join(dist, bundle.folder);
    await mkdir(folder, { recursive: true });
    const metafiles = await Promise.all(
      Object.entries(bundle.entries).map(([entry, file]) =>
        bundleFile(entry, path.join(folder, file), bundle.banner),
      ),
    );
    await writeFile(path.join(folder, 'licenses.txt'), await licences(metafiles));
  }
  for (const command of commandActions) {
    await writeFile(path.join(dist, 'action', `${command}.cjs`), commandEntry(command));
  }
  for (const group of groupActions.keys()) {
    await writeFile(path.join(dist, 'action', `${group}.cjs`), groupEntry(group));
  }
  const task = path.join(dist, 'task/AcrContentTrustV1');
  await cp(path.join(root, taskFolder), task, { recursive: true });
  // The project is of type "module", the bundles are not.
  await writeFile(path.join(task, 'package.json'), '{ "type": "commonjs" }\n');
}

/** The entry of an action with one command: the main bundle, told which. */
function commandEntry(command: string): string {
  return `process.env.INPUT_COMMAND = '${command}';\nrequire('./index.cjs');\n`;
}

/** The entry of a group's action: the main bundle, told the first of the command's two words. */
function groupEntry(group: string): string {
  return `process.env.INPUT_COMMAND = \`${group} \${process.env.INPUT_COMMAND ?? ''}\`;\nrequire('./index.cjs');\n`;
}

async function bundleFile(entry: string, outfile: string, banner = ''): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...(banner ? { banner: { js: banner } } : {}),
  });
  return metafile;
}

/** The licences of every package that the bundles contain. */
async function licences(metafiles: readonly Metafile[]): Promise<string> {
  const folders = new Set<string>();
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder) folders.add(folder);
  }
  const texts = await Promise.all([...folders].map(licenceOf));
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(folder: string): Promise<string> {
  const directory = path.join(root, folder);
  const manifest = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const file = (await readdir(directory)).sort().find((name) => /^licen[cs]e/i.test(name));
  const text = file ? await readFile(path.join(directory, file), 'utf8') : '';
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`;
  return `${title}\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
}

/** Swaps the new bundles in as a whole, so that whoever runs the old ones meanwhile is not cut off. */
async function main(): Promise<void> {
  const dist = path.join(root, 'dist');
  const work = await mkdtemp(path.join(root, '.dist-'));
  try {
    await buildAll(path.join(work, 'new'));
    await rename(dist, path.join(work, 'old')).catch(ignoreMissing);
    await rename(path.join(work, 'new'), dist);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
