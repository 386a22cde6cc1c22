/** The command `keys lost`. */
import { showWayOut } from '../keys/lost/index.js';
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

export const keysLost = legacyCommand({
  name: 'keysLost',
  label: 'Keys: a way out of lost keys',
  help: 'For a lost key: says what still works, until when, and the steps out, judged by the keys still at hand. Changes nothing.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
    'signing-key': { ...signingKey, note: 'Here it is one of the keys at hand.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'root-key': { ...rootKey, note: 'Here it is one of the keys at hand.' },
    'root-key-passphrase': rootKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    keys,
    'registry-login': registryLogin,
  },
  execute: showWayOut,
});
