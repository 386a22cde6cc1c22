/**
 * Bundles the three hosts into dist/, which is committed: action and task run from it as it is.
 * The same sources give the same bytes. Minified, because less is read and parsed at each start, but
 * with the names of functions, so that stack traces can be followed; without source maps, which would
 * be larger than the bundles.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { placeOf } from '../src/inputs/index.js';
import { version } from '../src/version.js';
import { entryFile, type EntryHost } from './entry.js';
import { commandActions, groupActions, root, taskFolder } from './generate.js';
import {
  importedNames,
  libraryBundle,
  runWhenUsed,
  type ImportedNames,
  type Library,
} from './run-when-used.js';

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

/** What runs late, in files of their own: most runs use some, a wrong input none. */
const libraries: readonly Library[] = [
  { file: 'azure.cjs', holds: /^(?:@azure\/|https?-proxy-agent$)/ },
  { file: 'x509.cjs', holds: /^@peculiar\// },
  { file: 'formats.cjs', holds: /^(?:@actions\/exec|modern-tar|read|yaml)$/ },
];

/** What else runs late: sources that need a library to run at all, and what is slow in Node.js. */
const lateModules =
  /^node:(?:child_process|crypto|https|net|zlib)$|^src\/(?:http\/proxy-agent|signing\/(?:pbes2|pkcs12)|trust\/verification\/certificate-path)\.ts$/;

/** Builds everything into the folder `dist`, which is emptied first. */
export async function buildAll(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const names = await importedNames();
  for (const bundle of bundles) {
    const folder = path.join(dist, bundle.folder);
    await mkdir(folder, { recursive: true });
    const metafiles = await Promise.all(
      Object.entries(bundle.entries).map(async ([source, file]) => {
        const name = bundleBehind(file);
        const isCli = bundle.host === 'cli';
        const entry = entryFile(bundle.host, name, await oldestNode(), isCli ? tellVersion : '');
        await writeFile(path.join(folder, file), isCli ? `#!/usr/bin/env node\n${entry}` : entry);
        return bundleFile(source, path.join(folder, name), names);
      }),
    );
    const used = await Promise.all(
      libraries.map((library) => bundleLibrary(library, folder, names)),
    );
    await writeFile(path.join(folder, 'licenses.txt'), await licences([...metafiles, ...used]));
  }
  for (const command of commandActions) {
    await writeFile(
      path.join(dist, 'action', `${placeOf(command).verb}.cjs`),
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

/** The version is told without the bundle, which does the same but takes longer. */
const tellVersion = `if (process.argv.length === 3 && process.argv[2] === '--version') {
    process.stdout.on('error', function () {});
    process.stdout.write('${version}\\n');
  } else `;

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

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Strings of one byte a character are read and parsed in half of the time.
  charset: 'ascii',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const;

/**
 * The packages of GitHub Actions do not say that they may be left out where nothing is used of them,
 * as an HTTP client of half a megabyte.
 */
const withoutUnusedActions: Plugin = {
  name: 'without-unused-actions',
  setup: (bundler) => {
    bundler.onResolve({ filter: /.*/ }, async ({ path: specifier, pluginData, ...from }) => {
      if (pluginData === 'resolved' || !from.importer.includes('node_modules/@actions/')) return;
      const {
        path: file,
        external,
        errors,
      } = await bundler.resolve(specifier, {
        ...from,
        pluginData: 'resolved',
      });
      return { path: file, external, errors, sideEffects: false };
    });
  },
};

async function bundleFile(entry: string, outfile: string, names: ImportedNames): Promise<Metafile> {
  const plugins = [runWhenUsed(names, libraries, lateModules), withoutUnusedActions];
  const { metafile } = await build({ ...options, entryPoints: [entry], outfile, plugins });
  return metafile;
}

async function bundleLibrary(
  library: Library,
  folder: string,
  names: ImportedNames,
): Promise<Metafile> {
  const { source, plugin } = libraryBundle(names, library);
  const { metafile } = await build({
    ...options,
    stdin: { contents: source, resolveDir: root },
    outfile: path.join(folder, library.file),
    plugins: [plugin],
  });
  return metafile;
}

/** The licences and notices of every package that the bundles contain. */
async function licences(metafiles: readonly Metafile[]): Promise<string> {
  const folders = new Set<string>();
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder) folders.add(folder);
  }
  const texts = await Promise.all([...folders].map(licenceOf));
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

/** The Apache License has those who redistribute carry the file NOTICE as well. */
const licenceFile = /^(?:licen[cs]e|copying|notice)/i;

async function licenceOf(folder: string): Promise<string> {
  const directory = path.join(root, folder);
  const manifest = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(directory)).sort().filter((name) => licenceFile.test(name));
  const texts = await Promise.all(
    files.map(async (name) => (await readFile(path.join(directory, name), 'utf8')).trim()),
  );
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`;
  return `${[title, ...texts].join('\n\n').replaceAll('\r\n', '\n')}\n`;
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
