/** Lists who may sign repositories. Reads only, needs no more than AcrPull, and shows expired data too. */
import type { InputValues } from '../inputs/values.js';
import { listSigners } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { rolesOf } from '../inspect/facts.js';
import { handOnReport } from '../report/report-file.js';
import {
  failureOfEach,
  openRepositories,
  readTrust,
  thenEach,
  valuesOf,
} from '../repositories/index.js';
import { resolvePin } from '../signing/pins.js';
import { readListConfiguration } from './configuration.js';
import {
  listingReport,
  listingSummary,
  listingTable,
  type ListingFacts,
  type RepositorySigners,
} from './listing-report.js';

/**
 * Runs `signers list`.
 * @throws {TrustError} what a repository could not be looked at for, after all were looked at.
 */
export async function listRepositorySigners(
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { workingDirectory, clock, problems } = context;
  const configuration = readListConfiguration(inputs, workingDirectory, problems);
  const { log, warnings } = context;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const opened = await log.group('Registry login', () =>
    openRepositories(configuration.repositories, context),
  );
  const attempted = await log.group('Trust data', async () => {
    const pins = await Promise.all(
      configuration.pins.map((pin) => resolvePin(pin, azure, context)),
    );
    return thenEach(opened, async (repository): Promise<RepositorySigners> => {
      const { view } = await readTrust(repository, { pins, expiry: 'report' }, context);
      const listing = listSigners(view);
      for (const warning of listing.warnings) log.warn(warning);
      return { gun: repository.gun, listing, roles: rolesOf(view, clock(), 0) };
    });
  });
  const facts: ListingFacts = {
    repositories: valuesOf(attempted),
    failures: attempted.flatMap(({ gun, error }) => (error ? [{ gun, error }] : [])),
    warnings,
  };
  for (const repository of facts.repositories) {
    await log.group(repository.gun, () => {
      for (const line of listingTable(repository)) log.info(line);
      return Promise.resolve();
    });
  }
  context.setOutput('repositories', facts.repositories.map(({ gun }) => gun).join('\n'));
  await handOnReport(listingReport(facts), configuration.reportPath, context);
  await context.addSummary(listingSummary(facts));
  const failure = failureOfEach(attempted, 'could not be looked at');
  if (failure) throw failure;
}
