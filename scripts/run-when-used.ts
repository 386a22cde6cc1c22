/**
 * Splits a bundle into parts, which are read and run when they are first used, not when a bundle
 * starts: most runs use few of them, and reading and running all takes longer than the rest of a
 * start. A part is libraries, or sources of ours. Sources import them as ever: an import becomes an
 * object whose members load the part.
 */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from './generate.js';

/** What one source takes from a module, which is a package's name or a source's path from the root. */
interface Import {
  readonly importer: string;
  readonly module: string;
  readonly names: readonly string[];
}

const imports = /^(?:import|export)\s+\{([^}]*)\}\s+from\s+'([^']*)';/gms;

/** Reads what all sources in `src` import. */
export async function readImports(): Promise<readonly Import[]> {
  const folder = path.join(root, 'src');
  const files = await readdir(folder, { recursive: true });
  const found: Import[] = [];
  for (const name of files.filter((file) => file.endsWith('.ts')).sort()) {
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8');
    for (const [, list = '', from = ''] of text.matchAll(imports)) {
      const items = list.split(',').map((item) => item.trim());
      const names = items
        .filter((item) => item !== '' && !item.startsWith('type '))
        .map((item) => item.replace(/\s+as\s.*/s, ''));
      found.push({ importer: sourceOf(file), module: moduleOf(file, from), names });
    }
  }
  return found;
}

function isSource(module: string): boolean {
  return module.startsWith('src/');
}

function sourceOf(file: string): string {
  return path.relative(root, file).replaceAll(path.sep, '/');
}

function moduleOf(importer: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return sourceOf(path.resolve(path.dirname(importer), specifier).replace(/\.js$/, '.ts'));
}

/** Modules with a file of their own: a run that needs none of them does not read it. */
export interface Part {
  readonly file: string;
  readonly holds: (module: string) => boolean;
}

/** The parts of all bundles, and what else runs late, without a file of its own. */
export interface Plan {
  readonly parts: readonly Part[];
  readonly others: (module: string) => boolean;
  readonly imports: readonly Import[];
}

/**
 * The plugin for all that is no library: imports of what another part holds, or of what runs late, become
 * objects that load it.
 * @param own the part that is bundled; none for the file that starts.
 */
export function runWhenUsed({ parts, others, imports }: Plan, own?: Part): Plugin {
  const partOf = (module: string): Part | undefined => parts.find(({ holds }) => holds(module));
  return {
    name: 'run-when-used',
    setup: (bundler) => {
      bundler.onResolve({ filter: /.*/ }, ({ path: specifier, namespace, importer, kind }) => {
        if (namespace !== 'file' || importer.includes('node_modules')) return undefined;
        if (kind !== 'import-statement') return undefined;
        const module = moduleOf(importer, specifier);
        const part = partOf(module);
        const isLate = (part !== undefined && part !== own) || others(module);
        return isLate ? { path: module, namespace: 'late' } : undefined;
      });
      // Once for all files that import it: the bundler makes an object of its own for each import.
      bundler.onLoad({ filter: /.*/, namespace: 'late' }, ({ path: module }) => ({
        contents: `export { ${namesOf(module).join(', ')} } from ${JSON.stringify(module)};`,
        resolveDir: root,
      }));
      bundler.onResolve({ filter: /.*/, namespace: 'late' }, ({ path: module }) => ({
        path: module,
        namespace: 'loader',
      }));
      bundler.onLoad({ filter: /.*/, namespace: 'loader' }, ({ path: module }) => ({
        contents: loader(module),
        resolveDir: root,
      }));
      bundler.onResolve({ filter: /^\.\/[^/]*$/, namespace: 'loader' }, ({ path: file }) => ({
        path: file,
        external: true,
      }));
    },
  };

  function namesOf(module: string): readonly string[] {
    return namesIn(imports.filter((one) => one.module === module && partOf(one.importer) === own));
  }

  function loader(module: string): string {
    const part = partOf(module);
    const load =
      part && part !== own
        ? `require('./${part.file}')['${module}']()`
        : `require('${isSource(module) ? './' : ''}${module}')`;
    // Told to the run besides: whoever reads a certificate, say, takes any error for the certificate's.
    return `let loaded;
const load = () => {
  try {
    return (loaded ??= ${load});
  } catch (error) {
    process.emit('uncaughtException', error);
    throw error;
  }
};
// A member is looked up once. To define one for each name beforehand takes longer than most starts use.
const get = (_, name, of) => name === '__esModule' || (of[name] = load()[name]);
module.exports = Object.create(new Proxy({}, { get }));
`;
  }
}

/**
 * The source of a part's file, and its plugin: what others import, by module. A library runs when it is
 * asked for, as does whatever of ours the part was loaded for.
 */
export function partSource(
  { imports }: Plan,
  { holds }: Part,
): { readonly source: string; readonly plugin: Plugin } {
  const taken = imports.filter(({ importer, module }) => holds(module) && !holds(importer));
  const namesTakenOf = (module: string): readonly string[] =>
    namesIn(taken.filter((one) => one.module === module));
  const modules = [...new Set(taken.map(({ module }) => module))].sort();
  const source = modules
    .map((module, index) => {
      if (!isSource(module)) return `exports['${module}'] = () => require('used:${module}');\n`;
      const names = namesTakenOf(module).map((name) => [name, `${name}_${index}`] as const);
      const list = (between: string): string =>
        names.map(([name, here]) => `${name}${between}${here}`).join();
      return `import { ${list(' as ')} } from 'used:${module}';
const used_${index} = () => ({ ${list(': ')} });
export { used_${index} as '${module}' };\n`;
    })
    .join('');
  const plugin: Plugin = {
    name: 'used',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^used:/ }, ({ path: module }) => ({
        path: module.slice('used:'.length),
        namespace: 'used',
      }));
      // A module of its own, so that what is not used of another stays out of the bundle.
      bundler.onLoad({ filter: /.*/, namespace: 'used' }, ({ path: module }) => {
        const names = namesTakenOf(module);
        const from = isSource(module) ? `./${module}` : module;
        return { contents: `export { ${names.join(', ')} } from '${from}';`, resolveDir: root };
      });
    },
  };
  return { source, plugin };
}

function namesIn(imports: readonly Import[]): readonly string[] {
  return [...new Set(imports.flatMap(({ names }) => names))].sort();
}
