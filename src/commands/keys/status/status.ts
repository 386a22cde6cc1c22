/**
 * Shows when each role of repositories ends and which of the keys at hand can put that off. For a
 * scheduled pipeline: fails when something has ended or does so soon. Changes nothing.
 */
import { isTrustError, type TrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import { failureOfEach, valuesOf, type Attempted } from '../../repositories/index.js';
import { openAvailableKeys } from '../../signing/available-keys.js';
import { readRenewalConfiguration } from '../renewal/configuration.js';
import { expiryError, firstEnd, troublesOf } from '../renewal/describe.js';
import { failuresOf } from '../renewal/facts.js';
import { lookAtRepositories, openMeans } from '../renewal/look.js';
import { statusReport, statusSummary, statusTable, type StatusFacts } from './report.js';

/**
 * Runs `keys status`.
 * @throws {TrustError} after all repositories were shown: TRUST_DATA_EXPIRED; what a repository could
 * not be looked at for, such as TRUST_DATA_MISSING; TRUST_DATA_EXPIRING.
 */
export async function showKeysStatus(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readRenewalConfiguration('keysStatus', inputs, workingDirectory, problems);
  const { reportPath, withinDays, keys } = configuration;
  const { log, warnings } = context;
  const means = await log.group('Keys at hand', () =>
    openMeans(configuration, context, (azure) => openAvailableKeys(keys, azure, context)),
  );
  const looked = await lookAtRepositories(configuration, means, context);
  const repositories = valuesOf(looked);
  const facts: StatusFacts = {
    now: context.clock(),
    withinDays,
    keys: means.keys.map(({ signer: { keyId, description } }) => ({ keyId, description })),
    repositories: repositories.map(({ gun, renewals }) => ({ gun, renewals })),
    failures: failuresOf(looked),
    warnings,
  };
  await log.group('Expiry', () => {
    for (const { gun, error } of looked) {
      if (error) log.warn(`${gun} cannot be looked at: ${error.message}`);
    }
    if (repositories.length > 0) for (const line of statusTable(facts)) log.info(line);
    return Promise.resolve();
  });
  const first = firstEnd(repositories.flatMap(({ renewals }) => renewals));
  if (first) context.setOutput('first-expiry', first.toISOString());
  await handOnReport(statusReport(facts), reportPath, context);
  await context.addSummary(statusSummary(facts));

  const judged = looked.map((one): Attempted<undefined> => {
    const error = one.error ?? expiryError(one.gun, troublesOf(one.value.renewals), withinDays);
    return error ? { gun: one.gun, error } : { gun: one.gun, value: undefined };
  });
  const failure = failureOfEach(worstFirst(judged), 'needs attention');
  if (failure) throw failure;
}

/** The first failure gives the run its code. */
function worstFirst<T>(attempted: readonly Attempted<T>[]): readonly Attempted<T>[] {
  return [...attempted].sort((a, b) => severityOf(b.error) - severityOf(a.error));
}

function severityOf(error: TrustError | undefined): number {
  if (!error) return 0;
  if (isTrustError(error, 'TRUST_DATA_EXPIRING')) return 1;
  return isTrustError(error, 'TRUST_DATA_EXPIRED') ? 3 : 2;
}
