/**
 * Where a file may be written. A folder that the user names is taken as it is; but a symbolic link
 * that lies in a checkout is what others put there, and must not lead out of it.
 */
import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, TrustError, messageOf } from '../errors.js';
import { limits } from '../limits.js';

/** More links than any system follows on its way to one file. */
const mostLinks = 40;

/**
 * The real path of an output, with nothing in it that would be followed.
 * @param file absolute, as the user named it.
 * @throws {TrustError} FILE_NOT_WRITTEN when a link in a checkout leads out of it, or when something
 *   is there already that is not a regular file.
 */
export async function resolveOutput(file: string, workingDirectory: string): Promise<string> {
  const folder = await follow(path.dirname(file), file, workingDirectory);
  const real = path.join(folder, path.basename(file));
  const entry = await entryAt(real);
  if (entry === undefined || entry.isFile()) return real;
  const kind = entry.isSymbolicLink()
    ? 'a symbolic link'
    : entry.isDirectory()
      ? 'a folder'
      : 'a device or something else that is not a regular file';
  throw refused(file, `it is ${kind}`, 'Name a new file, or a regular file that may be replaced.');
}

/**
 * The real path of a file that is there, or of the place where it would be, for whoever writes
 * over what was read: a link as the file itself is followed as far as it may lead.
 * @throws {TrustError} FILE_NOT_WRITTEN when a link in a checkout leads out of it.
 */
export function resolveExisting(file: string, workingDirectory: string): Promise<string> {
  return follow(file, file, workingDirectory);
}

/**
 * Makes sure, by trying it, that an output can be written; leaves nothing behind.
 * @param isFolderThere whether its folder has to be there; otherwise it is made when the output is
 *   written, and the nearest one above it is tried.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function proveOutput(
  file: string,
  workingDirectory: string,
  { isFolderThere = false } = {},
): Promise<string> {
  const real = await resolveOutput(file, workingDirectory);
  const folder = path.dirname(real);
  try {
    await tryFolder(isFolderThere ? folder : await existingPart(folder));
  } catch (cause) {
    const why = hasCode(cause, 'ENOENT') ? `there is no folder ${folder}` : messageOf(cause);
    throw refused(file, why, 'Name a file in a folder that this run may write to.', cause);
  }
  return real;
}

/**
 * Makes sure, by trying it, that files can be written in a folder; leaves nothing behind.
 * @param what the folder, as a sentence begins with it.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function proveFolder(folder: string, what: string, remedy: string): Promise<void> {
  try {
    await tryFolder(folder);
  } catch (cause) {
    throw new TrustError('FILE_NOT_WRITTEN', `${what} cannot be written to: ${messageOf(cause)}`, {
      remedy,
      cause,
    });
  }
}

/**
 * Makes sure that something can be added to a file that the surroundings have made. Adds nothing to a
 * regular file; a device or a pipe is proven by the one thing that says nothing, an empty line.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function proveAppendable(file: string, what: string, remedy: string): Promise<void> {
  const fail = (cause: unknown): TrustError =>
    new TrustError('FILE_NOT_WRITTEN', `${what} cannot be written to: ${messageOf(cause)}`, {
      remedy,
      cause,
    });
  try {
    if (!(await proveOpened(file))) return;
  } catch (cause) {
    throw fail(cause);
  }
  try {
    // Beside it, as what is in it is not ours to touch.
    await tryFolder(path.dirname(file));
  } catch (cause) {
    // That one may add to the file and to nothing beside it is no obstacle.
    if (hasCode(cause, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS')) throw fail(cause);
  }
}

/** @returns whether it is a regular file, which needs room on its disk besides. */
async function proveOpened(file: string): Promise<boolean> {
  const { O_APPEND, O_NONBLOCK, O_WRONLY } = constants;
  // Not made where it is missing: whoever reads it has made it. A pipe that nobody reads would keep
  // us waiting for ever; O_NONBLOCK is undefined on Windows, which has no such pipes.
  const flags = O_WRONLY | O_APPEND | ((O_NONBLOCK as number | undefined) ?? 0);
  const handle = await open(file, flags);
  try {
    const isRegular = (await handle.stat()).isFile();
    if (!isRegular) await handle.appendFile('\n');
    return isRegular;
  } finally {
    await handle.close();
  }
}

/** Writes a file and removes it. A disk that is full takes an empty file, so this one is not empty. */
async function tryFolder(folder: string): Promise<void> {
  const probe = path.join(folder, temporaryName());
  try {
    await writeFile(probe, Buffer.alloc(limits.outputProbeBytes), { flag: 'wx' });
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/** The name of a file that is to become another one; whoever makes it does so only where nothing is. */
export function temporaryName(): string {
  return `.acr-content-trust-${uniqueText()}.tmp`;
}

/** What is at a path, links not followed; undefined for nothing. */
async function entryAt(file: string) {
  try {
    return await lstat(file);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    const remedy = 'Check the name and who may read its folder.';
    throw refused(file, messageOf(cause), remedy, cause);
  }
}

/** Follows `way` link by link: each lies in a checkout that it must not leave. */
async function follow(way: string, file: string, workingDirectory: string): Promise<string> {
  let at = path.parse(way).root;
  let names = namesIn(way);
  for (let links = 0; names.length > 0;) {
    const [name = '', ...rest] = names;
    const next = path.join(at, name);
    const entry = await entryAt(next);
    if (entry === undefined) return path.join(at, ...names);
    if (!entry.isSymbolicLink()) {
      [at, names] = [next, rest];
      continue;
    }
    links += 1;
    if (links > mostLinks) throw leadsNowhere(file, next);
    await requireWithinCheckout(file, next, workingDirectory);
    const target = path.resolve(at, await readlink(next));
    at = path.parse(target).root;
    names = [...namesIn(target), ...rest];
  }
  return at;
}

function namesIn(absolute: string): readonly string[] {
  const { root } = path.parse(absolute);
  return absolute
    .slice(root.length)
    .split(path.sep)
    .filter((name) => name !== '');
}

/** @throws {TrustError} FILE_NOT_WRITTEN when `link` lies in a checkout and leads out of its files. */
async function requireWithinCheckout(
  named: string,
  link: string,
  workingDirectory: string,
): Promise<void> {
  let target: string;
  try {
    target = await realpath(link);
  } catch (cause) {
    throw leadsNowhere(named, link, cause);
  }
  const container = await realpath(path.dirname(link));
  for (const checkout of await checkoutsOf(container, workingDirectory)) {
    // What is in there is no file of the checkout: Git runs its hooks, and obeys its configuration.
    const isOfGit = isWithin(target, path.join(checkout, '.git'));
    if (isWithin(target, checkout) && !isOfGit) continue;
    throw refused(
      named,
      isOfGit
        ? `${link} is a symbolic link that leads into Git's own folder, to ${target}`
        : `${link} is a symbolic link that leads out of ${checkout}, to ${target}`,
      `Remove the link, or name its target ${target} itself if that is what you want.`,
    );
  }
}

/** The nearest folder with a `.git`, and the working folder, as far as `folder` lies in them. */
async function checkoutsOf(folder: string, workingDirectory: string): Promise<readonly string[]> {
  const working = await realpath(workingDirectory);
  const checkouts = isWithin(folder, working) ? [working] : [];
  for (let at = folder; ; at = path.dirname(at)) {
    if ((await entryAt(path.join(at, '.git'))) !== undefined) return [...checkouts, at];
    if (at === path.dirname(at)) return checkouts;
  }
}

/** Both are real paths. */
function isWithin(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

/** The folder, or the nearest above it that is there. */
async function existingPart(folder: string): Promise<string> {
  const above = path.dirname(folder);
  return above === folder || (await entryAt(folder)) !== undefined ? folder : existingPart(above);
}

function leadsNowhere(named: string, link: string, cause?: unknown): TrustError {
  const why = `${link} is a symbolic link that leads nowhere`;
  return refused(named, why, 'Remove the link, or name another place.', cause);
}

function refused(file: string, why: string, remedy: string, cause?: unknown): TrustError {
  return new TrustError('FILE_NOT_WRITTEN', `${file} cannot be written to: ${why}`, {
    remedy,
    cause,
  });
}

/**
 * Part of a name that no other file of this or another run has. No secret: whoever writes looks what is there
 * already. `node:crypto` would take longer to load than all else that a rejected input needs.
 */
export function uniqueText(): string {
  const parts = [process.pid, Date.now(), Math.random() * 2 ** 52, Math.random() * 2 ** 52];
  return parts.map((part) => Math.floor(part).toString(36)).join('-');
}
