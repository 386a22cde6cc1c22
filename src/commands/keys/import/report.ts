/** What a run of `keys import` says of itself: tables for the log, job summary, trust report. Facts only. */
import type { NameInput } from '../../../inputs/index.js';
import type { KeyStore } from '../../../signing/index.js';
import { code, escape } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';
import { describePurpose } from '../stored-keys/stored-key-names.js';
import type { LookedAt } from '../stored-keys/trust-data.js';
import { adviceLines, type OldFile, type RepositoryAdvice } from './advice.js';
import type { BroughtKey } from './bring.js';
import type { ClosedKey } from './open-keys.js';

/** Everything that is said. */
export interface ImportFacts {
  readonly dryRun: boolean;
  /** Path of the folder or archive. */
  readonly archive: string;
  readonly keys: readonly BroughtKey[];
  readonly closed: readonly ClosedKey[];
  readonly unusable: KeyStore['unusable'];
  readonly looked: readonly LookedAt[];
  readonly advice: readonly RepositoryAdvice[];
  readonly oldFiles: readonly OldFile[];
  readonly warnings: readonly string[];
}

/** The keys and what became of them, as lines of text. */
export function importTable({ keys, closed, unusable }: ImportFacts): readonly string[] {
  return alignColumns([
    ['KEY', 'KEY ID', 'SERVES', 'STATE', 'IN KEY VAULT'],
    ...keys.map((brought) => [
      describePurpose(brought.purpose),
      brought.key.keyId,
      servesText(brought),
      brought.state,
      brought.url ?? brought.destination?.url ?? '-',
    ]),
    ...closed.map((key) => [describePurpose(key), key.path, '-', 'not opened', '-']),
    ...unusable.map(({ path, why }) => ['file', path, '-', why, '-']),
  ]);
}

/** Which old files are of no use any more, and which still are, in sentences. */
export function oldFileLines({
  archive,
  dryRun,
  oldFiles,
  closed,
  unusable,
}: ImportFacts): readonly string[] {
  if (dryRun) return [];
  const done = oldFiles.filter(({ keep }) => keep === undefined);
  const kept = [
    ...oldFiles.flatMap(({ path, keep }) => (keep === undefined ? [] : [`${path} (${keep})`])),
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

/**
 * The trust report; `formatVersion` changes when a field changes its meaning. `redact` hides the
 * secrets of the run in what others said, as no host reads along in a file.
 */
export function importReport(facts: ImportFacts): object {
  const { dryRun, archive, keys, closed, unusable, looked, advice, oldFiles, warnings } = facts;
  return {
    formatVersion: 1,
    command: 'keysImport',
    dryRun,
    archive,
    keys: keys.map(({ key, purpose, services, state, url, destination, signs, error }) => ({
      keyId: key.keyId,
      ...purpose,
      files: key.paths,
      serves: services,
      state,
      url: url ?? destination?.url,
      signs,
      ...errorField(error),
    })),
    notOpened: closed.map(({ path, role, gun, error }) => ({
      path,
      role,
      gun,
      ...errorField(error),
    })),
    notRead: unusable,
    repositories: looked.map(({ gun, view, error }) => {
      const advised = advice.find((one) => one.gun === gun);
      return { gun, hasTrustData: view !== undefined, ...advised, ...errorField(error) };
    }),
    oldFiles: oldFiles.map(({ path, keep }) => ({
      path,
      mayBeDestroyed: keep === undefined && !dryRun,
      ...(keep === undefined ? {} : { why: keep }),
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function importSummary(facts: ImportFacts, nameInput: NameInput): string {
  const { dryRun, keys, closed, unusable, advice, warnings } = facts;
  const rows = keys.slice(0, mostRows).map((brought) => {
    const { key, state, url, destination, purpose } = brought;
    const isGood = state !== 'failed' && state !== 'left out';
    const place = url ?? destination?.url;
    const cells = [
      `${escape(describePurpose(purpose))}<br>${code(key.keyId)}`,
      escape(servesText(brought)),
      `${isGood ? '✅' : '❌'} ${state}`,
      place === undefined ? '' : code(place),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const lost = [
    ...closed.map(({ path, error }) => `${path}: ${error.message}`),
    ...unusable.map(({ path, why }) => `${path} ${why}`),
  ].map((line) => `> ❌ ${escape(line)}`);
  const more = keys.length - rows.length;
  return [
    dryRun ? '### Keys that would be imported' : '### Imported keys',
    '',
    '| Key | Serves | State | In Key Vault |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    ...(lost.length > 0 ? ['', ...lost] : []),
    '',
    ...(advice.length > 0
      ? [
          '```yaml',
          ...advice.slice(0, mostRows).flatMap((one) => yamlLines(one, nameInput)),
          '```',
          '',
        ]
      : []),
    ...oldFileLines(facts).flatMap((line) => [escape(line), '']),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function servesText({ services }: BroughtKey): string {
  return services.length === 0
    ? 'nothing that was looked at'
    : services.map(({ gun, roles }) => `${gun}: ${roles.join(', ')}`).join('; ');
}

/** The repository, and what is no value, as comments. */
function yamlLines(advice: RepositoryAdvice, nameInput: NameInput): readonly string[] {
  return adviceLines(advice, nameInput).map((line) => {
    const value = /^ {2}([\w-]+: .*?)(?: {2}\((.*)\))?$/.exec(line);
    if (!value || advice.notes.includes(line.trim())) return `# ${line.trim()}`;
    return value[2] === undefined ? (value[1] ?? '') : `${value[1] ?? ''}  # ${value[2]}`;
  });
}

function errorField(
  error: { readonly code: string; readonly message: string } | undefined,
): object {
  return error ? { error: { code: error.code, message: error.message } } : {};
}
