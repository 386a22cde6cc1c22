/** The command `revoke`. */
import { revokeTags } from '../revoke/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, trustServer } from '../inputs/repositories.js';
import { tags, dryRun } from '../inputs/image.js';
import { signingKey, signingKeyPassphrase } from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin, registryId } from '../inputs/identity.js';

export const revoke = legacyCommand({
  name: 'revoke',
  label: 'Revoke',
  help: 'Takes the signatures of tags away from every role that the signing key may sign, and says which roles still carry them. The images stay. Needs no Docker.',
  inputs: {
    registry: { ...registry, required: true },
    repository: { ...repository, required: true },
    tags: {
      ...tags,
      note: 'Also patterns, in which `*` stands for any characters and `?` for one.',
    },
    'all-tags': {
      type: 'boolean',
      group: 'image',
      label: 'All tags',
      help: 'Revokes every tag of the repository, instead of those that `tags` names.',
      default: false,
      example: 'true',
    },
    'dry-run': dryRun,
    'signing-key': {
      ...signingKey,
      note: 'The key decides the role: the delegations that list it, or `targets`. Needed whenever something is signed.',
    },
    'signing-key-passphrase': signingKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    'registry-login': registryLogin,
    'registry-id': registryId,
  },
  execute: revokeTags,
});
