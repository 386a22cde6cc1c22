/** act: runs workflows of GitHub that nobody of us wrote the runner for, on this machine, without containers. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../docs/pages.js';
import { buildGoProgram } from '../../judges/go-program.js';
import { run, type RunResult } from '../../stack/index.js';

export interface ActOptions {
  /** The checked-out repository, with the workflow in .github/workflows. */
  readonly project: string;
  /** A folder for what act keeps. */
  readonly work: string;
  readonly workflow: string;
  readonly event: string;
  /** Runs this job alone. */
  readonly job?: string;
  /** The runners that jobs ask for. Default: that of the examples. */
  readonly platforms?: readonly string[];
  /** What GitHub says of the event. */
  readonly payload?: object;
  /** The folder of each `owner/name@ref`. */
  readonly repositories: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Of every step. */
  readonly env: Readonly<Record<string, string>>;
}

/** The program, or why it cannot be had. */
export const buildAct = () => buildGoProgram(path.join(root, 'test/judges/act'));

/** Runs the jobs of a workflow. */
export async function runAct(program: string, options: ActOptions): Promise<RunResult> {
  const { project, work, workflow, event, payload = {}, repositories, variables = {} } = options;
  await mkdir(work, { recursive: true });
  const eventFile = path.join(work, 'event.json');
  await writeFile(eventFile, JSON.stringify(payload));
  const { PATH = '', ...env } = options.env;
  const { job, platforms = ['ubuntu-24.04'] } = options;
  const listOf = (option: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
  return run(
    program,
    [
      event,
      ...['--workflows', `.github/workflows/${workflow}`, '--eventpath', eventFile],
      // On this machine, instead of in a container.
      ...platforms.flatMap((name) => ['--platform', `${name}=-self-hosted`]),
      ...(job === undefined ? [] : ['--job', job]),
      '--no-cache-server',
      ...listOf('--local-repository', repositories),
      ...listOf('--var', variables),
      ...listOf('--env', env),
    ],
    { cwd: project, env: { HOME: work, PATH, TMPDIR: work } },
  );
}

/** Makes an action that does no more than to answer, and to copy `files` of its input `path`. */
export async function writeAction(
  folder: string,
  { files, ...outputs }: Readonly<Record<string, string>> = {},
): Promise<string> {
  const copy = `mkdir -p "$GIVEN" && cp -R '${files ?? ''}'/"$GIVEN"/. "$GIVEN"`;
  const step = {
    run: files === undefined ? 'true' : copy,
    shell: 'sh',
    env: { GIVEN: '${{ inputs.path }}' },
  };
  const action = {
    name: path.basename(folder),
    inputs: { path: { description: 'Where files go.' } },
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])),
    runs: { using: 'composite', steps: [step] },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'action.yml'), JSON.stringify(action));
  return folder;
}

/** Makes a program that notes in `notes` what it is called with, and the files of its `--filename`. */
export async function writeProgram(file: string, notes: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(
    file,
    `#!/bin/sh
exec >> '${notes}'
echo "\${0##*/} $*"
[ "$2" != --filename ] || find "$3" -type f -exec cat {} +
`,
  );
  await chmod(file, 0o755);
}
