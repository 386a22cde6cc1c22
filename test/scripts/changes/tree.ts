/**
 * A copy of this project that can be changed and judged: by the compiler, and by the tests that hold
 * its parts together. Nothing in the project itself is touched.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../docs/pages.js';

/** What makes a file's new text of its text; undefined where there is no such file yet. */
export type Edit = (text: string | undefined) => string;

/** Edits by the path of their file. */
export type Edits = ReadonlyMap<string, readonly Edit[]>;

/** What a tree is judged by. */
export interface Judges {
  /** Tests that hold its parts together. */
  readonly tests: readonly string[];
  /** Whether all that is made from the inputs is generated again. */
  readonly generates?: boolean;
  /** What docs/reference.md must say when it is generated again. */
  readonly offers?: string;
  /** Whether the compiler looks at all of it, which takes longest. */
  readonly compiles?: boolean;
}

export interface Tree {
  /** What is wrong once the edits, and no others, are made; empty when all holds together. */
  judge(edits: Edits, by: Judges): Promise<string>;
  remove(): Promise<void>;
}

/** Copies the project. Packages and bundles are shared with it. */
export async function copyTree(): Promise<Tree> {
  const folder = await mkdtemp(path.join(tmpdir(), 'acr-content-trust-tree-'));
  const shared = ['node_modules', 'dist'];
  for (const name of await readdir(root)) {
    if (name === '.git') continue;
    const [from, to] = [path.join(root, name), path.join(folder, name)];
    await (shared.includes(name) ? symlink(from, to) : cp(from, to, { recursive: true }));
  }
  const run = ([tool = '', ...args]: readonly string[]): Promise<string> => {
    const file = path.join(folder, 'node_modules', '.bin', tool);
    return new Promise((resolve) => {
      // What is wrong stands on standard output.
      execFile(file, args, { cwd: folder, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
        resolve(error ? `${tool}: ${stdout}${stderr || error.message}` : '');
      });
    });
  };
  let former = new Map<string, string | undefined>();
  return {
    judge: async (edits, { tests, offers, generates = false, compiles = false }) => {
      for (const [file, text] of former) await put(folder, file, text);
      former = new Map();
      for (const [file, made] of edits) {
        const before = await textOf(folder, file);
        former.set(file, before);
        const after = made.reduce<string | undefined>((text, edit) => edit(text), before);
        await put(folder, file, after);
      }
      // The second time, the compiler looks only at what an edit can have changed.
      const tsc = ['tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', 'types.tsbuildinfo'];
      const vitest = ['vitest', 'run', '--project', 'unit', '--maxWorkers=1', '--no-isolate'];
      const complaints = [
        generates && (() => run(['tsx', 'scripts/generate.ts'])),
        offers !== undefined && (() => run(['tsx', '--eval', offering(offers)])),
        compiles && (() => run(tsc)),
        () => run([...vitest, ...tests]),
      ];
      for (const complain of complaints) {
        const complaint = complain && (await complain());
        if (complaint) return complaint;
      }
      return '';
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Fails where the reference lacks `what`. To lay all pages out takes as long again. */
function offering(what: string): string {
  return `import('./scripts/generated/docs.js').then(({ referenceMd }) => {
    if (!referenceMd().includes(${JSON.stringify(what)})) throw new Error(${JSON.stringify(`docs/reference.md has no ${what}`)});
  });`;
}

async function textOf(folder: string, file: string): Promise<string | undefined> {
  return readFile(path.join(folder, file), 'utf8').catch(() => undefined);
}

async function put(folder: string, file: string, text: string | undefined): Promise<void> {
  const place = path.join(folder, file);
  await mkdir(path.dirname(place), { recursive: true });
  await (text === undefined ? rm(place) : writeFile(place, text));
}
