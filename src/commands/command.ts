/**
 * How every command runs: all inputs are checked first, the command does its work, and its one
 * report becomes log lines, outputs, trust report, job summary and the failure of the run.
 */
import {
  commandLineOf,
  type DescribedCommand,
  type Inputs,
  type InputValues,
  type OutputName,
  type RawValues,
} from '../inputs/index.js';
import { createAccess, type AccessConfiguration } from '../access/index.js';
import type { HostContext } from './context.js';
import type { Run } from './run.js';
import { checkIdentity } from './inputs/check-identity.js';
import { identityInputs, readPrincipal } from './inputs/identity.js';
import { readNames } from './inputs/names.js';
import { trustReport } from './inputs/output-file.js';
import type { Read } from './inputs/read.js';
import { withConnectedRegistry } from './inputs/registry-connection.js';
import { placeOfReport, writeReport } from '../report/report-file.js';
import { errorFacts, withAftermath, type Aftermath, type ErrorFacts } from '../report/failure.js';
import type { Failed } from '../report/failure-of-many.js';
import { logLines, type Report } from '../report/report.js';
import { summaryOf, type Summarised } from '../report/summary.js';
import { isTrustError } from '../errors.js';
import type { Log } from '../ports.js';

/** What a command is; all else is made from it. */
export interface CommandDefinition<
  N extends string,
  I extends Inputs,
  C,
  O extends OutputName,
> extends Omit<DescribedCommand<N>, 'inputs' | 'outputs' | 'example' | 'argument'> {
  /** Its own inputs, besides those that every command has. */
  readonly inputs: I;
  readonly example: readonly (keyof I & string)[];
  readonly argument?: keyof I & string;
  /** Every output that it may set, besides the trust report. Default: none. */
  readonly outputs?: readonly O[];
  /** Whether it writes a trust report. Default: true. */
  readonly hasReport?: boolean;
  /**
   * From the inputs to what is asked for. Asks nobody, and notes what is wrong: when something was
   * noted, the run ends before `run`, whatever is returned.
   */
  readonly parse: (read: Read<I>, signal: AbortSignal) => C | undefined | Promise<C | undefined>;
  /**
   * Does what is asked for.
   * @throws what leaves nothing to report; any other failure stands in the report.
   */
  readonly run: (configuration: C, run: Run<NoInfer<O>>) => Promise<Report<NoInfer<O>>>;
}

/** A command, ready to run. */
export interface Command<N extends string = string> extends DescribedCommand<N> {
  /** @throws {TrustError} for everything a user can meet; nothing is reported as done that is not. */
  readonly execute: (values: RawValues, context: HostContext) => Promise<void>;
}

/** The command of a definition. */
export function defineCommand<
  const N extends string,
  const I extends Inputs,
  C,
  const O extends OutputName = never,
>({
  parse,
  run: perform,
  inputs,
  outputs = [],
  hasReport = true,
  ...described
}: CommandDefinition<N, I, C, O>): Command<N> {
  const { name, label } = described;
  const words = commandLineOf(name).join(' ').replaceAll('-', ' ');
  return {
    ...described,
    inputs: { ...inputs, ...identityInputs, ...(hasReport && { 'trust-report': trustReport }) },
    outputs: [...outputs, ...(hasReport ? ['trust-report' as const] : [])],
    execute: async (raw, context) => {
      const { problems, workingDirectory, environment, signal, log: hostLog } = context;
      const file = await placeOfReport(raw['trust-report'] as string | undefined, context);
      let values = raw as InputValues<I> & FrameValues & SubjectValues;
      let configuration: C | undefined;
      try {
        const connected = withConnectedRegistry(raw, context.identity.registryConnection, problems);
        const names = readNames(connected, problems, (note) => {
          hostLog.info(note);
        });
        values = { ...raw, ...names } as typeof values;
        const read = { ...problems, values, workingDirectory, environment };
        configuration = await parse(read, signal);
        checkIdentity(read, context.identity);
        await problems.runChecks();
        problems.throwIfAny();
        if (configuration === undefined)
          throw new TypeError('invariant violated: no problem is noted');
      } catch (failure) {
        const rejected = { command: words, heading: label, subjects: subjectsOf(values), body: [] };
        await context.addSummary?.(summaryOf(rejected, errorFacts(context.explain(failure)), []));
        throw failure;
      }

      const { log, warnings } = keepWarnings(hostLog);
      const ports = { ...context, log };
      const write = async (facts: object): Promise<void> => {
        const whole = { formatVersion: 1, command: name, ...facts, warnings };
        context.keepReport(whole);
        await writeReport(file, whole, context);
        context.setOutput('trust-report', file);
      };
      let saved = {};
      let aftermath: (() => Aftermath) | undefined;
      const run: Run<OutputName> = {
        ...ports,
        warnings,
        access: createAccess(accessOf(values), ports),
        onFailure: (tell) => {
          aftermath = tell;
          context.onFailure(tell);
        },
        saveReport: async (facts) => {
          await write(facts);
          saved = facts;
        },
      };
      let report: Report<OutputName>;
      try {
        report = await perform(configuration, run);
      } catch (failure) {
        report = { title: label, heading: label, body: [], facts: saved, outputs: {}, failure };
      }
      const { failure } = report;
      const error =
        failure === undefined
          ? undefined
          : errorFacts(withAftermath(context.explain(failure), aftermath?.() ?? nothingChanged));
      const summarised = { command: words, subjects: subjectsOf(values), ...report };
      await handOn(summarised, error, hasReport ? write : undefined, run);
      if (failure !== undefined) throw failure as Error;
    },
  };
}

const nothingChanged: Aftermath = { sentences: [], steps: [] };

/** The inputs that the frame reads, of every command. */
type FrameValues = InputValues<typeof identityInputs> & {
  readonly 'registry-login'?: AccessConfiguration['registryLogin'];
};

/** The inputs by which commands name images and repositories. */
interface SubjectValues {
  readonly images?: readonly string[];
  readonly registry?: string;
  readonly repository?: string;
  readonly tags?: readonly string[];
}

function accessOf(values: FrameValues): AccessConfiguration {
  const { cloud, 'registry-login': registryLogin = 'azure' } = values;
  return { cloud, principal: readPrincipal(values), registryLogin };
}

/** The images or repositories that the inputs name. */
function subjectsOf({
  images = [],
  registry,
  repository,
  tags: [tag] = [],
}: SubjectValues): readonly string[] {
  if (registry === undefined || repository === undefined) return images;
  const tagged = tag === undefined ? '' : `:${tag}`;
  return [...repository.split(',').map((name) => `${registry}/${name.trim()}${tagged}`), ...images];
}

/** Says what there is to say, wherever the host shows it: outputs and trust report before all ends. */
async function handOn(
  report: Report<OutputName> & Summarised,
  error: ErrorFacts | undefined,
  write: ((facts: object) => Promise<void>) | undefined,
  { log, warnings, clock, setOutput, addSummary }: Run<OutputName>,
): Promise<void> {
  const { title, body, facts, outputs, failures } = report;
  const lines = logLines(body);
  if (lines.length > 0) {
    await log.group(title, () => {
      for (const line of lines) log.info(line);
      return Promise.resolve();
    });
  }
  for (const [output, value] of Object.entries(outputs)) {
    if (value !== undefined) setOutput(output as OutputName, value);
  }
  try {
    await write?.({
      outcome: error ? 'failed' : 'done',
      ...(error && { error }),
      at: clock().toISOString(),
      ...facts,
      ...(failures && { failures: failures.map(failureFacts) }),
    });
  } catch (problem) {
    // By now a report that cannot be written changes nothing of what was done.
    if (!isTrustError(problem, 'FILE_NOT_WRITTEN')) throw problem;
    log.warn(`The trust report is missing: ${problem.message}`);
  }
  await addSummary?.(summaryOf(report, error, warnings));
}

function failureFacts({ name, error: { code, message } }: Failed): object {
  return { gun: name, code, message };
}

/** A log that says each warning once, and what it has warned of. */
function keepWarnings(log: Log): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    warnings,
    log: {
      ...log,
      group: (title, body) => log.group(title, body),
      warn: (line) => {
        if (warnings.includes(line)) return;
        warnings.push(line);
        log.warn(line);
      },
    },
  };
}
