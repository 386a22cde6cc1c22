/** The command `promote`. */
import { promoteImages } from '../promote/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, trustServer } from '../inputs/repositories.js';
import { tags, dryRun } from '../inputs/image.js';
import { requiredSigners } from '../inputs/signing.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin, registryId } from '../inputs/identity.js';

export const promote = legacyCommand({
  name: 'promote',
  label: 'Promote',
  help: 'Copies images that are signed at their source to another repository or registry, by digest and with all platforms, and signs them there. Needs no Docker.',
  inputs: {
    registry: { ...registry, required: true },
    repository: { ...repository, required: true },
    tags: { ...tags, note: 'Those of the copy; without them it has the tags of `source`.' },
    'dry-run': dryRun,
    source: {
      type: 'list',
      group: 'image',
      label: 'Source images',
      help: 'The images to copy, by their full names with tag, or with tag and the digest it must be signed for. Separated by commas or lines.',
      example: 'contosodev.azurecr.io/team/app:1.4.2',
      required: true,
    },
    'required-signers': requiredSigners,
    'signing-key': {
      ...signingKey,
      note: 'The key decides the role: the delegations that list it, or `targets`. Needed whenever something is signed.',
    },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': {
      ...rootKey,
      note: 'It signs that first publish only, and is opened besides where neither a pin nor a record at the signing key says which root is genuine. Without it a repository without trust data is an error, and no key is ever made up. Pipelines should not have it: initialise with `keys init`.',
    },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    'source-trust-pin': {
      type: 'list',
      group: 'trust',
      label: 'Pinned root at the source',
      help: 'What the root of the source repository must be, as `trust-pin` says it of the target.',
      example: 'https://contoso-root.vault.azure.net/keys/root',
    },
    'source-trust-server': {
      type: 'text',
      group: 'trust',
      label: 'Trust server of the source',
      help: 'URL of the Notary server for the images of `source`. Without it, their registry itself, as in Azure Container Registry.',
      example: 'https://contosodev.azurecr.io',
    },
    'registry-login': registryLogin,
    'registry-id': registryId,
  },
  execute: promoteImages,
});
