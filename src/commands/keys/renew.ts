/**
 * Signs again what expires soon or has expired, as far as the available keys may; changes nothing
 * else. Says "renewed" only of what a new client reads so. What stays due fails the run in the end.
 */
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  dayOf,
  firstRoleExpiry,
  nameOfExpiry,
  neededKeys,
  planRenewal,
  renewableBy,
  renewalError,
  renewRoles,
  requireAnchor,
  roleExpiries,
  type Gun,
  type RoleExpiry,
  type Signer,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { parseDays, warnExpiryDays } from '../inputs/days.js';
import { dryRun } from '../inputs/image.js';
import type { Read } from '../inputs/read.js';
import { codeColumn, tableOf } from '../../report/table.js';
import {
  failureOfEach,
  failuresOf,
  requirePublish,
  mapResults,
  valuesOf,
} from '../../repositories/index.js';
import {
  expiryInputs,
  factsOf,
  loadRepositories,
  readExpiryInputs,
  type LoadedRepository,
} from './expiry.js';

export const keysRenew = defineCommand({
  name: 'keysRenew',
  label: 'Keys: renew',
  help: 'Renews the roles that expire soon or have expired, with the available keys. Changes nothing else.',
  example: ['registry', 'repository', 'keys'],
  inputs: {
    ...expiryInputs,
    'warn-expiry-days': {
      ...warnExpiryDays,
      note: 'What has expired or expires soon is renewed.',
    },
    'dry-run': dryRun,
  },
  outputs: ['renewed-roles', 'first-expiry'],
  parse: (read) => {
    requireKeys(read);
    return { ...readExpiryInputs(read, daysToRenew), isDryRun: read.values['dry-run'] };
  },
  run: async (configuration, run) => {
    const { withinDays, isDryRun } = configuration;
    const { keys, loaded } = await loadRepositories(configuration, run);
    const signers = keys.map(({ signer }) => signer);
    const results = await run.log.group(isDryRun ? 'Dry run' : 'Renewal', () =>
      mapResults(loaded, async (repository) =>
        isDryRun ? planned(repository, signers) : renewRepository(repository, signers, run),
      ),
    );
    const repositories = valuesOf(results);
    const renewed = isDryRun
      ? []
      : repositories.flatMap(({ gun, renewed }) => renewed.map(({ role }) => `${gun} ${role}`));
    const now = run.clock();
    return {
      title: 'Result',
      heading: isDryRun ? 'Trust data that would be renewed' : 'Renewed trust data',
      body: [
        tableOf(
          repositories.flatMap((repository) => rowsOf(repository, isDryRun)),
          [
            codeColumn('Repository', ({ gun }) => gun),
            codeColumn('Role', ({ role }) => role),
            { heading: 'Expires', text: ({ expires }) => expires },
            { heading: 'Result', text: ({ result }) => result },
          ],
        ),
        ...(renewed.length === 0 ? [{ log: 'Nothing was changed.' }] : []),
      ],
      facts: {
        withinDays,
        dryRun: isDryRun,
        keys: signers.map(({ keyId, description }) => ({ keyId, description })),
        repositories: repositories.map((repository) => ({
          gun: repository.gun,
          firstExpiry: firstRoleExpiry(repository.after),
          renewed: repository.renewed.map(({ role, expires }) => ({
            role,
            expiresBefore: expires?.toISOString(),
            ...(isDryRun ? {} : { expires: expiryAfter(repository, role)?.toISOString() }),
          })),
          remaining: repository.remaining.map((one) => factsOf(one, now)),
          roles: repository.after.map((one) => factsOf(one, now)),
        })),
      },
      outputs: {
        'renewed-roles': renewed.join('\n'),
        'first-expiry': firstRoleExpiry(repositories.flatMap(({ after }) => after)),
      },
      failures: failuresOf(results),
      failure: failureOfEach(
        results.map(({ gun, value, error }) => ({
          gun,
          error: error ?? renewalError(gun, value.remaining, withinDays),
        })),
        'could not be renewed as a whole',
      ),
    };
  },
});

function requireKeys({ values, add, nameInput }: Read<typeof expiryInputs>): void {
  const named = [values['signing-key'], values['root-key'], ...values.keys];
  if (named.some((text) => text !== undefined)) return;
  const remedy = `Name the keys that sign: ${nameInput('signing-key')}, ${nameInput('root-key')}, or all of a vault in ${nameInput('keys')}: https://contoso-keys.vault.azure.net.`;
  add({ input: 'keys', problem: 'is not set', code: 'INPUT_MISSING', remedy });
}

/** What has just been renewed must not be due again. @throws {TrustError} INPUT_INVALID */
function daysToRenew(text: string): number {
  const days = parseDays(text);
  if (days < limits.targetsLifetimeDays) return days;
  throw new TrustError(
    'INPUT_INVALID',
    `a renewed role lives for ${limits.targetsLifetimeDays} days, so that each run would renew it`,
    { remedy: `Give fewer than ${limits.targetsLifetimeDays} days, such as 30.` },
  );
}

/** A repository after the run, or as a dry run foresees it. */
interface RenewedRepository {
  readonly gun: Gun;
  /** What was signed again, or would be, each as it was before. */
  readonly renewed: readonly RoleExpiry[];
  /** What is due and stays so. */
  readonly remaining: readonly RoleExpiry[];
  /** Everything that expires, as it is now. */
  readonly after: readonly RoleExpiry[];
}

function planned(
  { gun, view, rules, expiries }: LoadedRepository,
  signers: readonly Signer[],
): RenewedRepository {
  const { due, remaining } = planRenewal(view, signers, rules);
  return { gun, renewed: due, remaining, after: expiries };
}

async function renewRepository(
  repository: LoadedRepository,
  signers: readonly Signer[],
  { clock, signal, nameInput, log }: Run,
): Promise<RenewedRepository> {
  const { gun, view, rules, server, explain } = repository;
  const { due, files } = planRenewal(view, signers, rules);
  if (due.length === 0) return planned(repository, signers);
  const { pins } = rules;
  requireAnchor({ view, pins, files, keys: signers, pinInput: nameInput('trust-pin') });
  // Before any key signs: whoever may not publish hears how to fix that.
  await requirePublish(repository, signal);
  const done = await explain(() =>
    renewRoles(server, { ...rules, signers, known: view, clock, signal, log }),
  );
  for (const { role } of done.renewed) log.info(`${gun}: ${role} is renewed`);
  const after = roleExpiries(done.view, signers, { ...rules, now: clock() });
  return { gun, renewed: done.renewed, remaining: done.remaining, after };
}

interface Row {
  readonly gun: Gun;
  readonly role: string;
  readonly expires: string;
  readonly result: string;
}

function rowsOf(repository: RenewedRepository, isDryRun: boolean): readonly Row[] {
  const { gun, renewed, remaining, after } = repository;
  const row = (one: RoleExpiry, result: string): Row => {
    return { gun, role: nameOfExpiry(one), expires: dayOf(one.expires), result };
  };
  const rows = [
    ...renewed.map((one) =>
      row(
        one,
        isDryRun
          ? `would be renewed by ${renewableBy(one)}`
          : `renewed until ${dayOf(expiryAfter(repository, one.role))}`,
      ),
    ),
    ...remaining.map((one) => {
      const needs = one.remedy.kind === 'others' ? neededKeys(one) : renewableBy(one);
      return row(one, `NOT RENEWED: needs ${needs}`);
    }),
  ];
  if (rows.length > 0) return rows;
  const expires = firstRoleExpiry(after)?.slice(0, 10) ?? '-';
  return [{ gun, role: '-', expires, result: 'nothing is due' }];
}

function expiryAfter({ after }: RenewedRepository, role: string): Date | undefined {
  return after.find((one) => one.role === role && one.part === 'file')?.expires;
}
