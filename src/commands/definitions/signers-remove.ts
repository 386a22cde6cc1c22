/** The command `signers remove`. */
import { removeRepositorySigner } from '../signers/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import { signingKey, signingKeyPassphrase, keys } from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { signer, confirm } from '../inputs/signing.js';
import { registryLogin } from '../inputs/identity.js';

export const signersRemove = legacyCommand({
  name: 'signersRemove',
  label: 'Signers: remove',
  help: 'Removes a signer from repositories: what is signed with its keys afterwards is refused.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'signing-key': { ...signingKey, note: 'Here it is the repository key, the one of `targets`.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys: {
      ...keys,
      note: 'Here a key of a signer who stays signs `targets/releases` again, so that nothing is lost.',
    },
    signer: { ...signer, required: true },
    confirm: {
      ...confirm,
      note: 'Needed for repositories that lose signed tags, as with their last signer.',
    },
    'registry-login': registryLogin,
  },
  execute: removeRepositorySigner,
});
