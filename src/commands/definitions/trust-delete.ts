/** The command `trust delete`. */
import { deleteRepositoryTrust } from '../trust-delete/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import { trustPin } from '../inputs/pins.js';
import { confirm } from '../inputs/signing.js';
import { registryLogin } from '../inputs/identity.js';

export const trustDelete = legacyCommand({
  name: 'trustDelete',
  label: 'Trust data: delete',
  help: 'Deletes all trust data of repositories, after listing what is lost. The images stay, and are unsigned then.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    confirm: { ...confirm, note: 'Each repository has to be named.' },
    'registry-login': registryLogin,
  },
  execute: deleteRepositoryTrust,
});
