/**
 * Writes backups of keys, secrets and certificates of a vault into a folder, as Key Vault makes them:
 * only Key Vault can read them again. Changes nothing in the vault, and never replaces a backup with one
 * that lacks any of it.
 */
import path from 'node:path';
import {
  hasSameVersions,
  identifyObject,
  isOpenToOthers,
  listVaultKeys,
  lostObjects,
  readBackupPlace,
  takeBackup,
  writeBackup,
  type BackupPlace,
  type Manifest,
  type ObjectIdentity,
} from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { resolveExisting } from '../../output-files/index.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../context.js';
import { archive, keys, readKeyReferences } from '../inputs/key-inputs.js';
import { code } from '../report/text.js';
import { paragraph } from '../report/report.js';
import { codeColumn, tableOf } from '../report/table.js';

interface BackupConfiguration {
  readonly vaultUrl: string;
  /** Whether every signing key of the vault is wanted. */
  readonly wholeVault: boolean;
  readonly references: readonly VaultReference[];
  /** Absolute path. */
  readonly folder: string;
}

export const keysBackup = defineCommand({
  name: 'keysBackup',
  label: 'Keys: back up',
  help: 'Writes backups of keys into a folder, as Key Vault makes them: only Key Vault can read them again.',
  inputs: {
    keys: { ...keys, required: true, note: 'The keys to back up.' },
    archive: { ...archive, required: true, note: 'The folder to write.' },
  },
  parse: (read): BackupConfiguration => {
    const named = readKeyReferences(read);
    for (const one of named) {
      if (one.kind !== 'file') continue;
      read.add({
        input: 'keys',
        problem: `names the file ${one.path}, which is not in a vault`,
        code: 'INPUT_INVALID',
        remedy: 'Back up files by copying them to a safe place.',
      });
    }
    const inVault = named.filter((one) => one.kind !== 'file');
    const vaults = [...new Set(inVault.map(({ vaultUrl }) => vaultUrl))];
    if (vaults.length > 1) {
      read.conflict(
        'keys',
        `name objects of ${vaults.length} vaults: ${vaults.join(', ')}`,
        'Back up each vault in a run of its own, to a folder of its own: keys that are kept apart stay apart.',
      );
    }
    return {
      vaultUrl: vaults[0] ?? '',
      wholeVault: inVault.some(({ kind }) => kind === 'vault'),
      references: inVault.filter((one) => one.kind !== 'vault'),
      folder: path.resolve(read.workingDirectory, read.values.archive ?? ''),
    };
  },
  run: async (configuration, run) => {
    const { folder, vaultUrl } = configuration;
    const { log, workingDirectory, platform } = run;
    await resolveExisting(folder, workingDirectory);
    const place = await readBackupPlace(folder);
    if (place.kind === 'other') throw notOurs(folder, place.why);
    const { credential } = run.access.azure(new URL(vaultUrl).hostname);
    const wanted = await log.group('Keys', () => findObjects(configuration, run));
    const kept = keptBackup(place, vaultUrl, wanted, folder);
    let manifest = kept;
    if (!manifest) {
      const backup = await takeBackup(wanted, vaultUrl, credential, run);
      const former = place.kind === 'backup' ? place.manifest : undefined;
      await writeBackup(folder, backup, former, workingDirectory);
      ({ manifest } = backup);
    }
    if (await isOpenToOthers(folder, platform)) {
      log.warn(`Users other than its owner can read ${folder}. Run: chmod 700 ${folder}`);
    }
    const { objects } = manifest;
    return {
      title: 'Backup',
      heading: kept ? 'Keys backed up before' : 'Keys backed up',
      body: [
        { summary: `${code(vaultUrl)} in ${code(folder)}` },
        tableOf(objects, [
          { heading: 'Kind', text: ({ kind }) => kind },
          codeColumn('Name', ({ name }) => name),
          { heading: 'Versions', text: ({ versions }) => String(versions.length) },
          codeColumn('Key ID', ({ versions }) => versions[0]?.keyId ?? 'unknown'),
          {
            heading: 'For',
            text: ({ role, gun }) => [role, gun].filter((part) => part).join(' ') || '-',
          },
        ]),
        {
          log: kept
            ? 'The same keys were backed up before. Nothing was changed.'
            : `Written to ${folder}, and read back.`,
        },
        ...backupNotes.map(paragraph),
      ],
      facts: { archive: folder, vault: vaultUrl, changed: !kept, objects },
      outputs: { archive: folder },
    };
  },
});

/** What can be done with a backup, and what cannot. */
const backupNotes: readonly string[] = [
  'Only Key Vault can read it: "keys restore" restores it, into a vault of the same subscription and the same geography.',
  'Whoever has this folder and may restore keys in such a vault has the keys: keep it apart, readable for few. Passphrases of keys in secrets are not in it.',
];

/** Everything that is to be in the backup, each object once, in order of kind and name. */
async function findObjects(
  { vaultUrl, wholeVault, references }: BackupConfiguration,
  run: Run,
): Promise<readonly ObjectIdentity[]> {
  const { credential } = run.access.azure(new URL(vaultUrl).hostname);
  const onPassedOver = (name: string, why: TrustError): void => {
    run.log.info(`${vaultUrl}/keys/${name} is skipped: ${why.message}`);
  };
  const listed = wholeVault
    ? await listVaultKeys(vaultUrl, credential, { ...run, onPassedOver })
    : [];
  const all = [...listed.map(({ reference }) => reference), ...references].map(
    (reference): VaultReference => ({ ...reference, version: undefined }),
  );
  const named = new Map(all.map((reference) => [formatKeyReference(reference), reference]));
  if (named.size === 0) throw noKeys(vaultUrl);
  const found = await mapConcurrent([...named.values()], limits.concurrentVaultKeys, (reference) =>
    identifyObject(reference, credential, run),
  );
  // A key named both by itself and by its certificate is one object.
  const byName = new Map(found.map((one) => [`${one.kind}/${one.name.toLowerCase()}`, one]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/**
 * The manifest of a backup that has these very versions; undefined when one is to be made.
 * @throws {TrustError} ARCHIVE_INVALID when the backup in the folder has more
 */
function keptBackup(
  place: BackupPlace,
  vaultUrl: string,
  wanted: readonly ObjectIdentity[],
  folder: string,
): Manifest | undefined {
  if (place.kind !== 'backup') return undefined;
  const { manifest } = place;
  const lost = lostObjects(manifest, vaultUrl, wanted);
  if (lost.length === 0) return hasSameVersions(manifest, wanted) ? manifest : undefined;
  throw new TrustError(
    'ARCHIVE_INVALID',
    `${folder} holds a backup that has more than the new one would: ${lost.join(', ')}`,
    { remedy: 'Name another folder, so that no backup is lost.' },
  );
}

function notOurs(folder: string, why: string): TrustError {
  return new TrustError('ARCHIVE_INVALID', `The backup cannot be put into ${folder}: ${why}`, {
    remedy: 'Name a new folder, an empty one, or one with an earlier backup of the same keys.',
  });
}

function noKeys(vaultUrl: string): TrustError {
  return new TrustError(
    'KEY_NOT_FOUND',
    `${vaultUrl} has no enabled key that can sign content trust data`,
    {
      remedy: `Check the name of the vault. Keys that are secrets are backed up by their own URLs, such as ${vaultUrl}/secrets/app.`,
    },
  );
}
