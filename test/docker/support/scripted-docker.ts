/**
 * A scripted program called `docker`, for versions and failures that cannot be had from a real one.
 * It runs as a real child process through the product's own Exec, and records argv and environment.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DockerCli, createDockerCli } from '../../../src/docker/index.js';
import { createExec } from '../../../src/hosts/exec.js';

/** What the program does for the first rule whose `args` match its joined arguments. */
export interface Rule {
  readonly args: RegExp;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Written to the file that `--iidfile` names. */
  readonly iid?: string;
  /** Written to the file that `--metadata-file` names. */
  readonly metadata?: unknown;
}

export interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ScriptedDocker {
  readonly folder: string;
  readonly docker: DockerCli;
  readonly calls: () => readonly Call[];
}

const program = `#!${process.execPath}
const fs = require('node:fs'), path = require('node:path');
const args = process.argv.slice(2), here = __dirname;
fs.appendFileSync(path.join(here, 'calls'), JSON.stringify({ args, env: process.env }) + '\\n');
const rules = JSON.parse(fs.readFileSync(path.join(here, 'rules'), 'utf8'));
const rule = rules.find((r) => new RegExp(r.args).test(args.join(' ')));
if (rule === undefined) { console.error('unscripted: ' + args.join(' ')); process.exit(99); }
const after = (flag) => args[args.indexOf(flag) + 1];
if (rule.iid) fs.writeFileSync(after('--iidfile'), rule.iid);
if (rule.metadata) fs.writeFileSync(after('--metadata-file'), JSON.stringify(rule.metadata));
process.stdout.write(rule.stdout || '');
process.stderr.write(rule.stderr || '');
process.exitCode = rule.exitCode || 0;
`;

/** A temporary folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'docker-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Makes the program and a {@link DockerCli} that runs it. */
export function scriptedDocker(
  rules: readonly Rule[],
  env: Record<string, string> = {},
): ScriptedDocker {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'docker'), program);
  chmodSync(join(folder, 'docker'), 0o755);
  writeFileSync(
    join(folder, 'rules'),
    JSON.stringify(rules.map((rule) => ({ ...rule, args: rule.args.source }))),
  );
  const exec = createExec({ info: () => undefined });
  return {
    folder,
    docker: createDockerCli({ exec, env: { PATH: folder, ...env }, cwd: folder }),
    calls: () =>
      existsSync(join(folder, 'calls'))
        ? readFileSync(join(folder, 'calls'), 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Call)
        : [],
  };
}

/** The log port, kept as lines. */
export function recordingLog(): { readonly lines: string[]; info(line: string): void } {
  const lines: string[] = [];
  return { lines, info: (line) => void lines.push(line) };
}

/** The code of a failure, or what happened instead. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; remedy?: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing failed');
}
