/** The command `keys init`. */
import { initKeys } from '../keys/init/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
  vault,
  hsm,
} from '../inputs/key-inputs.js';
import { registryLogin } from '../inputs/identity.js';

export const keysInit = legacyCommand({
  name: 'keysInit',
  label: 'Keys: create, and initialise repositories',
  help: 'Creates root key and repository keys in Key Vault, as far as they do not exist, and initialises repositories with them. A second run changes nothing.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'signing-key': {
      ...signingKey,
      note: 'Here it becomes the repository key; a Key Vault key is made if it does not exist.',
    },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': { ...rootKey, note: 'A Key Vault key is made if it does not exist.' },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    vault: {
      ...vault,
      note: 'Without `signing-key`, each repository gets a key of its own in it, named after the repository.',
    },
    hsm,
    'registry-login': registryLogin,
  },
  execute: initKeys,
});
