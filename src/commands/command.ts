/**
 * How every command runs: all inputs are checked first, the command does its work, and its one
 * report becomes log lines, outputs, trust report, job summary and the failure of the run.
 */
import path from 'node:path';
import type {
  DescribedCommand,
  Inputs,
  InputValues,
  OutputName,
  RawValues,
} from '../inputs/index.js';
import { createAccess, type AccessConfiguration } from './access/access.js';
import type { HostContext, Run, RunContext } from './context.js';
import { checkIdentity, identityInputs } from './inputs/identity.js';
import { readNames } from './inputs/names.js';
import type { Read } from './inputs/read.js';
import { trustReport } from './inputs/report.js';
import type { InputValues as LegacyValues } from './inputs/values.js';
import { collectWarnings } from './report/collect-warnings.js';
import { errorFacts } from './report/error-facts.js';
import { proveReportPath, proveTemporaryFolder, writeTrustReport } from './report/report-file.js';
import { logLines, summaryOf, type Report } from './report/report-model.js';
import type { Aftermath } from './signing/registry-state.js';
import { isTrustError } from '../errors.js';

/** What a command is; all else is made from it. */
export interface CommandDefinition<N extends string, I extends Inputs, C> extends Omit<
  DescribedCommand<N>,
  'inputs'
> {
  /** Its own inputs, besides those that every command has. */
  readonly inputs: I;
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
  readonly run: (configuration: C, run: Run) => Promise<Report>;
}

/** A command, ready to run. */
export interface Command<N extends string = string> extends DescribedCommand<N> {
  /** @throws {TrustError} for everything a user can meet; nothing is reported as done that is not. */
  readonly execute: (values: RawValues, context: HostContext) => Promise<void>;
}

/** The command of a definition. */
export function defineCommand<const N extends string, const I extends Inputs, C>({
  parse,
  run: perform,
  inputs,
  hasReport = true,
  ...described
}: CommandDefinition<N, I, C>): Command<N> {
  const { name, label } = described;
  return {
    ...described,
    inputs: withCommon(inputs, hasReport),
    execute: async (raw, context) => {
      const { problems, workingDirectory } = context;
      const { values, run, close } = await open(name, raw, context);
      const read = { ...problems, values: values as InputValues<I>, workingDirectory };
      const configuration = await parse(read, context.signal);
      checkIdentity({ ...problems, values: identityOf(values), workingDirectory });
      await problems.runChecks();
      problems.throwIfAny();
      if (configuration === undefined)
        throw new TypeError('invariant violated: no problem is noted');
      await close(hasReport, label, () => perform(configuration, run));
    },
  };
}

/** The inputs of a command, with those that the frame reads. */
function withCommon(inputs: Inputs, hasReport: boolean): Inputs {
  return {
    ...inputs,
    ...identityInputs,
    ...(hasReport && { 'trust-report': trustReport }),
  };
}

function identityOf(values: RawValues): InputValues<typeof identityInputs> {
  return values as InputValues<typeof identityInputs>;
}

interface Opened {
  readonly values: RawValues;
  readonly run: Run;
  /** Runs the command, and hands on what it says. */
  readonly close: (hasReport: boolean, label: string, body: () => Promise<Report>) => Promise<void>;
}

/** What every command begins with: a place for its report, and the names of its image. */
async function open(name: string, raw: RawValues, context: HostContext): Promise<Opened> {
  const { log: ownLog, problems, workingDirectory } = context;
  const given = raw['trust-report'] as string | undefined;
  let reportPath = given === undefined ? undefined : path.resolve(workingDirectory, given);
  if (reportPath !== undefined) {
    const file = reportPath;
    problems.check('trust-report', () => proveReportPath(file, context));
  } else {
    await proveTemporaryFolder(context);
  }
  const names = readNames(raw, problems, (note) => {
    ownLog.info(note);
  });
  const values: RawValues = { ...raw, ...names };

  const { log, warnings } = collectWarnings(ownLog);
  const common = { formatVersion: 1, command: name };
  const write = async (facts: object): Promise<void> => {
    const document = { ...common, ...facts, warnings };
    reportPath = await writeTrustReport(document, reportPath, context);
    context.setOutput('trust-report', reportPath);
  };
  let aftermath: (() => Aftermath) | undefined;
  let saved = {};
  const ports = { ...context, log };
  const run: Run = {
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
  const close: Opened['close'] = async (hasReport, label, body) => {
    let report: Report;
    try {
      report = await body();
    } catch (thrown) {
      const facts = saved;
      report = { title: label, heading: label, body: [], facts, outputs: {}, failure: thrown };
    }
    const { failure, failures } = report;
    const lines = logLines(report.body);
    if (lines.length > 0) {
      await log.group(report.title, () => {
        for (const line of lines) log.info(line);
        return Promise.resolve();
      });
    }
    for (const [output, value] of Object.entries(report.outputs)) {
      if (value !== undefined) context.setOutput(output as OutputName, value);
    }
    const error = failure === undefined ? undefined : errorFacts(failure, aftermath?.());
    if (hasReport) {
      try {
        await write({
          outcome: error ? 'failed' : 'done',
          ...(error && { error }),
          at: context.clock().toISOString(),
          ...report.facts,
          ...(failures && { failures: failures.map(failureFacts) }),
        });
      } catch (problem) {
        // By now a report that cannot be written changes nothing of what was done.
        if (!isTrustError(problem, 'INPUT_INVALID', 'FILE_NOT_WRITTEN')) throw problem;
        log.warn(`The trust report is missing: ${problem.message}`);
      }
    }
    await context.addSummary(summaryOf(report, error, warnings));
    if (failure !== undefined) throw failure as Error;
  };
  return { values, run, close };
}

function failureFacts({ name, error: { code, message } }: NonNullable<Report['failures']>[number]) {
  return { gun: name, code, message };
}

function accessOf(values: RawValues): AccessConfiguration {
  const identity = identityOf(values);
  return {
    cloud: identity.cloud,
    identity,
    registryLogin: values['registry-login'] === 'existing' ? 'existing' : 'azure',
  };
}

/** A command that still reads its inputs and reports by itself. */
export function legacyCommand<const N extends string>({
  execute,
  inputs,
  hasReport = true,
  ...described
}: Omit<CommandDefinition<N, Inputs, unknown>, 'parse' | 'run'> & {
  readonly execute: (inputs: LegacyValues, context: RunContext) => Promise<void>;
}): Command<N> {
  return {
    ...described,
    inputs: withCommon(inputs, hasReport),
    execute: async (raw, context) => {
      const { values, run } = await open(described.name, raw, context);
      const { problems } = context;
      await problems.runChecks();
      await execute(values as unknown as LegacyValues, { ...run, problems });
    },
  };
}
