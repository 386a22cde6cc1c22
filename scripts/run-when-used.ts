/**
 * Lets libraries run when they are first used, not when a bundle starts: most runs use few of them,
 * and running all takes longer than the rest of a start. Sources import them as ever. An import
 * becomes an object whose members load the library, from a file of its own where it is large: what
 * is not read need not be parsed either.
 */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from './generate.js';

/** What the sources take from each module, by its package's name or its file's path from the root. */
export type ImportedNames = ReadonlyMap<string, ReadonlySet<string>>;

const imports = /^import\s+\{([^}]*)\}\s+from\s+'([^']*)';/gms;

/** Reads all sources in `src`. */
export async function importedNames(): Promise<ImportedNames> {
  const names = new Map<string, Set<string>>();
  const folder = path.join(root, 'src');
  const files = await readdir(folder, { recursive: true });
  for (const name of files.filter((file) => file.endsWith('.ts')).sort()) {
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8');
    for (const [, list = '', from = ''] of text.matchAll(imports)) {
      const module = from.startsWith('.') ? sourceOf(file, from) : from;
      const known = names.get(module) ?? new Set();
      for (const item of list.split(',').map((text) => text.trim())) {
        if (item !== '' && !item.startsWith('type ')) known.add(item.replace(/\s+as\s.*/s, ''));
      }
      names.set(module, known);
    }
  }
  return names;
}

function isSource(module: string): boolean {
  return module.startsWith('src/');
}

function sourceOf(importer: string, specifier: string): string {
  const file = path.resolve(path.dirname(importer), specifier).replace(/\.js$/, '.ts');
  return path.relative(root, file).replaceAll(path.sep, '/');
}

/** The libraries of one file: a start that needs none of them does not read it. */
export interface Library {
  readonly file: string;
  readonly holds: RegExp;
}

/**
 * The plugin for the bundle that starts. Besides libraries, what matches `others` runs late: modules
 * of Node.js by their name, and sources by their path.
 */
export function runWhenUsed(
  names: ImportedNames,
  libraries: readonly Library[],
  others: RegExp,
): Plugin {
  return {
    name: 'run-when-used',
    setup: (bundler) => {
      bundler.onResolve({ filter: /.*/ }, ({ path: specifier, namespace, importer, kind }) => {
        if (namespace !== 'file' || importer.includes('node_modules')) return undefined;
        if (kind !== 'import-statement') return undefined;
        const module = specifier.startsWith('.') ? sourceOf(importer, specifier) : specifier;
        const isLate = others.test(module) || libraries.some(({ holds }) => holds.test(specifier));
        return isLate ? { path: module, namespace: 'late' } : undefined;
      });
      bundler.onLoad({ filter: /.*/, namespace: 'late' }, ({ path: module }) => {
        const library = libraries.find(({ holds }) => holds.test(module));
        const load = library
          ? `require('./${library.file}')['${module}']()`
          : `require('${isSource(module) ? './' : ''}${module}')`;
        return { contents: late(module, load), resolveDir: root };
      });
      bundler.onResolve({ filter: /^\.\/[^/]*$/, namespace: 'late' }, ({ path: file }) => ({
        path: file,
        external: true,
      }));
    },
  };

  function late(module: string, load: string): string {
    const members = namesOf(names, module).map(
      (name) => `  ${name}: { enumerable: true, get: () => (loaded ??= ${load}).${name} },`,
    );
    return `let loaded;\nObject.defineProperties(exports, {\n${members.join('\n')}\n});\n`;
  }
}

/** The plugin and the source of a library's file: each package runs when it is asked for. */
export function libraryBundle(
  names: ImportedNames,
  { holds }: Library,
): { readonly source: string; readonly plugin: Plugin } {
  const modules = [...names.keys()].filter((module) => holds.test(module)).sort();
  const source = modules
    .map((module) => `exports['${module}'] = () => require('used:${module}');\n`)
    .join('');
  const plugin: Plugin = {
    name: 'used',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^used:/ }, ({ path: module }) => ({
        path: module.slice('used:'.length),
        namespace: 'used',
      }));
      // A module of its own, so that what is not used of a package stays out of the bundle.
      bundler.onLoad({ filter: /.*/, namespace: 'used' }, ({ path: module }) => ({
        contents: `export { ${namesOf(names, module).join(', ')} } from '${module}';`,
        resolveDir: root,
      }));
    },
  };
  return { source, plugin };
}

function namesOf(names: ImportedNames, module: string): readonly string[] {
  return [...(names.get(module) ?? [])].sort();
}
