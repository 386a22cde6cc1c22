/**
 * Deletes the trust data of repositories, for good. First it lists what is lost, everywhere; without
 * the name of each repository as a confirmation it deletes nothing anywhere. Says "deleted" only of
 * what the server no longer serves.
 */
import { resolvePins } from '../azure/index.js';
import { TrustError, isTrustError } from '../errors.js';
import {
  deleteTrustData,
  exportTrustData,
  readRepository,
  type ExportedTrustData,
  type Gun,
  type Pin,
  describePin,
} from '../trust/index.js';
import { defineCommand } from './command.js';
import type { Run } from './run.js';
import { dryRun } from './inputs/image.js';
import { pinInputs, readPins } from './inputs/pins.js';
import {
  confirm,
  readConfirmed,
  readRepositories,
  repositoryInputs,
} from './inputs/repositories.js';
import { code } from '../report/text.js';
import { logLines, paragraph, type Paragraph, type Report } from '../report/report.js';
import { codeColumn, tableOf, type Table } from '../report/table.js';
import {
  eachRepository,
  failureOfEach,
  failuresOf,
  loginToAll,
  unwrapAll,
  requirePublish,
  type OpenRepository,
} from '../repositories/index.js';

export const trustDelete = defineCommand({
  name: 'trustDelete',
  label: 'Trust data: delete',
  help: 'Deletes all trust data of repositories, after listing what is lost. The images stay, and are unsigned then.',
  example: ['registry', 'repository', 'dry-run'],
  inputs: {
    ...repositoryInputs,
    ...pinInputs,
    'dry-run': dryRun,
    confirm: { ...confirm, note: 'Each repository has to be named.' },
  },
  outputs: ['repositories'],
  parse: (read) => {
    const repositories = readRepositories(read);
    return {
      repositories,
      confirmed: readConfirmed(read, repositories),
      pins: readPins(read),
      dryRun: read.values['dry-run'],
    };
  },
  run: async ({ dryRun, confirmed, pins, repositories: named }, run) => {
    const azure = run.access.azure(named[0]?.registry);
    const open = await loginToAll(named, run);
    const found = await run.log.group('Trust data', async () => {
      const opened = await resolvePins(pins, azure, run);
      const loaded = await eachRepository(open, (repository) => load(repository, opened, run));
      return unwrapAll(loaded, 'cannot be read; nothing was deleted');
    });
    const isThere = ({ state }: Deletion): boolean => state !== 'nothing there';
    const before = found.map((one): Deletion =>
      isThere(one) && !dryRun && !confirmed.has(one.gun) ? { ...one, state: 'not confirmed' } : one,
    );
    const there = before.filter(isThere);
    const unconfirmed = there.filter(({ state }) => state === 'not confirmed');
    const report = { heading: 'Trust data that would be deleted', facts: factsOf(before, dryRun) };
    if (dryRun || unconfirmed.length > 0 || there.length === 0) {
      return {
        ...report,
        ...(!dryRun && unconfirmed.length === 0 && { heading: 'Deleted trust data' }),
        title: 'What is lost',
        body: [...lossOf(before), { log: 'Nothing was changed.' }],
        outputs: { repositories: '' },
        failure: unconfirmed.length > 0 ? notConfirmed(unconfirmed, there, run) : undefined,
      };
    }
    await run.log.group('What is lost', () => {
      for (const line of logLines(lossOf(before))) run.log.info(line);
      return Promise.resolve();
    });
    // What is lost must be known even if the run is stopped.
    await run.saveReport(report.facts);
    const results = await run.log.group('Deletion', () => deleteAll(before, there, run));
    const deleted = results.filter(({ state }) => state === 'deleted');
    return {
      title: 'Result',
      heading: 'Deleted trust data',
      body: [
        repositoryTable(results),
        ...notesOf(results).map(({ summary = '' }): Paragraph => ({ summary })),
      ],
      facts: factsOf(results, dryRun),
      outputs: { repositories: deleted.map(({ gun }) => gun).join('\n') },
      failures: failuresOf(results),
      failure: failureOfEach(results, 'was not deleted'),
    };
  },
});

/** A repository, and what becomes of its trust data. */
interface Deletion extends OpenRepository {
  readonly state: 'deleted' | 'to be deleted' | 'nothing there' | 'not confirmed' | 'failed';
  /** Undefined where there is no trust data, or none that can be read. */
  readonly data?: ExportedTrustData;
  /** Why the trust data cannot be read. */
  readonly unreadable?: string;
  readonly error?: TrustError;
}

/** Reads what can be read: expired and damaged trust data can be deleted as well. */
async function load(
  repository: OpenRepository,
  pins: readonly Pin[],
  { clock, signal, log }: Run,
): Promise<Deletion> {
  const { gun, server, explain } = repository;
  try {
    const view = await explain(() =>
      readRepository(server, { pins, now: clock(), expiry: 'report', signal }),
    );
    if (!view) {
      log.info(`${gun} has no trust data: there is nothing to delete`);
      return { ...repository, state: 'nothing there' };
    }
    log.info(`${gun}: root version ${view.root.signed.version}, ${describePin(view)}`);
    for (const warning of view.warnings) log.warn(warning.message);
    return { ...repository, state: 'to be deleted', data: exportTrustData(view) };
  } catch (error) {
    // A root that no pin matches is not damage: the repository may belong to others.
    if (!isTrustError(error, 'TRUST_DATA_INVALID', 'TRUST_DATA_EXPIRED')) throw error;
    log.warn(`${gun}: ${error.message}`);
    return { ...repository, state: 'to be deleted', unreadable: error.message };
  }
}

/** @returns all of `before`, as they are now. */
async function deleteAll(
  before: readonly Deletion[],
  there: readonly Deletion[],
  { signal, log }: Run,
): Promise<readonly Deletion[]> {
  // Deleting needs more rights than publishing, and cannot be tried; this much can be checked first.
  const allowed = await eachRepository(there, (repository) => requirePublish(repository, signal));
  unwrapAll(allowed, 'cannot be deleted; nothing was deleted anywhere');
  const results = await eachRepository(there, async ({ gun, server, explain }) => {
    const wasThere = await explain(() => deleteTrustData(server, { signal }));
    log.info(wasThere ? `${gun}: deleted` : `${gun}: another run deleted it in the meantime`);
  });
  const byGun = new Map(results.map((result) => [result.gun, result]));
  return before.map((repository): Deletion => {
    const result = byGun.get(repository.gun);
    if (!result) return repository;
    const { error } = result;
    return error ? { ...repository, state: 'failed', error } : { ...repository, state: 'deleted' };
  });
}

/** All that was there. `images` can be given to `sign` once the repository is initialised again. */
function factsOf(repositories: readonly Deletion[], dryRun: boolean): object {
  return {
    formatVersion: 2,
    dryRun,
    repositories: repositories.map(({ gun, state, data, unreadable, error }) => ({
      gun,
      state,
      ...(unreadable !== undefined && { unreadable }),
      ...(error && { error: { code: error.code, message: error.message } }),
      ...(data && {
        ...data,
        images: data.tags
          .filter(({ isPulled }) => isPulled)
          .map(({ tag, digest }) => `${gun}:${tag}@${digest}`),
      }),
    })),
  };
}

/** What is lost, before it is. */
function lossOf(repositories: readonly Deletion[]): Report['body'] {
  const tags = repositories.flatMap(({ gun, data }) =>
    (data?.tags ?? []).map((tag) => ({ ...tag, name: `${gun}:${tag.tag}` })),
  );
  return [
    repositoryTable(repositories),
    tableOf(tags, [
      { heading: 'Signed tag', text: ({ name }) => name, only: 'log' },
      { heading: 'Digest', text: ({ digest }) => digest, only: 'log' },
      { heading: 'Signers', text: ({ signers }) => signers.join(', '), only: 'log' },
    ]),
    ...notesOf(repositories),
  ];
}

function repositoryTable(repositories: readonly Deletion[]): Table {
  const count = ({ data, unreadable }: Deletion, text: (data: ExportedTrustData) => string) =>
    unreadable === undefined ? (data ? text(data) : '-') : 'not readable';
  return tableOf(repositories, [
    codeColumn('Repository', ({ gun }) => gun),
    {
      heading: 'State',
      text: ({ state }) => state,
      markdown: ({ state }) =>
        `${state === 'failed' || state === 'not confirmed' ? '❌' : '✅'} ${state}`,
    },
    { heading: 'Signed tags', text: (one) => count(one, ({ tags }) => String(tags.length)) },
    {
      heading: 'Signers',
      text: (one) => count(one, ({ signers }) => signers.map(({ name }) => name).join(', ') || '-'),
    },
    {
      heading: 'Root key',
      text: ({ data }) => data?.rootKeys.map(({ keyId }) => keyId).join(', ') ?? '-',
      markdown: ({ data }) => data?.rootKeys.map(({ keyId }) => code(keyId)).join('<br>') ?? '',
    },
    {
      heading: 'Repository key',
      text: ({ data }) => data?.repositoryKeys.map(({ keyId }) => keyId).join(', ') ?? '-',
      only: 'log',
    },
  ]);
}

/** What cannot be listed, and what the deletion means for clients. */
function notesOf(repositories: readonly Deletion[]): readonly Paragraph[] {
  const unreadable = repositories.flatMap(({ gun, unreadable }) =>
    unreadable === undefined
      ? []
      : `What ${gun} has signed cannot be listed, because it cannot be read: ${unreadable}`,
  );
  const lost = repositories.filter(({ state }) => state !== 'nothing there' && state !== 'failed');
  const [first] = lost;
  if (!first) return unreadable.map(paragraph);
  const many = lost.length > 1 ? 'these repositories' : first.gun;
  const are = lost.every(({ state }) => state === 'deleted') ? 'are' : 'would be';
  return [
    ...unreadable,
    `The images of ${many} stay, and ${are} unsigned: with content trust on, none can be pulled. Keys in vaults and files stay as well.`,
    `Clients that have read ${many} before keep the old root. Once there are signatures again, Docker stops there with "could not rotate trust to a new trusted root" until ~/.docker/trust/tuf/${first.gun}${lost.length > 1 ? ' (and so on)' : ''} is removed on each of them; so does whatever pins the old root key, unless it is the root key again.`,
    'The trust report lists every tag with its digest, so that it can be signed again.',
  ].map(paragraph);
}

function notConfirmed(
  unconfirmed: readonly Deletion[],
  there: readonly Deletion[],
  { nameInput }: Run,
): TrustError {
  const names = (repositories: readonly { readonly gun: Gun }[]): string =>
    repositories
      .slice(0, 20)
      .map(({ gun }) => gun)
      .join(', ');
  return new TrustError(
    'CONFIRMATION_MISSING',
    `All signatures of ${names(unconfirmed)} would be lost for good. Nothing was deleted.`,
    {
      remedy: `Read what is lost in the log or in the trust report. If you want that, name each repository: ${nameInput('confirm')}: ${names(there)}`,
    },
  );
}
