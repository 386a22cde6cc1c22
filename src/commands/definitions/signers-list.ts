/** The command `signers list`. */
import { listRepositorySigners } from '../signers/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const signersList = legacyCommand({
  name: 'signersList',
  label: 'Signers: list',
  help: 'Lists the signers of repositories (`targets/<name>`) with their keys, and the keys of `targets/releases`.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'trust-server': trustServer,
    'trust-pin': trustPin,
    'registry-login': registryLogin,
  },
  execute: listRepositorySigners,
});
