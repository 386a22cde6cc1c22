/**
 * The owner's end of the keeper: starts it (with sudo when we are not root) and asks it to start
 * and stop servers. Never starts a server itself, so that nothing outlives the keeper.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Report, Request, ServerCommand } from './protocol.js';

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** One running keeper. */
export interface Keeper {
  /** Starts a server and resolves when `isReady` does; rejects with its log when it ends first. */
  start(id: string, command: ServerCommand, isReady: () => Promise<boolean>): Promise<number>;
  /** Kills a server; resolves when it is gone. */
  stop(id: string): Promise<void>;
  /** Kills all servers and removes the folder; resolves when nothing is left. */
  close(): Promise<void>;
}

/** How to become root: not at all, or with a sudo that asks no password. */
export const asRoot = (): string[] => (process.getuid?.() === 0 ? [] : ['sudo', '-n']);

/** Starts the keeper of `folder`, which it removes in the end. */
export async function startKeeper(folder: string, controlGroup: string): Promise<Keeper> {
  const [file = '', ...args] = [
    ...asRoot(),
    process.execPath,
    ...['--import', 'tsx', KEEPER, folder, controlGroup],
    ...[process.getuid?.(), process.getgid?.()].map(String),
  ];
  const child = spawn(file, args, {
    cwd: PROJECT,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const listeners = new Set<(message: Report) => void>();
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  // Written to after the keeper died: reported by `exited`.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Report;
    for (const listener of [...listeners]) listener(message);
  });
  const next = (matches: (message: Report) => boolean): Promise<Report> =>
    new Promise((resolve, reject) => {
      const listener = (message: Report) => {
        if (!matches(message)) return;
        listeners.delete(listener);
        resolve(message);
      };
      listeners.add(listener);
      void exited.then((how) => {
        reject(new Error(`the keeper of the test stack ended: ${how}`));
      });
    });
  const ended = (id: string) => next((message) => message.kind === 'ended' && message.id === id);
  const send = (request: Request) => child.stdin.write(`${JSON.stringify(request)}\n`);

  await next((message) => message.kind === 'ready');
  return {
    async start(id, command, isReady) {
      const end = ended(id);
      // Read only if the server ends before it is ready; later ends are the caller's wish.
      end.catch(() => undefined);
      const started = next((message) => message.kind === 'started' && message.id === id);
      started.catch(() => undefined);
      send({ kind: 'start', id, command });
      const over = new AbortController();
      const stopWaiting = () => {
        over.abort();
      };
      end.then(stopWaiting, stopWaiting);
      const first = await Promise.race([poll(isReady, over.signal), end]);
      if (first !== 'ready') {
        const how = first.kind === 'ended' ? first.how : first.kind;
        const log = await readFile(command.logFile, 'utf8');
        throw new Error(`${id} did not start (${how}):\n${log.slice(-3000)}`);
      }
      const report = await started;
      return report.kind === 'started' ? report.pid : 0;
    },
    async stop(id) {
      const end = ended(id);
      send({ kind: 'stop', id });
      await end;
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

const START_TIMEOUT_MS = 4 * 60_000;

/** Asks until the answer is yes; once `over` is aborted nobody waits for it any more. */
async function poll(isReady: () => Promise<boolean>, over: AbortSignal): Promise<'ready'> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady())) {
    if (over.aborted) return new Promise(() => undefined);
    if (Date.now() > deadline) throw new Error('a server of the test stack did not become ready');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return 'ready';
}
