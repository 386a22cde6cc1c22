/** A `docker` that writes down how it was called and what it could see, then is the real one. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StackInfo } from '../../stack/index.js';
import type { Trace } from './forms.js';

/** A folder for the PATH, and what has been recorded through it. */
export interface Recorder {
  readonly folder: string;
  /** One trace for the arguments, one for the environment of each call. */
  calls(): Promise<RecordedCall[]>;
}

export interface RecordedCall {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Key files in the trust store of the call's DOCKER_CONFIG. */
  readonly keyFiles: readonly string[];
}

/** Makes a recording `docker` in front of the real one. */
export async function recordDocker(
  info: StackInfo,
  docker: 'docker20' | 'docker26',
): Promise<Recorder> {
  const parent = path.join(info.folder, 'recorders');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'recorder-'));
  const log = path.join(folder, 'log');
  await mkdir(log);
  const real = path.join(info.tools.dockerPath[docker], 'docker');
  const file = path.join(folder, 'docker');
  await writeFile(
    file,
    [
      '#!/bin/sh',
      `call=$(mktemp -d '${log}/call-XXXXXX')`,
      String.raw`printf '%s\0' "$@" > "$call/args"`,
      'cat /proc/self/environ > "$call/environment"',
      'cp -r "$DOCKER_CONFIG/trust" "$call/trust" 2>/dev/null',
      `exec '${real}' "$@"`,
    ].join('\n'),
  );
  await chmod(file, 0o755);
  const calls = async (): Promise<RecordedCall[]> => {
    const names = await readdir(log);
    return Promise.all(names.map((name) => readCall(path.join(log, name))));
  };
  return { folder, calls };
}

async function readCall(folder: string): Promise<RecordedCall> {
  const parts = async (name: string): Promise<string[]> =>
    (await readFile(path.join(folder, name), 'utf8')).split('\0').slice(0, -1);
  const variables = (await parts('environment')).map((text): [string, string] => {
    const equals = text.indexOf('=');
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  const trust = await filesBelow(path.join(folder, 'trust'));
  return {
    args: await parts('args'),
    environment: Object.fromEntries(variables),
    keyFiles: trust.filter(({ where }) => where.endsWith('.key')).map(({ text }) => text),
  };
}

/** Every file below `folder` with its content; nothing where the folder is not there. */
export async function filesBelow(folder: string): Promise<Trace[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifMissing);
  const files = (entries ?? []).filter((entry) => entry.isFile());
  const traces = files.map(async (entry): Promise<Trace[]> => {
    const where = path.join(entry.parentPath, entry.name);
    const text = await readFile(where, 'latin1').catch(ifMissing);
    return text === undefined ? [] : [{ where, text }];
  });
  return (await Promise.all(traces)).flat();
}

const systemTemp = '/tmp';
const stackPrefix = 'acr-trust-stack-';
const mebibyte = 1024 * 1024;

/** Names in the system's temporary folder, those of test stacks left out. */
export async function namesInSystemTemp(): Promise<Set<string>> {
  return new Set((await readdir(systemTemp)).filter((name) => !name.startsWith(stackPrefix)));
}

/** Files in the system's temporary folder that were not there `before`, the big ones left out. */
export async function newInSystemTemp(before: ReadonlySet<string>): Promise<Trace[]> {
  const fresh = [...(await namesInSystemTemp())].filter((name) => !before.has(name));
  const traces = fresh.map(async (name): Promise<Trace[]> => {
    const where = path.join(systemTemp, name);
    const found = await stat(where).catch(ifMissing);
    if (found?.isDirectory() === true) return filesBelow(where);
    if (found?.isFile() !== true || found.size > mebibyte) return [];
    const text = await readFile(where, 'latin1').catch(ifMissing);
    return text === undefined ? [] : [{ where, text }];
  });
  return (await Promise.all(traces)).flat();
}

/** Removes what was recorded. */
export async function removeRecorder({ folder }: Recorder): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  // Other programs of this machine come and go meanwhile, or keep their files to themselves.
  if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(error.code ?? '')) return undefined;
  throw error;
}
