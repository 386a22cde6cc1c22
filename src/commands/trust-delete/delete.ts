/**
 * Deletes the trust data of repositories, for good. First it lists what is lost, everywhere; without
 * the name of each repository as a confirmation it deletes nothing anywhere. Says "deleted" only of
 * what the server hands out no more.
 */
import { TrustError, isTrustError } from '../../errors.js';
import type { InputValues } from '../inputs/values.js';
import { deleteTrustData, readRepository, type Gun, type Pin } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { handOnReport, writeTrustReport } from '../report/report-file.js';
import {
  eachRepository,
  failureOfEach,
  loginToAll,
  requireAll,
  requirePublish,
  type Attempted,
  type OpenRepository,
} from '../repositories/index.js';
import { describePin, resolvePin } from '../signing/pins.js';
import { readDeleteConfiguration, type DeleteConfiguration } from './configuration.js';
import { lossOf, type Loss } from './loss.js';
import {
  consequencesOf,
  deletionReport,
  deletionSummary,
  lossLines,
  type DeletedRepository,
  type DeletionFacts,
} from './report.js';

/**
 * Runs `trust delete`.
 * @throws {TrustError} CONFIRMATION_MISSING, after what would be lost was listed and before anything
 * is; SIGNER_NOT_AUTHORIZED; what a repository could not be deleted for, after all were tried.
 */
export async function deleteRepositoryTrust(
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readDeleteConfiguration(inputs, workingDirectory, problems);
  const { dryRun, confirmed } = configuration;
  const { log, warnings } = context;
  const found = await lookAtAll(configuration, context);
  const unconfirmed = found.filter(({ gun, isThere }) => isThere && !confirmed.has(gun));
  const isGo = !dryRun && unconfirmed.length === 0 && found.some(({ isThere }) => isThere);
  const before = found.map((one) => asFound(one, { dryRun, isConfirmed: confirmed.has(one.gun) }));
  await log.group('What is lost', () => {
    const facts = { dryRun, repositories: before, warnings };
    for (const line of [...lossLines(facts), ...consequencesOf({ ...facts, dryRun: true })]) {
      log.info(line);
    }
    if (!isGo) log.info('Nothing was changed.');
    return Promise.resolve();
  });
  // Before anything goes: what is lost must be known even if the run is cut off on the way.
  const file = await writeTrustReport(
    deletionReport({ dryRun, repositories: before, warnings }),
    configuration.reportPath,
    context,
  );
  context.setOutput('trust-report', file);
  const repositories = isGo
    ? await log.group('Deletion', () => carryOut(found, before, context))
    : before;
  const facts: DeletionFacts = { dryRun, repositories, warnings };
  const deleted = repositories.filter(({ state }) => state === 'deleted');
  context.setOutput('repositories', deleted.map(({ gun }) => gun).join('\n'));
  await handOnReport(deletionReport(facts), file, context);
  await context.addSummary(deletionSummary(facts));
  if (!dryRun && unconfirmed.length > 0) throw notConfirmed(unconfirmed, found, context);
  const failure = failureOfEach(
    repositories.map(({ gun, error }): Attempted<undefined> =>
      error ? { gun, error } : { gun, value: undefined },
    ),
    'was not deleted',
  );
  if (failure) throw failure;
}

/** A repository as it was found. */
interface Found extends OpenRepository {
  readonly isThere: boolean;
  readonly loss: Loss | undefined;
  readonly unreadable: string | undefined;
}

async function lookAtAll(
  configuration: DeleteConfiguration,
  context: RunContext,
): Promise<readonly Found[]> {
  const { log } = context;
  const azure = context.access.azure(configuration.repositories[0]?.registry);
  const open = await loginToAll(configuration.repositories, context);
  return log.group('Trust data', async () => {
    const pins = await Promise.all(
      configuration.pins.map((pin) => resolvePin(pin, azure, context)),
    );
    const looked = await eachRepository(open, (repository) => look(repository, pins, context));
    return requireAll(looked, 'cannot be looked at; nothing was deleted');
  });
}

/** Reads what can be read: what has expired or is damaged can be deleted all the same. */
async function look(
  repository: OpenRepository,
  pins: readonly Pin[],
  { clock, signal, log }: RunContext,
): Promise<Found> {
  const { gun, server, explain } = repository;
  try {
    const view = await explain(() =>
      readRepository(server, { pins, now: clock(), expiry: 'report', signal }),
    );
    if (!view) {
      log.info(`${gun} has no trust data: there is nothing to delete`);
      return { ...repository, isThere: false, loss: undefined, unreadable: undefined };
    }
    log.info(`${gun}: root version ${view.root.signed.version}, ${describePin(view)}`);
    for (const warning of view.warnings) log.warn(warning.message);
    return { ...repository, isThere: true, loss: lossOf(view), unreadable: undefined };
  } catch (error) {
    // Another root than the pinned one is no damage: it may be somebody else's repository.
    if (!isTrustError(error, 'TRUST_DATA_INVALID', 'TRUST_DATA_EXPIRED')) throw error;
    log.warn(`${gun}: ${error.message}`);
    return { ...repository, isThere: true, loss: undefined, unreadable: error.message };
  }
}

function asFound(
  { gun, isThere, loss, unreadable }: Found,
  { dryRun, isConfirmed }: { readonly dryRun: boolean; readonly isConfirmed: boolean },
): DeletedRepository {
  const state = !isThere
    ? 'nothing there'
    : dryRun || isConfirmed
      ? 'to be deleted'
      : 'not confirmed';
  return { gun, state, loss, unreadable, error: undefined };
}

async function carryOut(
  found: readonly Found[],
  before: readonly DeletedRepository[],
  context: RunContext,
): Promise<readonly DeletedRepository[]> {
  const todo = found.filter(({ isThere }) => isThere);
  const { signal, log } = context;
  // Deleting takes more than publishing, and cannot be tried; this much can be known before.
  const allowed = await eachRepository(todo, (repository) => requirePublish(repository, signal));
  requireAll(allowed, 'cannot be deleted; nothing was deleted anywhere');
  const done = await eachRepository(todo, async ({ gun, server, explain }) => {
    const wasThere = await explain(() => deleteTrustData(server, { signal }));
    log.info(wasThere ? `${gun}: deleted` : `${gun}: somebody else has deleted it meanwhile`);
  });
  const errors = new Map(done.map(({ gun, error }) => [gun, error]));
  return before.map((one): DeletedRepository => {
    if (!errors.has(one.gun)) return one;
    const error = errors.get(one.gun);
    return error ? { ...one, state: 'failed', error } : { ...one, state: 'deleted' };
  });
}

function notConfirmed(
  unconfirmed: readonly Found[],
  found: readonly Found[],
  { nameInput }: RunContext,
): TrustError {
  const all = found.filter(({ isThere }) => isThere).map(({ gun }) => gun);
  const names = (guns: readonly Gun[]): string => guns.slice(0, 20).join(', ');
  return new TrustError(
    'CONFIRMATION_MISSING',
    `All signatures of ${names(unconfirmed.map(({ gun }) => gun))} would be lost for good. Nothing was deleted.`,
    {
      remedy: `Read what is lost in the log or in the trust report. If you want that, name each repository: ${nameInput('confirm')}: ${names(all)}`,
    },
  );
}
