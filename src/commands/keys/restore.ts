/**
 * Restores the keys of a backup folder into a vault, and proves that they are the same. If one key
 * fails, the others are still restored; the run fails in the end, and says which.
 */
import path from 'node:path';
import {
  readBackup,
  restoreObject,
  type BackupObject,
  type RestoredObject,
} from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { isTrustError, type TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { formatKeyReference } from '../../signing/index.js';
import { defineCommand } from '../command.js';
import { archive, readVault, vault } from '../inputs/key-inputs.js';
import { errorFacts } from '../../report/failure.js';
import { failureOfMany } from '../../report/failure-of-many.js';
import { code, counted, escape } from '../../report/text.js';
import { codeColumn, tableOf } from '../../report/table.js';

/** What became of an object of the backup. */
type Outcome = { readonly object: BackupObject } & (
  | (RestoredObject & { readonly error?: undefined })
  | { readonly state: 'failed'; readonly error: TrustError }
);

export const keysRestore = defineCommand({
  name: 'keysRestore',
  label: 'Keys: restore',
  help: 'Restores the keys of a backup folder into a vault. Proves that they are the same.',
  example: ['vault', 'archive'],
  inputs: {
    vault: { ...vault, required: true, note: 'The vault that the keys are restored into.' },
    archive: { ...archive, required: true, note: 'The folder that a backup was written to.' },
  },
  outputs: ['keys'],
  parse: (read) => ({
    vaultUrl: readVault('vault', read) ?? '',
    folder: path.resolve(read.workingDirectory, read.values.archive ?? ''),
  }),
  run: async ({ vaultUrl, folder }, run) => {
    const { log } = run;
    const { manifest, blobs } = await log.group('Backup', async () => {
      const backup = await readBackup(folder);
      const { objects, vault: source } = backup.manifest;
      log.info(`${counted(objects.length, 'key')} of ${source}, complete and unchanged`);
      if (source !== vaultUrl) log.info(`They are restored into another vault, ${vaultUrl}.`);
      return backup;
    });
    const { credential } = run.access.azure(new URL(vaultUrl).hostname);
    const outcomes = await mapConcurrent(
      manifest.objects,
      limits.concurrentVaultKeys,
      async (object): Promise<Outcome> => {
        const blob = blobs.get(object.file);
        if (!blob) throw new TypeError('invariant violated: missing file of the backup');
        try {
          return { object, ...(await restoreObject(object, blob, vaultUrl, credential, run)) };
        } catch (error) {
          if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
          return { object, state: 'failed', error };
        }
      },
    );
    const isUnchanged = outcomes.every(({ state }) => state === 'already there');
    return {
      title: 'Restoring',
      heading: 'Restored keys',
      body: [
        { summary: `${code(folder)} to ${code(vaultUrl)}` },
        tableOf(outcomes, [
          { heading: 'Kind', text: ({ object }) => object.kind },
          codeColumn('Name', ({ object }) => object.name),
          { heading: 'State', text: ({ state }) => state, markdown: stateInSummary },
          { heading: 'Signs', text: signsText },
          codeColumn('Key ID', ({ object }) => object.versions[0]?.keyId ?? 'unknown'),
        ]),
        ...(isUnchanged ? [{ log: 'Nothing was changed.' }] : []),
      ],
      facts: {
        archive: folder,
        vault: vaultUrl,
        source: manifest.vault,
        objects: outcomes.map(factsOf),
      },
      outputs: {
        keys: outcomes
          .flatMap((one) => (one.error ? [] : [formatKeyReference(one.reference)]))
          .join('\n'),
      },
      failure: failureOf(outcomes),
    };
  },
});

function factsOf(outcome: Outcome): object {
  const { object, state, error } = outcome;
  return {
    kind: object.kind,
    name: object.name,
    keyId: object.versions[0]?.keyId,
    state,
    ...(error
      ? { signs: false, error: errorFacts(error) }
      : {
          reference: formatKeyReference(outcome.reference),
          signs: outcome.unproven === undefined,
          unproven: outcome.unproven,
        }),
  };
}

function stateInSummary({ state, error }: Outcome): string {
  return error ? `❌ ${state}: ${escape(error.message)}` : `✅ ${state}`;
}

function signsText(outcome: Outcome): string {
  if (outcome.error) return '-';
  return outcome.unproven === undefined ? 'yes' : `not proven: ${outcome.unproven}`;
}

function failureOf(outcomes: readonly Outcome[]): TrustError | undefined {
  const failed = outcomes.flatMap(({ object, error }) =>
    error ? [{ name: `${object.kind} ${object.name}`, error }] : [],
  );
  const [first, ...others] = failed;
  if (!first || others.length === 0) return first?.error;
  return failureOfMany(
    [first, ...others],
    `${failed.length} of ${outcomes.length} keys were not restored.`,
  );
}
