/**
 * What `keys import` reports: what became of each key, which old files may be destroyed, and what
 * failed. Facts only.
 */
import { TrustError } from '../../../errors.js';
import type { NameInput } from '../../../inputs/index.js';
import { describePurpose, type ClosedKey, type KeyStore } from '../../../signing/index.js';
import type { KeyUsage } from '../../../trust/index.js';
import { failureOfMany, type Failed } from '../../../report/failure-of-many.js';
import { escape } from '../../../report/text.js';
import { paragraph, type Report } from '../../../report/report.js';
import { codeColumn, tableOf, type Table } from '../../../report/table.js';
import type { KeyRepository } from '../key-repositories.js';
import type { ImportedKey } from './import-keys.js';
import { adviceParagraphs, adviseOn } from './signing-advice.js';

/** What there is to report. */
export interface ImportResults {
  readonly dryRun: boolean;
  /** Path of the folder or archive. */
  readonly archive: string;
  readonly keys: readonly ImportedKey[];
  readonly closed: readonly ClosedKey[];
  readonly unusable: KeyStore['unusable'];
  readonly loaded: readonly KeyRepository[];
}

export function reportImport(results: ImportResults, nameInput: NameInput): Report<'repositories'> {
  const { dryRun, archive, keys, closed, unusable, loaded } = results;
  const advice = adviseOn(loaded, keys, closed);
  const oldFiles = keys.flatMap((imported) => {
    const why = reasonToKeep(imported);
    return imported.key.paths.map((path) => ({ path, why }));
  });
  return {
    title: 'Result',
    heading: dryRun ? 'Keys that would be imported' : 'Imported keys',
    body: [
      keyTable(results),
      ...adviceParagraphs(advice, nameInput),
      ...(dryRun ? [] : oldFileLines(results, oldFiles).map(paragraph)),
      ...(dryRun ? [{ log: 'Nothing was changed.' }] : []),
    ],
    facts: {
      dryRun,
      archive,
      keys: keys.map(({ key, purpose, usage, state, url, destination, signs, error }) => ({
        keyId: key.keyId,
        ...purpose,
        files: key.paths,
        serves: usage,
        state,
        url: url ?? destination?.url,
        signs,
        error: errorFacts(error),
      })),
      notOpened: closed.map(({ path, role, gun, error }) => ({
        path,
        role,
        gun,
        error: errorFacts(error),
      })),
      notRead: unusable,
      repositories: loaded.map(({ gun, view, error }) => ({
        gun,
        hasTrustData: view !== undefined,
        ...advice.find((one) => one.gun === gun),
        error: errorFacts(error),
      })),
      oldFiles: oldFiles.map(({ path, why }) => ({
        path,
        mayBeDestroyed: why === undefined && !dryRun,
        why,
      })),
    },
    outputs: { repositories: advice.map(({ gun }) => gun).join('\n') },
    failure: failureOf(results),
  };
}

function errorFacts(error: TrustError | undefined): object | undefined {
  return error && { code: error.code, message: error.message };
}

interface Row {
  readonly key: string;
  readonly id: string;
  readonly usage?: readonly KeyUsage[];
  readonly state: string;
  readonly isGood: boolean;
  readonly why?: string | undefined;
  readonly url?: string | undefined;
}

/** The keys and what became of them. */
function keyTable({ keys, closed, unusable }: ImportResults): Table {
  const rows: readonly Row[] = [
    ...keys.map(({ key, purpose, usage, state, url, destination, error }) => ({
      key: describePurpose(purpose),
      id: key.keyId,
      usage,
      state,
      isGood: state !== 'failed' && state !== 'left out',
      why: error?.message,
      url: url ?? destination?.url,
    })),
    ...closed.map((key) => ({
      key: describePurpose(key),
      id: key.path,
      state: 'not opened',
      isGood: false,
      why: key.error.message,
    })),
    ...unusable.map(({ path, why }) => ({ key: 'file', id: path, state: why, isGood: false })),
  ];
  return tableOf(rows, [
    { heading: 'Key', text: ({ key }) => key },
    codeColumn('Key ID', ({ id }) => id),
    { heading: 'Used in', text: ({ usage }) => (usage ? usageText(usage) : '-') },
    {
      heading: 'State',
      text: ({ state }) => state,
      markdown: ({ state, isGood, why }) =>
        `${isGood ? '✅' : '❌'} ${escape(why === undefined ? state : `${state}: ${why}`)}`,
    },
    codeColumn('In Key Vault', ({ url }) => url ?? '-'),
  ]);
}

function usageText(usage: readonly KeyUsage[]): string {
  return usage.length === 0
    ? 'no repository that was read'
    : usage.map(({ gun, roles }) => `${gun}: ${roles.join(', ')}`).join('; ');
}

/** A file of the old store, and why it is still needed; undefined when it may be destroyed. */
interface OldFile {
  readonly path: string;
  readonly why: string | undefined;
}

/** Which old files are not needed any more, and which still are, in sentences. */
function oldFileLines(
  { archive, closed, unusable }: ImportResults,
  oldFiles: readonly OldFile[],
): readonly string[] {
  const done = oldFiles.filter(({ why }) => why === undefined);
  const kept = [
    ...oldFiles.flatMap(({ path, why }) => (why === undefined ? [] : [`${path} (${why})`])),
    ...closed.map(({ path }) => `${path} (it was not opened)`),
    ...unusable.map(({ path }) => `${path} (it was not read)`),
  ];
  if (done.length === 0) return [`Nothing of ${archive} may be destroyed yet.`];
  const first =
    'Back the keys up with "keys backup" first: the vault does not give them out again.';
  return kept.length === 0
    ? [
        `Every key of ${archive} is in its vault and was read back: the old files, and every copy of them, may be destroyed. ${first}`,
      ]
    : [
        `In their vaults and read back; the old files of these, and every copy of them, may be destroyed: ${done.map(({ path }) => path).join(', ')}. ${first}`,
        `To be kept: ${kept.join(', ')}.`,
      ];
}

/** Why the old files of a key are still needed; undefined when they may be destroyed. */
function reasonToKeep({ state, usage, purpose }: ImportedKey): string | undefined {
  switch (state) {
    case 'imported':
    case 'already there':
      return undefined;
    case 'left out':
      return usage.length > 0
        ? `it signs the ${purpose.role ?? 'snapshot'} of ${usage.map(({ gun }) => gun).join(', ')}`
        : 'it was not imported; no repository that was read lists it';
    case 'to be imported':
      return 'nothing was imported yet';
    case 'failed':
      return 'it was not imported';
  }
}

/** Undefined when every key was imported, and every repository that was named was read. */
function failureOf(results: ImportResults): TrustError | undefined {
  const { keys, closed, unusable, loaded, archive, dryRun } = results;
  const failedKeys: readonly Failed[] = [
    ...keys.flatMap(({ key, error }) => (error ? [{ name: key.paths.join(', '), error }] : [])),
    ...closed.map(({ path, error }) => ({ name: path, error })),
    ...unusable.map(({ path, why }) => ({ name: path, error: unreadable(path, why, archive) })),
  ];
  const failedRepositories = loaded.flatMap(({ gun, isNamed, error }) =>
    isNamed && error ? [{ name: gun, error }] : [],
  );
  const [first, ...others] = [...failedKeys, ...failedRepositories];
  if (!first) return undefined;
  if (others.length === 0 && keys.length + closed.length <= 1) return first.error;
  const total = keys.length + closed.length + unusable.length;
  const headline =
    failedKeys.length === 0
      ? `Every key ${dryRun ? 'could be' : 'was'} imported.`
      : `${failedKeys.length} of ${total} keys ${dryRun ? 'cannot be' : 'were not'} imported.`;
  const unread =
    failedRepositories.length === 0
      ? []
      : ['Some trust data cannot be read, so it is not known which of the keys is used there.'];
  const failure = failureOfMany([first, ...others], [headline, ...unread].join(' '));
  return new TrustError(failure.code, failure.message, {
    remedy: `${failure.remedy}\nThen run again: keys that are in the vault are left as they are.`,
    cause: first.error,
  });
}

function unreadable(path: string, why: string, archive: string): TrustError {
  return new TrustError('ARCHIVE_INVALID', `${path} of ${archive} ${why}`, {
    remedy: 'Look at the file; remove it from the folder if it is not a key.',
  });
}
