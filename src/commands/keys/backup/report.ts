/** What a run of `keys backup` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';
import type { Manifest } from '../backup-folder/index.js';

/** Everything that is said. */
export interface BackupFacts {
  readonly folder: string;
  readonly manifest: Manifest;
  /** False when the folder held this very backup before. */
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** What can be done with a backup, and what nobody can do. */
export const useOfBackup: readonly string[] = [
  'Only Key Vault reads it again: "keys restore" brings it back, into a vault of the same subscription and the same geography.',
  'Whoever has this folder and may restore keys in such a vault has the keys: keep it apart, readable for few. Passphrases of keys in secrets are not in it.',
];

/** The table as lines of text. */
export function backupTable({ objects }: Manifest): readonly string[] {
  return alignColumns([
    ['KIND', 'NAME', 'VERSIONS', 'KEY ID', 'FOR'],
    ...objects.map(({ kind, name, versions, role, gun }) => [
      kind,
      name,
      String(versions.length),
      versions[0]?.keyId ?? 'unknown',
      [role, gun].filter((part) => part !== undefined).join(' ') || '-',
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function backupReport({ folder, manifest, changed, warnings }: BackupFacts): object {
  const { vault, objects } = manifest;
  return {
    formatVersion: 1,
    command: 'keysBackup',
    archive: folder,
    vault,
    changed,
    objects,
    warnings,
  };
}

/** The job summary, as Markdown. */
export function backupSummary({ folder, manifest, changed, warnings }: BackupFacts): string {
  const { vault, objects } = manifest;
  const rows = objects.slice(0, mostRows).map(({ kind, name, versions, role }) => {
    const keyId = versions[0]?.keyId;
    const cells = [code(name), kind, keyId === undefined ? 'unknown' : code(keyId), role ?? ''];
    return `| ${cells.join(' | ')} |`;
  });
  const more = objects.length - rows.length;
  return [
    changed ? '### Keys backed up' : '### Keys backed up before',
    '',
    `${code(vault)} in ${code(folder)}`,
    '',
    '| Name | Kind | Key ID | Role |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    '',
    ...useOfBackup.flatMap((line) => [escape(line), '']),
    ...warningLines(warnings),
    '',
  ].join('\n');
}
