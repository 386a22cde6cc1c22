/**
 * Programs in Go that judge what we do: the libraries that Docker, BuildKit or Kubernetes themselves
 * use. Each is a folder with a committed go.mod and go.sum, built once into a private cache.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../scripts/lock.mjs';
import { output } from '../stack/tools/run.js';

const execFileAsync = promisify(execFile);

/** A judge that can be asked, or why there is none on this machine. */
export type GoProgram =
  | { readonly kind: 'built'; readonly path: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Builds the program in `folder`, or finds the one that was built from the same sources by the same
 * Go. Modules come the way the `go` command of this machine is set up to get them.
 * @throws {Error} in CI, where Go is there and the program cannot be built
 */
export async function buildGoProgram(folder: string, cache = defaultCache()): Promise<GoProgram> {
  let version: string;
  try {
    version = await goVersion(folder);
  } catch (error) {
    return { kind: 'unavailable', reason: words(error) };
  }
  try {
    return { kind: 'built', path: await buildOnce(folder, version, cache) };
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return { kind: 'unavailable', reason: words(error) };
  }
}

/**
 * The Go that would build `folder`, whose go.mod may call for a newer tool chain.
 * @throws {Error} where there is no Go
 */
export function goVersion(folder: string): Promise<string> {
  return output('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { cwd: folder });
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

function defaultCache(): string {
  const own = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(own, 'acr-content-trust', 'judges');
}

async function buildOnce(folder: string, version: string, cache: string): Promise<string> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const name = `${path.basename(folder)}-${await hashOf(folder, version)}${suffix}`;
  const program = path.join(cache, name);
  if (await exists(program)) return program;
  await mkdir(cache, { recursive: true });
  await withLock(`${program}.lock`, async () => {
    if (await exists(program)) return;
    const unfinished = `${program}.${process.pid}`;
    try {
      await output('go', ['build', '-trimpath', '-o', unfinished, '.'], {
        cwd: folder,
        // No C compiler needed; go.mod and go.sum decide, and are never changed by a build.
        env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
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

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
