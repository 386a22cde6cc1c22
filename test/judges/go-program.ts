/**
 * Programs in Go that judge what we do: the libraries that Docker, BuildKit or Kubernetes themselves
 * use. Each is a folder with a committed go.mod and go.sum, built once into a private cache.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../scripts/lock.mjs';
import { cacheFolder } from '../stack/tools/cache.js';
import { output } from '../stack/tools/run.js';
import { findGo, type Go } from './go.js';

const execFileAsync = promisify(execFile);

/** A judge that can be asked, or why there is none on this machine. */
export type GoProgram =
  | { readonly kind: 'built'; readonly path: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Builds the program in `folder`, or finds the one that was built from the same sources by the same
 * Go. Modules come the way the `go` command of this machine is set up to get them.
 * @throws {Error} in CI, where it cannot be built
 */
export async function buildGoProgram(
  folder: string,
  cache = path.join(cacheFolder(), 'judges'),
): Promise<GoProgram> {
  const go = await findGo();
  if (!go) return { kind: 'unavailable', reason: 'this system has no program "go"' };
  try {
    return { kind: 'built', path: await buildOnce(folder, go, cache) };
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Asks a built program once: `input` as JSON to its standard input, JSON back from its output.
 * @throws {Error} where it fails, with its own words
 */
export async function askGoProgram(
  program: string,
  input: unknown,
  env: NodeJS.ProcessEnv = process.env,
): Promise<unknown> {
  const running = execFileAsync(program, { maxBuffer: 256 * 1024 * 1024, env });
  running.child.stdin?.end(JSON.stringify(input));
  const { stdout } = await running;
  return JSON.parse(stdout) as unknown;
}

async function buildOnce(folder: string, { command, env }: Go, cache: string): Promise<string> {
  // Of the tool chain that builds it, which may be a newer one.
  const version = await output(command, ['env', 'GOVERSION', 'GOOS', 'GOARCH'], {
    cwd: folder,
    env,
  });
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const name = `${path.basename(folder)}-${await hashOf(folder, version)}${suffix}`;
  const program = path.join(cache, name);
  if (await exists(program)) return program;
  await mkdir(cache, { recursive: true });
  await withLock(`${program}.lock`, async () => {
    if (await exists(program)) return;
    const unfinished = `${program}.${process.pid}`;
    try {
      await output(command, ['build', '-trimpath', '-o', unfinished, '.'], {
        cwd: folder,
        // No C compiler needed; go.mod and go.sum decide, and are never changed by a build.
        env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
      });
      await rename(unfinished, program);
    } finally {
      await rm(unfinished, { force: true });
    }
  });
  return program;
}

async function hashOf(folder: string, version: string): Promise<string> {
  const hash = createHash('sha256').update(version);
  const files = (await readdir(folder)).filter((name) => /\.go$|^go\.(?:mod|sum)$/.test(name));
  for (const name of files.sort()) {
    hash.update(`\0${name}\0`).update(await readFile(path.join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
