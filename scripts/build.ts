/**
 * Bundles the three hosts into dist/, which is committed: action and task run from it as it is.
 * The same sources give the same bytes. Minified, because less is read and parsed at each start, but
 * with the names of our functions, so that stack traces can be followed; without source maps, which would
 * be larger than the bundles.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { placeOf } from '../src/inputs/index.js';
import { version } from '../src/version.js';
import { entryFile, type EntryHost } from './entry.js';
import { commandActions, groupActions, root, taskFolder } from './generate.js';
import { partSource, readImports, runWhenUsed, type Part, type Plan } from './run-when-used.js';

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

/** Libraries: most runs use some, a wrong input none. */
const libraries: readonly Part[] = [
  { file: 'azure-sdk.cjs', holds: matches(/^@azure\//) },
  { file: 'x509.cjs', holds: matches(/^@peculiar\//) },
  { file: 'formats.cjs', holds: matches(/^(?:@actions\/exec|cborg|modern-tar|read|yaml)$/) },
];

/** What else runs late: sources that need a library to run at all, and what is slow in Node.js. */
const lateModules =
  /^node:(?:child_process|crypto|https?|net|zlib)$|^src\/(?:http\/proxy-agent|signing\/(?:pbes2|pkcs12)|trust\/verification\/certificate-path)\.ts$/;

/** What a start needs of the subjects, which would be a file of its own each. */
const startsWith =
  /^src\/(?:http\/(?:environment|proxy)|output-files\/[\w-]+|trust\/server\/address|docker\/(?:abandoned-configs|private-config-folder|run-mark|share-entries))\.ts$/;

/**
 * The parts of every host. What starts holds the hosts and the definitions of the commands. Besides, there
 * is a file for what a start shares with the rest, one for what every run that goes on uses, one for each
 * other subject, and one for the rest of each other group of commands: each file that is read costs
 * time, as does each call from one to another. All begin with "part-", because entries of actions have
 * such names, too: `trust.cjs`.
 */
async function planParts(): Promise<Plan> {
  const imports = await readImports();
  const from = matches(/^src\/commands\/commands\.ts$/);
  const definitions = new Set(
    imports.filter(({ importer }) => from(importer)).map(({ module }) => module),
  );
  // The definitions say which inputs and outputs there are, and run at each start.
  const declared = new Set(
    imports
      .filter(({ names }) => names.some((name) => /(?:Inputs|Outputs)$/.test(name)))
      .map(({ module }) => module),
  );
  const isShared = matches(/^src\/(?:[^/]+|(?:commands\/)?inputs\/.*|report\/.*)\.ts$/);
  const several = ['sign', 'verify'];
  const together = [
    'access',
    'azure',
    'http',
    'image-signing',
    'repositories',
    'signing',
    'trust',
    'verification',
  ];
  const fileOf = (module: string): string | undefined => {
    const [source, folder, group] = module.split('/').slice(0, -1);
    if (source !== 'src' || folder === 'hosts' || definitions.has(module)) return undefined;
    if (isShared(module) || startsWith.test(module)) return 'part-shared.cjs';
    if (folder !== 'commands')
      return together.includes(folder ?? '') ? 'part-run.cjs' : `part-${folder}.cjs`;
    if (group === undefined) return undefined;
    if (declared.has(module)) return 'part-shared.cjs';
    return several.includes(group) ? 'part-run.cjs' : `part-commands-${group}.cjs`;
  };
  const files = new Set(imports.map(({ module }) => fileOf(module)));
  const sources = [...files]
    .filter((file) => file !== undefined)
    .sort()
    .map((file) => ({ file, holds: (module: string) => fileOf(module) === file }));
  return { parts: [...libraries, ...sources], others: matches(lateModules), imports };
}

function matches(pattern: RegExp): (module: string) => boolean {
  return (module) => pattern.test(module);
}

/** Builds everything into the folder `dist`, which is emptied first. */
export async function buildAll(dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const plan = await planParts();
  for (const bundle of bundles) {
    const folder = path.join(dist, bundle.folder);
    await mkdir(folder, { recursive: true });
    const metafiles = await Promise.all(
      Object.entries(bundle.entries).map(async ([source, file]) => {
        const name = bundleBehind(file);
        const isCli = bundle.host === 'cli';
        const entry = entryFile(bundle.host, name, await oldestNode(), isCli ? tellVersion : '');
        await writeFile(path.join(folder, file), isCli ? `#!/usr/bin/env node\n${entry}` : entry);
        return bundleFile(source, path.join(folder, name), plan);
      }),
    );
    const used = await Promise.all(plan.parts.map((part) => bundlePart(part, folder, plan)));
    refuseCopies([...metafiles.slice(0, 1), ...used]);
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

/** Two copies of a source would be two classes of one name, and two states of what is to be one. */
function refuseCopies(metafiles: readonly Metafile[]): void {
  const places = new Map<string, string>();
  for (const [file, { inputs }] of metafiles.flatMap(({ outputs }) => Object.entries(outputs))) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      if (!input.startsWith('src/') || bytesInOutput === 0) continue;
      const other = places.get(input);
      if (other !== undefined) throw new Error(`${input} is in ${other} and in ${file}`);
      places.set(input, file);
    }
  }
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
 * Naming each function takes time at each run, and of a library nobody follows the stack. Azure's looks
 * whether a body is a form, which none is here, and Node.js loads another HTTP client to answer that.
 * Of ES modules, what is not used is left out.
 */
const ofLibraries = {
  keepNames: false,
  mainFields: ['module', 'main'],
  define: { FormData: 'undefined' },
};

/** A library asks which Node.js runs it, and would have all of `semver` compare the answer to 6 and 15. */
const knownNode: Plugin = {
  name: 'known-node',
  setup: (bundler) => {
    bundler.onLoad({ filter: /node_modules\/jsonwebtoken\/lib\/\w+Supported\.js$/ }, () => ({
      contents: 'module.exports = true;',
    }));
  },
};

/** What Azure's libraries send goes by our own client, which knows the ways through proxies. */
const withoutProxies: Plugin = {
  name: 'without-proxies',
  setup: (bundler) => {
    bundler.onLoad({ filter: /node_modules\/https?-proxy-agent\/dist\/index\.js$/ }, () => ({
      contents: 'exports.HttpProxyAgent = exports.HttpsProxyAgent = class {};',
    }));
  },
};

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

/**
 * What libraries could do and never do here, by their files: start programs, which loads a slow module
 * of Node.js; find files; ask whether Node.js is older than 4.2; open a browser to sign in.
 */
const unused: Readonly<Record<string, RegExp>> = {
  'node_modules/commander/': /^node:child_process$/,
  'node_modules/azure-pipelines-task-lib/':
    /^(?:child_process|minimatch|semver|\.\/(?:externaloutput|toolrunner))$/,
  'node_modules/@azure/identity/': /^open$/,
};

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup: (bundler) => {
    bundler.onResolve({ filter: /.*/ }, ({ path: module, importer }) => {
      const folder = Object.keys(unused).find((name) => importer.includes(name));
      return folder !== undefined && unused[folder]?.test(module) === true
        ? { path: module, namespace: 'unused' }
        : undefined;
    });
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'exports.lt = () => false;',
    }));
    // Its messages in English, as all of ours: none in other languages, which are ten times as many.
    bundler.onLoad({ filter: /azure-pipelines-task-lib\/lib-resource\.js$/ }, ({ path: file }) => {
      const { messages } = createRequire(import.meta.url)(file) as { readonly messages: object };
      return { contents: `exports.messages = ${JSON.stringify(messages)};` };
    });
  },
};

/** A step after the job needs little, and so has it in one file. */
async function bundleFile(entry: string, outfile: string, plan: Plan): Promise<Metafile> {
  const isWhole = path.basename(entry) === 'post.ts';
  const plugins = [
    runWhenUsed(isWhole ? { ...plan, parts: libraries } : plan),
    withoutUnusedActions,
    withoutUnused,
  ];
  const { metafile } = await build({ ...options, entryPoints: [entry], outfile, plugins });
  return metafile;
}

async function bundlePart(part: Part, folder: string, plan: Plan): Promise<Metafile> {
  const { source, plugin } = partSource(plan, part);
  const isLibrary = libraries.includes(part);
  const { metafile } = await build({
    ...options,
    ...(isLibrary && ofLibraries),
    stdin: { contents: source, resolveDir: root },
    outfile: path.join(folder, part.file),
    plugins: [
      plugin,
      ...(isLibrary ? [knownNode, withoutProxies, withoutUnused] : [runWhenUsed(plan, part)]),
    ],
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
