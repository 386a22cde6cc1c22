/** The command `keys export`. */
import { exportKeys } from '../keys/export/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { signingKeyPassphrase, rootKeyPassphrase, keys, archive } from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const keysExport = legacyCommand({
  name: 'keysExport',
  label: "Keys: export in Docker's format",
  help: "Writes keys that may leave the vault (secrets, exportable certificates) into an archive in Docker's own format.",
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'signing-key-passphrase': {
      ...signingKeyPassphrase,
      note: 'Here it opens all keys but root keys.',
    },
    'root-key-passphrase': { ...rootKeyPassphrase, note: 'Here it opens all root keys.' },
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys: { ...keys, required: true, note: 'Here they are the keys to write.' },
    archive: { ...archive, required: true, note: 'The tar.gz to write, which must not exist.' },
    'archive-passphrase': {
      type: 'text',
      group: 'keys',
      label: 'Passphrase of exported keys',
      help: 'Encrypts the private keys in the archive that `keysExport` writes; Docker asks for it when it uses them. At least 8 characters. The value, or the URL of a Key Vault secret that holds it.',
      secret: true,
      references: ['url'],
      example: 'https://contoso-keys.vault.azure.net/secrets/export-passphrase',
      required: true,
    },
    'registry-login': registryLogin,
  },
  execute: exportKeys,
});
