/**
 * Restores the keys of a backup folder into a vault, and proves that they are the same. What fails for
 * one keeps no other from being restored; the run fails in the end, and says for which.
 */
import { TrustError, isTrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import { limits } from '../../../limits.js';
import { formatKeyReference } from '../../../signing/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import type { RunContext } from '../../context.js';
import { cappedList } from '../../report/capped-list.js';
import { remediesOf } from '../../report/failure-of-many.js';
import { errorFacts } from '../../report/error-facts.js';
import { handOnReport } from '../../report/report-file.js';
import { readBackup } from '../backup-folder/index.js';
import { readRestoreConfiguration } from './configuration.js';
import { restoreReport, restoreSummary, restoreTable, type RestoredObject } from './report.js';
import { restoreObject } from './restore-object.js';

/**
 * Runs `keys restore`.
 * @throws {TrustError} ARCHIVE_INVALID before anything is done; KEY_CONFLICT for names that hold
 *   another key or a deleted one, and whatever else kept a key from being restored, after all were
 *   tried.
 */
export async function restoreKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readRestoreConfiguration(inputs, workingDirectory, problems);
  const { folder, vaultUrl } = configuration;
  const { log, warnings } = context;
  const { manifest, blobs } = await log.group('Backup', async () => {
    const backup = await readBackup(folder);
    const { objects, vault } = backup.manifest;
    log.info(`${objects.length} keys of ${vault}, complete and unchanged`);
    if (vault !== vaultUrl) log.info(`They go to another vault, ${vaultUrl}.`);
    return backup;
  });
  const azure = context.access.azure(new URL(vaultUrl).hostname);
  const errors: TrustError[] = [];
  const objects = await log.group('Restoring', async () => {
    const done = await mapConcurrent(
      manifest.objects,
      limits.concurrentVaultKeys,
      async (object): Promise<RestoredObject> => {
        const blob = blobs.get(object.file);
        if (!blob) throw new TypeError('a file of the backup got lost on the way');
        try {
          const restored = await restoreObject(object, blob, vaultUrl, azure, context);
          return { object, ...restored, error: undefined };
        } catch (error) {
          if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
          errors.push(error);
          const failed = { state: 'failed', reference: undefined, unproven: undefined } as const;
          return { object, ...failed, error: errorFacts(error) };
        }
      },
    );
    for (const line of restoreTable(done)) log.info(line);
    if (done.every(({ state }) => state === 'already there')) log.info('Nothing was changed.');
    return done;
  });
  const urls = objects.flatMap(({ reference }) =>
    reference ? [formatKeyReference(reference)] : [],
  );
  context.setOutput('keys', urls.join('\n'));
  const facts = { folder, vault: vaultUrl, source: manifest.vault, objects, warnings };
  await handOnReport(restoreReport(facts), configuration.reportPath, context);
  await context.addSummary(restoreSummary(facts));
  const failure = failureOf(errors, objects.length);
  if (failure) throw failure;
}

function failureOf(errors: readonly TrustError[], all: number): TrustError | undefined {
  const [first] = errors;
  if (!first || errors.length === 1) return first;
  const each = errors.map(({ message }) => message.replace(/\.?$/, '.'));
  return new TrustError(
    first.code,
    [`${errors.length} of ${all} keys were not restored.`, ...cappedList(each, 20)].join(' '),
    { remedy: remediesOf(errors), cause: first },
  );
}
