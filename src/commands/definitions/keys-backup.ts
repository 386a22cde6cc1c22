/** The command `keys backup`. */
import { backUpKeys } from '../keys/backup/index.js';
import { legacyCommand } from '../command.js';
import { keys, archive } from '../inputs/key-inputs.js';

export const keysBackup = legacyCommand({
  name: 'keysBackup',
  label: 'Keys: back up',
  help: 'Writes backups of keys into a folder, as Key Vault makes them: only Key Vault can read them again.',
  inputs: {
    keys: { ...keys, required: true, note: 'Here they are the keys to write.' },
    archive: { ...archive, required: true, note: 'The folder to write.' },
  },
  execute: backUpKeys,
});
