/**
 * The frame every host runs a command in: secrets masked before anything can print them, inputs
 * read, signals turned into an abort, and one report of whatever was thrown.
 */
import {
  failureOf,
  failureSummary,
  runCommand,
  withAftermath,
  type Aftermath,
  type Failure,
  type HostContext,
} from '../commands/index.js';
import { checkNetworkEnvironment } from '../http/environment.js';
import { proxySecrets } from '../http/proxy.js';
import {
  inputNameOn,
  commandLineOf,
  isReference,
  unknownInputs,
  secretValuesIn,
  type HostName,
  type ProblemList,
} from '../inputs/index.js';
import {
  collectProblems,
  definitionOf,
  inputNames,
  inputsOf,
  readCommand,
  readInputs,
} from '../commands/index.js';
import { sanitizeJson, truncateLines } from './sanitize-documents.js';
import { removeAbandonedConfigs } from '../docker/abandoned-configs.js';
import { exitCodeOf, exitCodes } from '../errors.js';
import { limits } from '../limits.js';
import type { Log } from '../ports.js';
import { createExec } from './exec.js';
import { createHostOutputs } from './host-outputs.js';
import { homeDirectory } from './environment.js';
import type { Host } from './host.js';
import { exitWhenFlushed, tolerateLostOutput } from './exit.js';
import { createLog, createSecrets } from './log.js';
import { shortestMask, type SecretMasker } from './secret-masker.js';
import { sanitizeLines, sanitizeText } from './sanitize-output.js';
import { listenForShutdown, type Shutdown, type SignalSource } from './shutdown.js';

/** The part of the process the frame works with. */
export interface HostProcess extends SignalSource {
  off(event: string, listener: () => void): unknown;
  exitCode?: number | string | null | undefined;
}

/** Runs the host's command to its end, and ends the process when all it printed has arrived. */
export async function runAndExit(
  host: Host,
  process: NodeJS.Process,
  run?: typeof runCommand,
): Promise<void> {
  tolerateLostOutput(process);
  let code: number = exitCodes.failed;
  try {
    await runOn(host, process, run);
    code = Number(process.exitCode);
  } finally {
    await exitWhenFlushed(process, code);
  }
}

/**
 * Runs the host's command to its end and sets the exit code.
 * @returns what was reported, if the run failed.
 */
export async function runOn(
  host: Host,
  process: HostProcess,
  run: typeof runCommand = runCommand,
): Promise<Failure | undefined> {
  const stop = listenForShutdown(process);
  const log = createLog(host.printer, host.masker);
  const handOn = createHostOutputs(host, log);
  // A promise that never settles lets Node exit as if all were well: so failed until proven done.
  process.exitCode = exitCodes.failed;
  let onIdle = (): void => undefined;
  const idle = new Promise<never>((_, reject) => {
    onIdle = () => {
      reject(new Error('the run ended before it was done'));
    };
  });
  process.on('beforeExit', onIdle);
  let aftermath = (): Aftermath => ({ sentences: [], steps: [] });
  let failure: Failure | undefined;
  try {
    const running = attempt(host, { log, handOn, stop, run }, (tell) => {
      aftermath = tell;
    });
    await Promise.race([stop.bound(running), idle]);
    const crash = stop.crash();
    if (crash) failure = failureOf(crash.thrown);
  } catch (thrown) {
    failure = explain(thrown, stop, host.name);
  }
  process.off('beforeExit', onIdle);
  if (failure) {
    failure = withAftermath(failure, aftermath());
    // Of what fails before a command runs, such as a command that is not known, no command tells.
    if (!handOn.hasSummary()) await handOn.addSummary?.(failureSummary(failure));
    report(host, failure);
  }
  await host.finish?.();
  process.exitCode = exitCodeOf(failure);
  return failure;
}

/** Why a run fails that throws this: what made it stop comes before what it ran into. */
function explain(thrown: unknown, stop: Shutdown, host: HostName): Failure {
  const crash = stop.crash();
  const failure = crash ? failureOf(crash.thrown) : failureOf(thrown, stop.stoppedBy());
  // What knows no host names inputs in their one spelling: `signing-key`.
  const spell = (text: string): string =>
    text.replace(/`([a-z-]+)(?=[`:])/g, (whole, name: string) =>
      inputNames.includes(name) ? `\`${inputNameOn(host, name)}` : whole,
    );
  return { ...failure, message: spell(failure.message), remedy: spell(failure.remedy) };
}

/** What an attempt works with. */
interface Frame {
  readonly log: Log;
  readonly handOn: ReturnType<typeof createHostOutputs>;
  readonly stop: Shutdown;
  readonly run: typeof runCommand;
}

async function attempt(
  host: Host,
  { log, handOn, stop, run }: Frame,
  onFailure: HostContext['onFailure'],
): Promise<void> {
  const secrets = createSecrets(host.masker, (form) => {
    host.registerSecret(form);
  });
  const problems = collectProblems((name) => inputNameOn(host.name, name));
  const { nameInput } = problems;
  const texts = readTexts(host, problems, (name, value) => {
    secrets.mask(value);
    const { length } = value.trim();
    if (length > 0 && length < shortestMask) {
      log.warn(`"${nameInput(name)}" is too short to be hidden in the log.`);
    }
  });
  for (const text of proxySecrets(host.environment)) secrets.mask(text);
  checkNetworkEnvironment(host.environment);
  warnOfUnknown(host, log);
  const { askSecret } = host;
  const toJson = (document: object, indent: number): string =>
    sanitizeJson(document, indent, host.masker);
  const command = readCommand(host.command(), problems, (former, now) => {
    const spell = (name: string): string =>
      host.name === 'cli' ? commandLineOf(name).join(' ') : name;
    log.warn(`The command "${spell(former)}" is now "${spell(now)}". Use the new name.`);
  });
  const inputs = readInputs(command, host.name, (name) => texts.get(name) ?? '', problems);
  const identity = host.identity(inputs, secrets, problems.parse);
  if (command === undefined) {
    problems.throwIfAny();
    return;
  }
  const context: HostContext = {
    log,
    secrets,
    askSecret:
      askSecret &&
      (async (question) => {
        const answer = await askSecret(sanitizeText(question, host.masker), stop.signal);
        secrets.mask(answer);
        return answer;
      }),
    exec: createExec(log),
    clock: () => new Date(),
    signal: stop.signal,
    environment: host.environment,
    platform: globalThis.process.platform,
    workingDirectory: host.workingDirectory,
    homeDirectory: homeDirectory(),
    tempDirectory: host.tempDirectory,
    identity,
    nameInput,
    problems,
    setOutput: handOn.setOutput,
    toJson,
    print: (document, indent = 0) => {
      const text =
        typeof document === 'string'
          ? `${sanitizeLines(document.trimEnd(), host.masker).join('\n')}\n`
          : toJson(document, indent);
      if (host.print) host.print(text);
      else for (const line of text.trimEnd().split('\n')) host.printer.line(line);
    },
    explain: (thrown) => explain(thrown, stop, host.name),
    onFailure,
    keepReport: (report) => host.keepReport?.(report),
    addSummary: handOn.addSummary,
    registerCleanup: handOn.registerCleanup,
  };
  await host.prove?.();
  for (const problem of await removeAbandonedConfigs(host.tempDirectory, context.clock())) {
    log.warn(problem);
  }
  try {
    await run(command, inputs, context);
  } catch (thrown) {
    const lost = handOn.lost();
    if (lost) log.warn(lost.message);
    throw thrown;
  }
  const lost = handOn.lost();
  if (lost) throw lost;
}

/** Reads all texts, also those the command has no use for: a secret among them is still a secret. */
function readTexts(
  host: Host,
  problems: ProblemList,
  mask: (name: string, value: string) => void,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const name of inputsOf(host.name)) {
    const text = problems.parse(name, () => host.input(name)) ?? '';
    const definition = definitionOf(name);
    if (definition.secret && !isReference(definition, text)) mask(name, text);
    // Only names of secrets belong there, but what is there is there.
    if (name === 'secrets') for (const value of secretValuesIn(text)) mask(name, value);
    texts.set(name, text);
  }
  return texts;
}

function report(host: Host, failure: Failure): void {
  const { masker, printer } = host;
  for (const cause of failure.causes) printer.debug?.(sanitizeLines(cause, masker).join('\n'));
  host.fail({
    ...failure,
    message: told(failure.message, masker),
    remedy: told(failure.remedy, masker),
  });
}

/** A text of a failure as hosts take it: harmless, and not longer than somebody reads. */
function told(text: string, masker: SecretMasker): string {
  const { kept, more } = truncateLines(sanitizeLines(text, masker), limits.failureBytes);
  return [...kept, ...more.slice(1)].join('\n');
}

/** A mistyped input, or one of another step, must not be ignored without a word. */
function warnOfUnknown(host: Host, log: Pick<Log, 'warn'>): void {
  for (const { name, instead } of unknownInputs(host.name, inputsOf(host.name), host.givenInputs)) {
    if (host.warnsOfUnknown && instead.length === 0) continue;
    const given = host.name === 'cli' ? `Variable ACR_CONTENT_TRUST_${name}` : `Input "${name}"`;
    const remedy =
      instead.length === 0 ? 'Check its name.' : `Use ${instead.join(' and ')} instead.`;
    log.warn(`${given} is not known here and was ignored. ${remedy}`);
  }
}
