/** What a run of `keys export` says of itself: table for the log, job summary, trust report. Facts only. */
import { formatKeyReference } from '../../../signing/index.js';
import { code, escape } from '../../report/report.js';
import { alignColumns } from '../../report/text-table.js';
import { describePurpose } from '../stored-keys/stored-key-names.js';
import type { LabelledKey } from './purpose.js';

/** Everything that is said. */
export interface ExportFacts {
  readonly archive: string;
  /** Each key once. */
  readonly keys: readonly LabelledKey[];
  readonly warnings: readonly string[];
}

/** The keys and the headers they got, as lines of text. */
export function exportTable({ keys }: ExportFacts): readonly string[] {
  return alignColumns([
    ['KEY', 'KEY ID', 'FROM'],
    ...keys.map((key) => [describePurpose(key), key.keyId, formatKeyReference(key.reference)]),
  ]);
}

/** How the archive is used, and what becomes of it, in sentences. */
export function useOfArchive({ archive, keys }: ExportFacts): readonly string[] {
  const variables = [
    ...(keys.some(({ role }) => role === 'root') ? ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'] : []),
    ...(keys.some(({ role }) => role !== 'root')
      ? ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']
      : []),
  ];
  return [
    `Unpack it where Docker (up to 28) is to sign: (umask 077; mkdir -p ~/.docker/trust && tar -xzf ${archive} -C ~/.docker/trust)`,
    `Docker asks for the passphrase of the archive, or takes it from ${variables.join(' and ')}.`,
    'Whoever has the archive and its passphrase has the keys. Move it to where it is needed and destroy it here; do not publish it as an artifact.',
  ];
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function exportReport({ archive, keys, warnings }: ExportFacts): object {
  return {
    formatVersion: 1,
    command: 'keysExport',
    archive,
    keys: keys.map(({ keyId, role, gun, reference, services }) => ({
      keyId,
      role,
      ...(gun === undefined ? {} : { gun }),
      from: formatKeyReference(reference),
      serves: services,
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function exportSummary(facts: ExportFacts): string {
  const { archive, keys, warnings } = facts;
  return [
    '### Exported keys',
    '',
    `To ${code(archive)}`,
    '',
    '| Key | Key ID | From |',
    '| --- | --- | --- |',
    ...keys.map(
      (key) =>
        `| ${escape(describePurpose(key))} | ${code(key.keyId)} | ${code(formatKeyReference(key.reference))} |`,
    ),
    '',
    ...useOfArchive(facts).flatMap((line) => [escape(line), '']),
    ...(warnings.length > 0 ? [...warnings.map((line) => `> ⚠️ ${escape(line)}`), ''] : []),
  ].join('\n');
}
