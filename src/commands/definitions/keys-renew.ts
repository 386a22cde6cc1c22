/** The command `keys renew`. */
import { renewKeys } from '../keys/renew/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import { warnExpiryDays } from '../inputs/days.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
  keys,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const keysRenew = legacyCommand({
  name: 'keysRenew',
  label: 'Keys: renew',
  help: 'Signs the roles again that expire soon or have expired, as far as the keys at hand may, with nothing else changed.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'warn-expiry-days': {
      ...warnExpiryDays,
      note: 'What expires soon is renewed, and what has expired.',
    },
    'signing-key': { ...signingKey, note: 'Here it is one of the keys at hand.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': { ...rootKey, note: 'Here it is one of the keys at hand.' },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys,
    'registry-login': registryLogin,
  },
  execute: renewKeys,
});
