/**
 * Bundles the three hosts into dist/, which is committed: action and task run from it as it is.
 * The same sources give the same bytes. Not minified and without source maps, which would be larger
 * than the bundles: stack traces then name functions and lines that can be read in the bundle.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { entryFile, type EntryHost } from './entry.js';
import { commandActions, groupActions, root, taskFolder } from './generate.js';

interface Bundle {
  readonly host: EntryHost;
  /** Folder within dist. */
  readonly folder: string;
  /** The files that the host starts, by the source of their bundles. */
  readonly entries: Readonly<Record<string, string>>;
}

const bundles: readonly Bundle[] = [
  {
    host: 'action',
    folder: 'action',
    entries: { 'src/hosts/actions/main.ts': 'index.cjs', 'src/hosts/actions/post.ts': 'post.cjs' },
  },
  {
    host: 'cli',
    folder: 'cli',
    entries: { 'src/hosts/cli/main.ts': 'index.cjs' },
  },
  {
    host: 'task',
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
      Object.entries(bundle.entries).map(async ([source, file]) => {
        const name = bundleBehind(file);
        const start = bundle.host === 'cli' ? '#!/usr/bin/env node\n' : '';
        await writeFile(
          path.join(folder, file),
          start + entryFile(bundle.host, name, await oldestNode()),
        );
        return bundleFile(source, path.join(folder, name));
      }),
    );
    await writeFile(path.join(folder, 'licenses.txt'), await licences(metafiles));
  }
  for (const command of commandActions) {
    await writeFile(
      path.join(dist, 'action', `${command}.cjs`),
      await commandEntry(`'${command}'`),
    );
  }
  for (const group of groupActions.keys()) {
    await writeFile(
      path.join(dist, 'action', `${group}.cjs`),
      await commandEntry(`'${group} ' + (process.env.INPUT_COMMAND || '')`),
    );
  }
  const task = path.join(dist, 'task/AcrContentTrustV1');
  await cp(path.join(root, taskFolder), task, { recursive: true });
  // The project is of type "module", the bundles are not.
  await writeFile(path.join(task, 'package.json'), '{ "type": "commonjs" }\n');
}

/**
 * The entry of an action with a command of its own, or of a group's action, which knows the first of
 * the command's two words: the main bundle, told so.
 */
async function commandEntry(command: string): Promise<string> {
  const before = `process.env.INPUT_COMMAND = ${command};\n  `;
  return entryFile('action', bundleBehind('index.cjs'), await oldestNode(), before);
}

/** The name of the bundle that an entry hands over to. */
function bundleBehind(entry: string): string {
  return entry.replace(/^index\./, 'main.').replace(/^post\./, 'post-main.');
}

/** The oldest Node.js that the product runs on, as its manifest says. */
async function oldestNode(): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    readonly engines: { readonly node: string };
  };
  return manifest.engines.node.replace('>=', '');
}

async function bundleFile(entry: string, outfile: string): Promise<Metafile> {
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
