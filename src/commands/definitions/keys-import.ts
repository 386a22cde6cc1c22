/** The command `keys import`. */
import { importKeys } from '../keys/import/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import {
  signingKeyPassphrase,
  rootKeyPassphrase,
  vault,
  hsm,
  archive,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const keysImport = legacyCommand({
  name: 'keysImport',
  label: 'Keys: import from Docker',
  help: 'Imports the keys of a `~/.docker/trust/private` folder, or of a tar.gz backup of it, into Key Vault, and says which repositories each of them serves.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'signing-key-passphrase': {
      ...signingKeyPassphrase,
      note: 'Here it opens all keys but root keys.',
    },
    'root-key-passphrase': { ...rootKeyPassphrase, note: 'Here it opens all root keys.' },
    'trust-server': trustServer,
    'trust-pin': trustPin,
    vault: { ...vault, required: true, note: 'The one that the keys come into.' },
    'root-vault': {
      type: 'text',
      group: 'keys',
      label: 'Vault for root keys',
      help: 'URL of the Key Vault that root keys are imported to, best one that pipelines cannot reach. Without it, `vault`.',
      example: 'https://contoso-root.vault.azure.net',
    },
    hsm,
    'store-as': {
      type: 'choice',
      group: 'keys',
      label: 'Store imported keys as',
      help: 'What imported keys become in Key Vault.',
      choices: {
        key: 'Keys: the private key never leaves the vault again.',
        secret:
          'Secrets that hold a PEM: for the docker engine, and for keys that are to be exported.',
      },
      default: 'key',
      example: 'secret',
    },
    archive: {
      ...archive,
      required: true,
      note: "Docker's or Notary's folder of private keys, a tar or tar.gz of one, or a file with private keys.",
    },
    'registry-login': registryLogin,
  },
  execute: importKeys,
});
