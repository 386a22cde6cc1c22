/** The command `keys restore`. */
import { restoreKeys } from '../keys/restore/index.js';
import { legacyCommand } from '../command.js';
import { vault, archive } from '../inputs/key-inputs.js';

export const keysRestore = legacyCommand({
  name: 'keysRestore',
  label: 'Keys: restore',
  help: 'Restores the keys of a backup folder into a vault, and proves that they are the same.',
  inputs: {
    vault: { ...vault, required: true, note: 'The one that the keys come into.' },
    archive: { ...archive, required: true, note: 'The folder that a backup was written to.' },
  },
  execute: restoreKeys,
});
