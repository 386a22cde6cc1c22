/**
 * What `keys status`, `keys renew` and `keys recover` share: their inputs, the available keys, when
 * each role of each repository expires, and how it is shown. The right to read repositories, and the
 * public halves of keys, is enough.
 */
import {
  openAvailableKeys,
  type AvailableKey,
  type KeySource,
  resolvePins,
} from '../../azure/index.js';
import { isTrustError, unreachableCodes } from '../../errors.js';
import {
  dayOf,
  isServerManaged,
  nameOfExpiry,
  renewableBy,
  roleExpiries,
  type ExpiryRules,
  type Gun,
  type RoleExpiry,
  type TrustedView,
} from '../../trust/index.js';
import { isInShard, type Shard } from '../../migration/index.js';
import type { Run } from '../run.js';
import { readDays, warnExpiryDays } from '../inputs/days.js';
import { availableKeyInputs, readAvailableKeys } from '../inputs/key-inputs.js';
import { pinInputs, readPins, type PinReference } from '../inputs/pins.js';
import type { Read } from '../inputs/read.js';
import {
  type NamedRepository,
  openRepositories,
  readTrust,
  mapResults,
  type Result,
  type OpenRepository,
} from '../../repositories/index.js';
import { readRepositories, readShard, repositoryInputs, shard } from '../inputs/repositories.js';
import { codeColumn, tableOf, type Table } from '../../report/table.js';

/** The inputs that all three have. */
export const expiryInputs = {
  ...repositoryInputs,
  shard,
  'warn-expiry-days': warnExpiryDays,
  ...availableKeyInputs,
  ...pinInputs,
};

export interface ExpiryConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  /** Which of them the run is for; all without it. */
  readonly shard: Shard | undefined;
  /** May be none, except for `keys renew`. */
  readonly keys: readonly KeySource[];
  readonly pins: readonly PinReference[];
  /** What expires within so many days expires soon. */
  readonly withinDays: number;
}

/** A repository, with what was found out about it. */
export interface LoadedRepository extends OpenRepository {
  readonly view: TrustedView;
  readonly rules: ExpiryRules;
  readonly expiries: readonly RoleExpiry[];
}

/** The shared part of the configuration. */
export function readExpiryInputs(
  read: Read<typeof expiryInputs>,
  toDays?: (text: string) => number,
): ExpiryConfiguration {
  return {
    repositories: readRepositories(read),
    shard: readShard(read),
    keys: readAvailableKeys(read),
    pins: readPins(read),
    withinDays: readDays(read, toDays),
  };
}

/**
 * Opens the keys, logs in, reads every repository and finds out when its roles expire.
 * @param openKeys opens what the inputs name.
 * @throws {TrustError} what keeps a key or a pin from being opened.
 */
export async function loadRepositories(
  { keys: sources, pins: references, withinDays, ...named }: ExpiryConfiguration,
  run: Run,
  openKeys: typeof openAvailableKeys = openAvailableKeys,
): Promise<{
  readonly keys: readonly AvailableKey[];
  readonly loaded: readonly Result<LoadedRepository>[];
}> {
  const { log, clock, access } = run;
  const repositories = inPart(named, run);
  const azure = access.azure(repositories[0]?.registry);
  const [keys, given] = await log.group('Available keys', () =>
    Promise.all([openKeys(sources, azure, run), resolvePins(references, azure, run)]),
  );
  const signers = keys.map(({ signer }) => signer);
  const opened = await log.group('Registry login', () => openRepositories(repositories, run));
  const loaded = await log.group('Trust data', () =>
    mapResults(opened, async (repository): Promise<LoadedRepository> => {
      const how = { pins: given, keys: signers, expiry: 'report' } as const;
      const { view, pins } = await readTrust(repository, how, run);
      const isSnapshotServerManaged = await askServer(repository, view, run);
      const rules = { now: clock(), withinDays, pins, isSnapshotServerManaged };
      return { ...repository, view, rules, expiries: roleExpiries(view, signers, rules) };
    }),
  );
  return { keys, loaded };
}

/** The repositories that the run is for; maybe none. */
function inPart(
  { repositories, shard }: Pick<ExpiryConfiguration, 'repositories' | 'shard'>,
  { log }: Run,
): readonly NamedRepository[] {
  if (shard === undefined) return repositories;
  const part = repositories.filter(({ gun }) => isInShard(shard, gun));
  log.info(`Part ${shard.part}/${shard.of}: ${part.length} of ${repositories.length} repositories`);
  return part;
}

/** Who may only read is not told which keys the server holds, and need not know it here. */
async function askServer(
  { server, gun }: OpenRepository,
  view: TrustedView,
  { signal, log }: Run,
): Promise<boolean | undefined> {
  try {
    return await isServerManaged(server, view, 'snapshot', signal);
  } catch (error) {
    if (!isTrustError(error, 'SIGNER_NOT_AUTHORIZED', ...unreachableCodes)) throw error;
    log.debug(`${gun}: whether the server holds the snapshot key is not known: ${error.message}`);
    return undefined;
  }
}

/** A row for everything that expires. */
export function expiryTable(
  repositories: readonly { readonly gun: Gun; readonly expiries: readonly RoleExpiry[] }[],
  now: Date,
): Table {
  return tableOf(
    repositories.flatMap(({ gun, expiries }) => expiries.map((one) => ({ gun, ...one }))),
    [
      codeColumn('Repository', ({ gun }) => gun),
      codeColumn('Role', nameOfExpiry),
      { heading: 'Expires', text: ({ expires }) => dayOf(expires) },
      {
        heading: 'Days',
        text: ({ expires }) => (expires ? String(daysUntil(expires, now)) : '-'),
      },
      {
        heading: 'State',
        text: ({ state }) => (state === 'expired' ? 'EXPIRED' : state),
        markdown: ({ state }) => `${marks[state]} ${state}`.trim(),
      },
      { heading: 'Renewable by', text: renewableBy },
    ],
  );
}

const marks: Readonly<Record<RoleExpiry['state'], string>> = {
  valid: '✅',
  expiring: '⚠️',
  expired: '❌',
  'not published': '',
  'not validly signed': '⚠️',
};

/** One thing that expires, in a report. */
export function factsOf(expiry: RoleExpiry, now: Date): object {
  const { role, part, expires, state, threshold, keyIds, available, remedy } = expiry;
  return {
    role,
    part,
    ...(expires && { expires: expires.toISOString(), days: daysUntil(expires, now) }),
    state,
    threshold,
    keyIds,
    heldKeyIds: available.map(({ keyId }) => keyId),
    renewableBy: remedy.kind,
  };
}

/** Whole days until then, rounded down; negative when it is over. */
function daysUntil(expires: Date, now: Date): number {
  return Math.floor((expires.getTime() - now.getTime()) / (24 * 60 * 60 * 1000));
}
