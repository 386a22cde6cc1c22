/** The command `keys status`. */
import { showKeysStatus } from '../keys/status/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
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

export const keysStatus = legacyCommand({
  name: 'keysStatus',
  label: 'Keys: status',
  help: 'Shows when each role of repositories expires and which of the keys at hand can renew it. Fails when something expires soon, for a scheduled pipeline. Changes nothing.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'warn-expiry-days': { ...warnExpiryDays, note: 'The run fails when something expires soon.' },
    'signing-key': { ...signingKey, note: 'Here it is one of the keys at hand.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': { ...rootKey, note: 'Here it is one of the keys at hand.' },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys,
    'registry-login': registryLogin,
  },
  execute: showKeysStatus,
});
