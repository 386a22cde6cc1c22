/**
 * Signs again what ends soon or has ended, as far as the keys at hand may, with nothing else changed.
 * Says "renewed" only of what a stranger reads so. What stays due makes the run fail in the end.
 */
import { TrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import {
  isDue,
  isClientRenewed,
  planRenewal,
  roleExpiries,
  renewRoles,
  requireAnchor,
  type RoleExpiry,
  type Signer,
} from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import {
  failureOfEach,
  requirePublish,
  thenEach,
  valuesOf,
  type Attempted,
} from '../../repositories/index.js';
import { openAvailableKeys } from '../../signing/available-keys.js';
import { readRenewalConfiguration } from '../renewal/configuration.js';
import { expiryError, firstEnd, nameOf, neededKeys, remedyFor } from '../renewal/describe.js';
import { failuresOf } from '../renewal/facts.js';
import { lookAtRepositories, openMeans, type LookedAt } from '../renewal/look.js';
import {
  renewReport,
  renewSummary,
  renewTable,
  type RenewedRepository,
  type RenewFacts,
} from './report.js';

/**
 * Runs `keys renew`.
 * @throws {TrustError} after everything that can be renewed was: KEY_NOT_AUTHORIZED naming the keys
 * that something else takes; TRUST_DATA_EXPIRED or TRUST_DATA_EXPIRING where a rotation is needed;
 * and what a repository failed with.
 */
export async function renewKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readRenewalConfiguration('keysRenew', inputs, workingDirectory, problems);
  const { reportPath, withinDays, dryRun, keys } = configuration;
  const { log, warnings } = context;
  const means = await log.group('Keys at hand', () =>
    openMeans(configuration, context, (azure) => openAvailableKeys(keys, azure, context)),
  );
  const signers = means.keys.map(({ signer }) => signer);
  const looked = await lookAtRepositories(configuration, means, context);
  const done = await log.group(dryRun ? 'Dry run' : 'Renewal', () =>
    thenEach(looked, (repository) =>
      dryRun
        ? Promise.resolve(planned(repository, signers))
        : renewOne(repository, signers, context),
    ),
  );
  const repositories = valuesOf(done);
  const facts: RenewFacts = {
    now: context.clock(),
    withinDays,
    dryRun,
    keys: signers.map(({ keyId, description }) => ({ keyId, description })),
    repositories,
    failures: failuresOf(done),
    warnings,
  };
  await log.group('Result', () => {
    for (const line of renewTable(facts)) log.info(line);
    if (dryRun || repositories.every(({ renewed }) => renewed.length === 0)) {
      log.info('Nothing was changed.');
    }
    return Promise.resolve();
  });
  context.setOutput(
    'renewed-roles',
    (dryRun ? [] : repositories)
      .flatMap(({ gun, renewed }) => renewed.map(({ role }) => `${gun} ${role}`))
      .join('\n'),
  );
  const first = firstEnd(repositories.flatMap(({ after }) => after));
  if (first) context.setOutput('first-expiry', first.toISOString());
  await handOnReport(renewReport(facts), reportPath, context);
  await context.addSummary(renewSummary(facts));

  const judged = done.map((one): Attempted<undefined> => {
    const error = one.error ?? stillDue(one.value, withinDays);
    return error ? { gun: one.gun, error } : { gun: one.gun, value: undefined };
  });
  const failure = failureOfEach(judged, 'could not be renewed as a whole');
  if (failure) throw failure;
}

function planned(
  { gun, view, rules, renewals: after }: LookedAt,
  signers: readonly Signer[],
): RenewedRepository {
  const { due, remaining } = planRenewal(view, signers, rules);
  return { gun, renewed: due, remaining, after };
}

async function renewOne(
  repository: LookedAt,
  signers: readonly Signer[],
  { clock, signal, nameInput, log }: RunContext,
): Promise<RenewedRepository> {
  const { gun, view, rules, server, explain } = repository;
  const plan = planned(repository, signers);
  if (plan.renewed.length === 0) return plan;
  const { files } = planRenewal(view, signers, rules);
  const { pins } = rules;
  requireAnchor({ view, pins, files, keys: signers, pinInput: nameInput('trust-pin') });
  // Before any key signs: whoever may not publish hears what mends that.
  await requirePublish(repository, signal);
  const done = await explain(() =>
    renewRoles(server, { ...rules, signers, known: view, clock, signal, log }),
  );
  const { renewed, remaining } = done;
  for (const { role } of renewed) log.info(`${gun}: ${role} is renewed`);
  return {
    gun,
    renewed,
    remaining,
    after: roleExpiries(done.view, signers, { ...rules, now: clock() }),
  };
}

/** What is due and stays so, with the keys it would take. */
function stillDue(
  { gun, remaining }: RenewedRepository,
  withinDays: number,
): TrustError | undefined {
  const others = remaining.filter(({ remedy }) => remedy.kind === 'others');
  if (others.length === 0) {
    const due = remaining.filter((one) => isDue(one) && isClientRenewed(one));
    return expiryError(gun, due, withinDays);
  }
  const each = others.map((one) => `${nameOf(one)} (${endOf(one)}) takes ${neededKeys(one)}`);
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `The keys at hand cannot renew all of ${gun}: ${each.join('; ')}.`,
    { remedy: remedyFor(remaining) },
  );
}

function endOf({ state, expires }: RoleExpiry): string {
  const day = expires?.toISOString().slice(0, 10) ?? '';
  return state === 'expired' ? `expired on ${day}` : `expires on ${day}`;
}
