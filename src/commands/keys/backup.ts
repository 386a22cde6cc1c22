/**
 * Writes backups of keys, secrets and certificates of a vault into a folder, as Key Vault makes them:
 * only Key Vault can read them again. Changes nothing in the vault, and never replaces a backup with one
 * that lacks any of it.
 */
import path from 'node:path';
import {
  identifyObjects,
  isOpenToOthers,
  requireBackupPlace,
  updateBackup,
  type BackupRequest,
} from '../../azure/index.js';
import type { TrustError } from '../../errors.js';
import { resolveExisting } from '../../output-files/index.js';
import { defineCommand } from '../command.js';
import { archive, keys, readKeyReferences } from '../inputs/key-inputs.js';
import { code } from '../../report/text.js';
import { paragraph } from '../../report/report.js';
import { codeColumn, tableOf } from '../../report/table.js';

interface BackupConfiguration extends BackupRequest {
  /** Absolute path. */
  readonly folder: string;
}

export const keysBackup = defineCommand({
  name: 'keysBackup',
  label: 'Keys: back up',
  help: 'Backs up keys of Key Vault into a folder. Only Key Vault can read the backups.',
  example: ['keys', 'archive'],
  inputs: {
    keys: { ...keys, required: true, note: 'The keys to back up.' },
    archive: { ...archive, required: true, note: 'The folder to write.' },
  },
  outputs: ['archive'],
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
    const former = await requireBackupPlace(folder);
    const { credential } = run.access.azure(new URL(vaultUrl).hostname);
    const onPassedOver = (name: string, why: TrustError): void => {
      log.info(`${vaultUrl}/keys/${name} is skipped: ${why.message}`);
    };
    const wanted = await log.group('Keys', () =>
      identifyObjects(configuration, credential, { ...run, onPassedOver }),
    );
    const updated = await updateBackup(folder, former, wanted, configuration, credential, run);
    const { isNew, manifest } = updated;
    if (await isOpenToOthers(folder, platform)) {
      log.warn(`Users other than its owner can read ${folder}. Run: chmod 700 ${folder}`);
    }
    const { objects } = manifest;
    return {
      title: 'Backup',
      heading: isNew ? 'Keys backed up' : 'Keys backed up before',
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
          log: isNew
            ? `Written to ${folder}, and read back.`
            : 'The same keys were backed up before. Nothing was changed.',
        },
        ...backupNotes.map(paragraph),
      ],
      facts: { archive: folder, vault: vaultUrl, changed: isNew, objects },
      outputs: { archive: folder },
    };
  },
});

/** What can be done with a backup, and what cannot. */
const backupNotes: readonly string[] = [
  'Only Key Vault can read it: "keys restore" restores it, into a vault of the same subscription and the same geography.',
  'Whoever has this folder and may restore keys in such a vault has the keys: keep it apart, readable for few. Passphrases of keys in secrets are not in it.',
];
