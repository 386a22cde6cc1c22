/**
 * Writes files all or none: each is written whole under another name, then all take their places.
 * What was in a place keeps its mode, and comes back if a later file cannot take its own.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode, TrustError, isTrustError, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { resolveOutput, temporaryName } from './place.js';

/** A file to be written. */
interface OutputFile {
  /** Absolute, as the user named it. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Default: that of the file that is replaced; of a new one what the system gives. */
  readonly mode?: number;
  /** Folders that are missing are made with this mode; without it they must be there. */
  readonly folderMode?: number;
}

interface Staged {
  readonly path: string;
  /** The new content. */
  readonly temporary: string;
  /** What was in the place. */
  readonly former: string;
}

/**
 * Writes all of `files`, in their order, or leaves everything as it was.
 * @param beforeReplacing runs once all of the new content is on the disk; what it throws stops it.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function writeOutputs(
  files: readonly OutputFile[],
  workingDirectory: string,
  beforeReplacing: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const staged: Staged[] = [];
  const replaced: Staged[] = [];
  let current = '';
  try {
    for (const file of files) {
      current = file.path;
      const place = await resolveOutput(file.path, workingDirectory);
      const folder = path.dirname(place);
      const [temporary, former] = [temporaryName(), temporaryName()];
      if (file.folderMode !== undefined) {
        await mkdir(folder, { recursive: true, mode: file.folderMode });
      }
      const stage = {
        path: place,
        temporary: path.join(folder, temporary),
        former: path.join(folder, former),
      };
      staged.push(stage);
      await writeStage(stage, file);
    }
    await beforeReplacing();
    for (const [index, stage] of staged.entries()) {
      current = files[index]?.path ?? stage.path;
      // The last cannot leave half of the files replaced: its rename happens or does not.
      if (index < staged.length - 1) await keepFormer(stage);
      await whenFree(() => rename(stage.temporary, stage.path));
      replaced.push(stage);
    }
  } catch (error) {
    const kept: string[] = [];
    for (const stage of replaced.reverse()) {
      if (!(await putBack(stage))) kept.push(stage.path);
    }
    throw isTrustError(error) ? error : notWritten(current, error, kept);
  } finally {
    for (const { temporary, former } of staged) {
      // A leftover that cannot be removed says nothing about the files themselves.
      for (const file of [temporary, former])
        await rm(file, { force: true }).catch(() => undefined);
    }
  }
}

/**
 * Adds to the end of a file, or makes it.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function appendOutput(
  file: string,
  text: string,
  workingDirectory: string,
): Promise<void> {
  const place = await resolveOutput(file, workingDirectory);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  // O_NOFOLLOW is undefined on Windows, where the look above has to do.
  const flags = O_APPEND | O_CREAT | O_WRONLY | ((O_NOFOLLOW as number | undefined) ?? 0);
  try {
    const handle = await whenFree(() => open(place, flags, 0o666));
    try {
      await handle.appendFile(text);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw notWritten(file, cause);
  }
}

async function writeStage({ path: place, temporary }: Staged, file: OutputFile): Promise<void> {
  const mode = file.mode ?? (await modeOf(place));
  const options = { flag: 'wx', flush: true } as const;
  if (mode === undefined) {
    await writeFile(temporary, file.content, options);
    return;
  }
  // Never more open than the file is to be, not even for a moment.
  await writeFile(temporary, file.content, { ...options, mode: mode & 0o600 });
  await chmod(temporary, mode);
}

async function modeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mode & 0o777;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Keeps what is in the place under a second name; the place itself is never empty. */
async function keepFormer({ path: place, former }: Staged): Promise<void> {
  try {
    await link(place, former);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    // Not every file system has hard links.
    await whenFree(() => copyFile(place, former, constants.COPYFILE_EXCL));
  }
}

/** Whether the place is as it was before. */
async function putBack({ path: place, former }: Staged): Promise<boolean> {
  try {
    await whenFree(async () => {
      // Without a former file the place was empty, and is to be so again.
      if ((await modeOf(former)) === undefined) await rm(place, { force: true });
      else await rename(former, place);
    });
    return true;
  } catch {
    // Why the files could not be written is the error to report; that this one stays is told with it.
    return false;
  }
}

/**
 * Tries again while another program has the file open: on Windows virus scanners and indexers do,
 * for a moment, with every file that was just written.
 */
async function whenFree<T>(act: () => Promise<T>): Promise<T> {
  const { fileBusyTries, fileBusyPauseMs } = limits;
  for (let tried = 1; ; tried += 1) {
    try {
      return await act();
    } catch (error) {
      if (tried >= fileBusyTries || !isBusy(error)) throw error;
      await pause(fileBusyPauseMs * tried);
    }
  }
}

function isBusy(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EACCES', 'EBUSY');
}

function notWritten(file: string, cause: unknown, replaced: readonly string[] = []): TrustError {
  // A lack of rights shows when the temporary file is made; a later refusal has another reason.
  const syscall = cause instanceof Error && 'syscall' in cause ? cause.syscall : undefined;
  const isHeld = hasCode(cause, 'EBUSY') || (isBusy(cause) && syscall !== 'open');
  const failure = isHeld
    ? `${file} cannot be replaced: another program has it open, or it is protected (${messageOf(cause)})`
    : `${file} cannot be written: ${messageOf(cause)}`;
  const rest = replaced.length === 0 ? '' : `. Replaced already: ${replaced.join(', ')}`;
  const remedy = isHeld
    ? `Close the program that has ${file} open, such as an editor or a virus scanner.`
    : `Make room for ${file} and let this run write there, or name another place.`;
  const details = { remedy: `${remedy}\nRun the step again.`, cause };
  return new TrustError('FILE_NOT_WRITTEN', `${failure}${rest}`, details);
}
