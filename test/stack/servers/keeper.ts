/**
 * The keeper of one stack: a process of its own that starts the servers and outlives its owner just
 * long enough to clean up. When its standard input ends - the owner stopped, crashed or was killed -
 * it kills every server, removes their control groups and the stack's folder, and exits.
 * Run as root: `node --import tsx keeper.ts <folder> <control group> <user id> <group id>`; only
 * what needs namespaces runs as root, the rest as that user.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Report, Request, ServerCommand } from './protocol.js';

const [folder = '', controlGroup = '', userId = '', groupId = ''] = process.argv.slice(2);
if (!folder.startsWith('/') || groupId === '') throw new Error('the keeper lacks arguments');

interface Server {
  readonly child: ChildProcess;
  readonly isolated: boolean;
  readonly ended: Promise<void>;
}

const servers = new Map<string, Server>();

function report(message: Report): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Should the keeper itself be killed, the kernel ends its servers (PR_SET_PDEATHSIG). */
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'];
const AS_OWNER = ['--reuid', userId, '--regid', groupId, '--clear-groups'];
/** With its namespaces go all processes in it, every mount and every network interface. */
const OWN_NAMESPACES = [
  ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ...['--mount', '--propagation', 'private', '--net'],
];

function start(id: string, command: ServerCommand): void {
  const wrapper = [...DIE_WITH_PARENT, ...(command.isolated ? OWN_NAMESPACES : AS_OWNER)];
  const [file = '', ...args] = [...wrapper, ...command.argv];
  const log = openSync(command.logFile, 'a');
  const child = spawn(file, args, {
    cwd: folder,
    // A session of its own: Ctrl-C in the owner's terminal must not reach it.
    detached: true,
    env: command.env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      servers.delete(id);
      report({ kind: 'ended', id, how });
      resolve();
    };
    child.once('error', (error) => {
      end(error.message);
    });
    child.once('exit', (code, signal) => {
      end(signal ?? `exit code ${String(code)}`);
    });
  });
  servers.set(id, { child, isolated: command.isolated, ended });
  if (child.pid !== undefined) report({ kind: 'started', id, pid: child.pid });
}

/** The first process of a namespace takes all others with it; unshare then ends by itself. */
async function kill({ child, isolated, ended }: Server): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const inner = isolated ? await childrenOf(pid) : [];
  for (const target of inner.length > 0 ? inner : [pid]) killIfAlive(target);
  await ended;
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await unlessGone(readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), '');
  return text.split(' ').filter(Boolean).map(Number);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

let isClosing = false;

async function close(): Promise<void> {
  if (isClosing) return;
  isClosing = true;
  await Promise.all([...servers.values()].map(kill));
  await removeControlGroups();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  process.exit(0);
}

/** Containers that were killed leave their control groups; version 1 has one tree per controller. */
async function removeControlGroups(): Promise<void> {
  const top = '/sys/fs/cgroup';
  const controllers = (await readdir(top, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(top, entry.name));
  for (const tree of [top, ...controllers]) await removeTree(join(tree, controlGroup));
}

async function removeTree(path: string): Promise<void> {
  const entries = await unlessGone(readdir(path, { withFileTypes: true }), undefined);
  if (entries === undefined) return;
  for (const entry of entries) {
    if (entry.isDirectory()) await removeTree(join(path, entry.name));
  }
  // Busy for the moment it takes the kernel to bury the last process.
  for (let tries = 0; tries < 20; tries += 1) {
    const code = await rmdir(path).then(
      () => 'done',
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    if (code !== 'EBUSY') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function unlessGone<T, F>(result: Promise<T>, fallback: F): Promise<T | F> {
  return result.catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return fallback;
    throw error;
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void close());
}
// The owner is gone: nobody reads our reports any more.
process.stdout.on('error', () => void close());
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line) as Request;
    if (isClosing) return;
    if (request.kind === 'start') start(request.id, request.command);
    else {
      const server = servers.get(request.id);
      if (server === undefined) report({ kind: 'ended', id: request.id, how: 'was not running' });
      else void kill(server);
    }
  })
  .on('close', () => void close());
report({ kind: 'ready' });
