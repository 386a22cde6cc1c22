/**
 * Runs the product as users get it: the action by its `main`, the task by its handler, the command
 * line by its bin. Each as a child process with the environment its host would give it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { run, type RunOptions, type RunResult, type StackInfo } from '../stack/index.js';
import { parsePipelinesOutput } from './pipelines-output.js';

export type ProductHost = 'action' | 'task' | 'cli';

/** Where and how a run of the product takes place. */
export interface ProductOptions {
  readonly host: ProductHost;
  /** Kebab-case inputs, `command` included for action and task. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Which Docker is on the PATH; none without it. */
  readonly docker?: 'docker20' | 'docker26';
  /** Default: 24. */
  readonly node?: '20' | '24';
  /** The user's DOCKER_CONFIG. */
  readonly dockerConfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the folder of the run, which is empty. */
  readonly cwd?: string;
  /** Comes first on the PATH. */
  readonly programs?: string;
  /** Have the host ask for debug output. */
  readonly debug?: boolean;
  /** Which action, such as `actions/signers`, by its own action.yml; default: the main one. */
  readonly actionFolder?: string;
  /** Where it is installed: the action's or the package's folder, or that of the task; default: here. */
  readonly installed?: string;
  readonly timeoutMs?: number;
  /** Sends the product a signal, once, as soon as its output matches. */
  readonly signalWhen?: RunOptions['signalWhen'];
  readonly signals?: RunOptions['signals'];
}

/** What a run left behind. */
export interface ProductResult extends RunResult {
  readonly host: ProductHost;
  /** Outputs in kebab case. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown added to the job summary. */
  readonly summary: string;
  /** The folder of the run: temporary files of the host, and nothing else. */
  readonly folder: string;
  /** For the task: Succeeded or Failed, as the last result said. */
  readonly taskResult?: string;
}

const root = path.resolve(import.meta.dirname, '../..');

/** What ships, by the files that say so to the hosts. */
const bundles = {
  action: async (installed = root, folder = '') => {
    const file = path.join(installed, folder, 'action.yml');
    const action = parse(await readFile(file, 'utf8')) as ActionFile;
    return path.join(installed, folder, action.runs.main);
  },
  task: (installed = path.join(root, 'dist/task/AcrContentTrustV1')) =>
    path.join(installed, 'index.js'),
  cli: async (installed = root) => {
    const text = await readFile(path.join(installed, 'package.json'), 'utf8');
    return path.join(installed, (JSON.parse(text) as PackageFile).bin['acr-content-trust'] ?? '');
  },
};

interface ActionFile {
  readonly runs: { readonly main: string };
}

interface PackageFile {
  readonly bin: Readonly<Record<string, string>>;
}

/** The program that a run of the product is, in a fresh folder below the stack's. */
export async function programOf(stack: StackInfo, options: ProductOptions) {
  const folder = path.join(stack.folder, 'runs', randomUUID());
  const temp = path.join(folder, 'temp');
  await mkdir(temp, { recursive: true });
  const { file, args, env } = await invocation(options, folder, temp);
  return {
    folder,
    file: stack.tools.node[options.node ?? '24'],
    args: [file, ...args],
    cwd: options.cwd ?? folder,
    env: {
      ...stack.env,
      HOME: folder,
      PATH: [
        options.programs,
        options.docker && stack.tools.dockerPath[options.docker],
        '/usr/bin',
        '/bin',
      ]
        .filter((part) => part !== undefined)
        .join(':'),
      ...(options.docker && { DOCKER_HOST: stack.dockerHost[options.docker] }),
      ...(options.dockerConfig !== undefined && { DOCKER_CONFIG: options.dockerConfig }),
      ...env,
      ...options.env,
    },
  };
}

/** Runs the product once. */
export async function runProduct(
  stack: StackInfo,
  options: ProductOptions,
): Promise<ProductResult> {
  const { folder, file, args, cwd, env } = await programOf(stack, options);
  const { host, signalWhen, signals, timeoutMs = 5 * 60_000 } = options;
  const result = await run(file, args, {
    cwd,
    // What a run has compiled, the next one need not: a fifth of the processor time of hundreds of runs.
    env: { NODE_COMPILE_CACHE: path.join(stack.folder, 'compiled'), ...env },
    timeoutMs,
    ...(signalWhen && { signalWhen }),
    ...(signals && { signals }),
  });
  return { ...result, ...(await collect(host, folder, result)), host, folder };
}

interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function invocation(
  { host, inputs, actionFolder, installed, debug = false }: ProductOptions,
  folder: string,
  temp: string,
): Promise<Invocation> {
  switch (host) {
    case 'action': {
      const files = {
        GITHUB_OUTPUT: path.join(folder, 'output'),
        GITHUB_STATE: path.join(folder, 'state'),
        GITHUB_STEP_SUMMARY: path.join(folder, 'summary.md'),
      };
      for (const file of Object.values(files)) await writeFile(file, '');
      return {
        file: await bundles.action(installed, actionFolder),
        args: [],
        env: {
          ...files,
          RUNNER_TEMP: temp,
          GITHUB_ACTIONS: 'true',
          ...(debug && { RUNNER_DEBUG: '1' }),
          ...inputVariables(inputs),
        },
      };
    }
    case 'task': {
      const camel = Object.entries(inputs).map(
        ([name, value]) =>
          [name.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase()), value] as const,
      );
      return {
        file: bundles.task(installed),
        args: [],
        env: {
          AGENT_TEMPDIRECTORY: temp,
          AGENT_WORKFOLDER: folder,
          AGENT_VERSION: '4.273.0',
          SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
          TF_BUILD: 'True',
          ...(debug && { SYSTEM_DEBUG: 'true' }),
          ...inputVariables(Object.fromEntries(camel)),
        },
      };
    }
    case 'cli': {
      const { command = 'buildAndPush', ...rest } = inputs;
      const variables = Object.entries(rest).map(
        ([name, value]) =>
          [`ACR_CONTENT_TRUST_${name.replaceAll('-', '_').toUpperCase()}`, value] as const,
      );
      return {
        file: await bundles.cli(installed),
        args: [
          ...wordsOf(command),
          '--json',
          ...(debug ? ['--debug'] : []),
          ...['--summary-file', path.join(folder, 'summary.md')],
        ],
        env: { TMPDIR: temp, ...Object.fromEntries(variables) },
      };
    }
  }
}

/** A command line asks for `keysInit` as `keys init`; a command may also be given so. */
function wordsOf(command: string): readonly string[] {
  const [, group, verb] = /^(keys|signers|trust)([A-Z][a-z]+)$/.exec(command) ?? [];
  return group && verb ? [group, verb.toLowerCase()] : command.split(' ');
}

/** Both hosts hand inputs over as INPUT_ and the name in capitals, blanks as underscores. */
function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}

type Collected = Pick<ProductResult, 'outputs' | 'summary' | 'taskResult'>;

/** What a run in `folder` told its host. */
export async function collect(
  host: ProductHost,
  folder: string,
  result: RunResult,
): Promise<Collected> {
  const summaryFile = path.join(folder, 'summary.md');
  switch (host) {
    case 'action':
      return {
        outputs: parseGitHubOutput(await readFile(path.join(folder, 'output'), 'utf8')),
        summary: await readFile(summaryFile, 'utf8'),
      };
    case 'cli': {
      const text = result.stdout.trim();
      const document = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
      // Version, error and report stand beside the outputs, which are texts.
      const camel = Object.entries(document).filter(([, value]) => typeof value === 'string');
      return {
        outputs: toKebab(Object.fromEntries(camel) as Record<string, string>),
        summary: await readIfThere(summaryFile),
      };
    }
    case 'task': {
      const { variables, summaries, results } = parsePipelinesOutput(result.stdout);
      const summary = await Promise.all(summaries.map((file) => readIfThere(file)));
      const taskResult = results.at(-1);
      return {
        outputs: toKebab(variables),
        summary: summary.join('\n'),
        ...(taskResult !== undefined && { taskResult }),
      };
    }
  }
}

function toKebab(camel: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(camel).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** `name<<delimiter`, value, `delimiter`, as the runner reads it. */
function parseGitHubOutput(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const match of text.matchAll(/^([^\r\n<]+)<<(\S+)\r?\n([\s\S]*?)\r?\n\2$/gm)) {
    outputs[match[1] ?? ''] = match[3] ?? '';
  }
  return outputs;
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Removes the folder of a run. */
export async function removeRun({ folder }: ProductResult): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
