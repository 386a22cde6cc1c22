/** Runs a command on the command line's host in this process, and catches all it prints and writes. */
import { EventEmitter } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../../../src/commands/index.js';
import { createCliHost } from '../../../src/hosts/cli/host.js';
import { runOn } from '../../../src/hosts/run.js';
import { inputsOf, type CommandName } from '../../../src/commands/index.js';
import type { EchoScenario } from './scenario.js';

export interface Told {
  /** Where, and what: both outputs, and every file that was left, outputs and summary included. */
  readonly traces: readonly { readonly where: string; readonly text: string }[];
  readonly exitCode: number;
  readonly all: string;
}

/** Runs `command` with debug output, a summary and a trust report; inputs it has not are left out. */
export async function runToldCommand(
  command: CommandName,
  inputs: Readonly<Partial<Record<string, string>>>,
  { exec }: Pick<EchoScenario, 'exec'>,
  prepare: (folder: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Told> {
  const folder = await mkdtemp(path.join(tmpdir(), 'echo-'));
  await prepare(folder);
  const known = new Set<string>(inputsOf('cli', command));
  const written = { stdout: '', stderr: '' };
  const terminal = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const { HTTPS_PROXY } = process.env;
  const variables = Object.entries({ ...inputs, 'trust-report': path.join(folder, 'report.json') })
    .filter(([name]) => known.has(name) || /passphrase|secret$/.test(name))
    .map(([name, value]): [string, string] => [name.replaceAll('-', '_').toUpperCase(), value]);
  const host = {
    ...createCliHost(
      {
        command,
        options: new Map(),
        json: true,
        debug: true,
        summaryFile: path.join(folder, 'summary.md'),
      },
      {
        environment: { HTTPS_PROXY },
        variables: new Map(variables),
        stdout: terminal('stdout'),
        stderr: terminal('stderr'),
      },
    ),
    tempDirectory: folder,
    workingDirectory: folder,
  };
  const process_ = Object.assign(new EventEmitter(), { exitCode: 0 });
  await runOn(host, process_, (name, values, context) =>
    runCommand(name, values, { ...context, exec: exec(context) }),
  );
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const traces = [
    { where: 'standard output', text: written.stdout },
    { where: 'standard error', text: written.stderr },
    ...(await Promise.all(
      files.map(async (file) => ({
        where: path.relative(folder, file),
        text: await readFile(file, 'latin1'),
      })),
    )),
  ];
  await rm(folder, { recursive: true });
  const all = traces.map(({ text }) => text).join('\n');
  return { traces, exitCode: process_.exitCode, all };
}
