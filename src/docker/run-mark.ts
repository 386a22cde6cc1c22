/**
 * Says in a folder which run made it, and tells later whether that run is over. In doubt it is not:
 * a process of another container or machine cannot be seen from here.
 */
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseJsonObject } from '../json.js';
import { hasCode } from '../errors.js';

/** Identifies a process beyond the reuse of its number. */
interface RunMark {
  readonly pid: number;
  /** Since the start of the machine, in the kernel's ticks; empty where no one tells. */
  readonly started: string;
  /** Machine, its last start, and namespace: where the number means something. */
  readonly scope: string;
}

/** The text that marks what this process makes. */
export async function ownMark(): Promise<string> {
  const mark: RunMark = {
    pid: process.pid,
    started: (await startOf(process.pid)) ?? '',
    scope: await scope(),
  };
  return `${JSON.stringify(mark)}\n`;
}

/** Whether the run that wrote `text` has certainly ended. */
export async function hasEnded(text: string): Promise<boolean> {
  const mark = parse(text);
  if (mark?.scope !== (await scope())) return false;
  if (!isAlive(mark.pid)) return true;
  // Its number may be another process's by now; where starts are not known, it is taken for alive.
  if (mark.started === '') return false;
  const started = await startOf(mark.pid);
  return started !== undefined && started !== mark.started;
}

function parse(text: string): RunMark | undefined {
  // Nothing where it was not written to the end, or by a version that left it empty.
  const { pid, started, scope } = parseJsonObject(text) ?? {};
  return typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    pid > 0 &&
    typeof started === 'string' &&
    typeof scope === 'string'
    ? { pid, started, scope }
    : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return !hasCode(error, 'ESRCH');
  }
}

/** When the process began, as Linux tells (proc(5), field 22); "over" for one that only waits to be reaped. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readOrNothing(() => readFile(`/proc/${pid}/stat`, 'utf8'));
  // The name before it stands in parentheses and may hold anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!fields) return undefined;
  return fields[0] === 'Z' || fields[0] === 'X' ? 'over' : fields[19];
}

async function scope(): Promise<string> {
  const boot = await readOrNothing(() => readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = await readOrNothing(() => readlink('/proc/self/ns/pid'));
  return [process.platform, hostname(), boot?.trim() ?? '', namespace ?? ''].join(' ');
}

async function readOrNothing(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch {
    // No Linux, no /proc, or a process that is gone: all mean that it is not told.
    return undefined;
  }
}
