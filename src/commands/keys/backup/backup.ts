/**
 * Writes backups of keys, secrets and certificates of a vault into a folder, as Key Vault makes them:
 * nobody but Key Vault can read them again. Changes nothing in the vault, and never replaces a backup
 * that has something which the new one has not.
 */
import { backupVaultObject, listVaultKeys } from '../../../azure/index.js';
import { TrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import { limits } from '../../../limits.js';
import { resolveExisting } from '../../../output-files/index.js';
import { formatKeyReference, type VaultReference } from '../../../signing/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import type { AzureAccess } from '../../access/access.js';
import {
  fileNameFor,
  identify,
  isOpenToOthers,
  lookAt,
  referenceOf,
  sha256Of,
  writeBackup,
  type BackupFolder,
  type BackupObject,
  type Identity,
  type Manifest,
  type Place,
} from '../backup-folder/index.js';
import { readBackupConfiguration, type BackupConfiguration } from './configuration.js';
import { backupReport, backupSummary, backupTable, useOfBackup } from './report.js';
import { whatWouldBeLost, type WantedObject } from './compare.js';

/**
 * Runs `keys backup`.
 * @throws {TrustError} ARCHIVE_INVALID when the folder holds anything else, or another backup; and
 *   whatever keeps one of the objects from being read or backed up: then nothing is written.
 */
export async function backUpKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, platform, problems } = context;
  const configuration = readBackupConfiguration(inputs, workingDirectory, problems);
  const { folder, vaultUrl } = configuration;
  await resolveExisting(folder, workingDirectory);
  const place = await lookAt(folder);
  if (place.kind === 'other') throw notOurs(folder, place.why);
  const { log, warnings } = context;
  const azure = context.access.azure(new URL(vaultUrl).hostname);
  const wanted = await log.group('Keys', () => find(configuration, azure, context));
  const facts = await log.group('Backup', async () => {
    const backup = keptBackup(place, vaultUrl, wanted, folder);
    const manifest = backup ?? (await write(configuration, place, wanted, azure, context));
    for (const line of backupTable(manifest)) log.info(line);
    if (backup) log.info('These very keys were backed up before. Nothing was changed.');
    else log.info(`Written to ${folder}, and read back.`);
    if (await isOpenToOthers(folder, platform)) {
      log.warn(`Others than its owner may look into ${folder}. Run: chmod 700 ${folder}`);
    }
    for (const line of useOfBackup) log.info(line);
    return { folder, manifest, changed: !backup, warnings };
  });
  context.setOutput('archive', folder);
  const report = backupReport(facts);
  await handOnReport(report, configuration.reportPath, context);
  await context.addSummary(backupSummary(facts));
}

/** Everything that is to be in the backup, each object once. */
async function find(
  { vaultUrl, wholeVault, references }: BackupConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<readonly WantedObject[]> {
  const { signal, clock, log } = context;
  const listed = wholeVault
    ? await listVaultKeys(vaultUrl, azure.credential, {
        signal,
        clock,
        onPassedOver: (name, why) => {
          log.info(`${vaultUrl}/keys/${name} is passed over: ${why.message}`);
        },
      })
    : [];
  const all: readonly VaultReference[] = [
    ...listed.map(({ reference }) => ({ ...reference, version: undefined })),
    ...references.map((reference) => ({ ...reference, version: undefined })),
  ];
  const named = new Map(all.map((reference) => [formatKeyReference(reference), reference]));
  if (named.size === 0) throw nothingThere(vaultUrl);
  const found = await mapConcurrent(
    [...named.values()],
    limits.concurrentVaultKeys,
    async (reference) => {
      const identity: Identity = await identify(reference, azure, context);
      return { ...identity, name: reference.name };
    },
  );
  // A key named both by itself and by its certificate is one object.
  const byName = new Map(found.map((one) => [`${one.kind}/${one.name.toLowerCase()}`, one]));
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The manifest of a backup that has these very versions; undefined when one is to be made. */
function keptBackup(
  place: Place,
  vaultUrl: string,
  wanted: readonly WantedObject[],
  folder: string,
): Manifest | undefined {
  if (place.kind !== 'backup') return undefined;
  const { manifest } = place.backup;
  const lost = whatWouldBeLost(manifest, vaultUrl, wanted);
  if (lost.length > 0) throw otherBackup(folder, lost);
  const isSame =
    manifest.objects.length === wanted.length &&
    manifest.objects.every(({ kind, name, versions }) => {
      const now = wanted.find((object) => object.kind === kind && object.name === name)?.versions;
      const known = new Set(versions.map(({ version }) => version));
      return now?.length === versions.length && now.every(({ version }) => known.has(version));
    });
  return isSame ? manifest : undefined;
}

async function write(
  { vaultUrl, folder }: BackupConfiguration,
  place: Place,
  wanted: readonly WantedObject[],
  { credential }: AzureAccess,
  { signal, clock, workingDirectory }: RunContext,
): Promise<Manifest> {
  const blobs = new Map<string, Buffer>();
  const objects = await mapConcurrent(
    wanted,
    limits.concurrentVaultKeys,
    async ({ kind, name, purpose, versions }): Promise<BackupObject> => {
      const reference = referenceOf({ kind, name }, vaultUrl);
      const bytes = await backupVaultObject(reference, credential, { signal, clock });
      const file = fileNameFor({ kind, name }, bytes);
      blobs.set(file, bytes);
      return {
        kind,
        name,
        file,
        sha256: sha256Of(bytes),
        takenAt: clock().toISOString(),
        ...(purpose === undefined ? {} : { role: purpose.role }),
        ...(purpose?.gun === undefined ? {} : { gun: purpose.gun }),
        versions,
      };
    },
  );
  const backup: BackupFolder = { manifest: { formatVersion: 1, vault: vaultUrl, objects }, blobs };
  const former = place.kind === 'backup' ? place.backup.manifest : undefined;
  await writeBackup(folder, backup, former, workingDirectory);
  return backup.manifest;
}

function notOurs(folder: string, why: string): TrustError {
  return new TrustError('ARCHIVE_INVALID', `The backup cannot be put into ${folder}: ${why}`, {
    remedy: 'Name a new folder, an empty one, or one with an earlier backup of the same keys.',
  });
}

function otherBackup(folder: string, lost: readonly string[]): TrustError {
  return new TrustError(
    'ARCHIVE_INVALID',
    `${folder} holds a backup that has more than the new one would: ${lost.join(', ')}`,
    { remedy: 'Name another folder, so that no backup is lost.' },
  );
}

function nothingThere(vaultUrl: string): TrustError {
  return new TrustError(
    'KEY_NOT_FOUND',
    `${vaultUrl} has no enabled key that can sign content trust data`,
    {
      remedy:
        'Check the name of the vault. Keys that are secrets are backed up by their own URLs, such as ' +
        `${vaultUrl}/secrets/app.`,
    },
  );
}
