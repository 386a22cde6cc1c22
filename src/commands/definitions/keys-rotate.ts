/** The command `keys rotate`. */
import { rotateKeys } from '../keys/rotate/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
  keys,
  hsm,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const keysRotate = legacyCommand({
  name: 'keysRotate',
  label: 'Keys: rotate',
  help: 'Replaces the key of a role: root, repository key or delegation; or hands the snapshot or timestamp key to the server. What was signed stays signed.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'signing-key': { ...signingKey, note: 'Here it is one of the keys at hand.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': { ...rootKey, note: 'Here it is one of the keys at hand.' },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys,
    hsm,
    role: {
      type: 'text',
      group: 'keys',
      label: 'Role',
      help: 'The role whose key is replaced: `targets` (the repository key), `root`, a delegation such as `targets/ci`, or `snapshot` or `timestamp`, whose key the server makes and keeps.',
      example: 'targets',
      required: true,
    },
    'new-key': {
      type: 'text',
      group: 'keys',
      label: 'New key',
      help: 'The key that the role gets instead of its present one, given like `signing-key`. Not for `snapshot` and `timestamp`.',
      example: 'https://contoso-keys.vault.azure.net/keys/team-app-2',
    },
    'new-key-passphrase': {
      type: 'text',
      group: 'keys',
      label: 'Passphrase of the new key',
      help: 'Opens the new key if its PEM is encrypted. The value, or the URL of a Key Vault secret that holds it.',
      secret: true,
      references: ['url'],
      example: 'https://contoso-keys.vault.azure.net/secrets/team-app-2-passphrase',
    },
    'old-key': {
      type: 'text',
      group: 'keys',
      label: 'Old key',
      help: 'ID of the key that is replaced, where the role has several. Without it, the one that the role has.',
      example: '4c6c56a0b1d2e3f405162738495a6b7c8d9eaf0b1c2d3e4f5061728394a5b6c7',
    },
    'create-key': {
      type: 'boolean',
      group: 'keys',
      label: 'Create the new key',
      help: 'Creates `new-key` in Key Vault first: a new version of it, if a key of that name exists. For `snapshot` and `timestamp`, has the server make a new key although it holds the present one.',
      default: false,
      example: 'true',
    },
    'registry-login': registryLogin,
  },
  execute: rotateKeys,
});
