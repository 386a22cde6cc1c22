/** The command `push`. */
import { buildPushSign } from '../build-push/build-push.js';
import { mainJob } from '../configuration/main-job.js';
import { legacyCommand } from '../command.js';
import { registry, repository, trustServer } from '../inputs/repositories.js';
import { tags } from '../inputs/image.js';
import { engine, tagsLast, contentTrust, passEnvironment } from '../inputs/signing.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin, registryId } from '../inputs/identity.js';

export const push = legacyCommand({
  name: 'push',
  label: 'Push and sign',
  help: 'Pushes an image that the Docker engine has under all of its tags, signs them and reads the signatures back.',
  inputs: {
    registry: { ...registry, required: true },
    repository: { ...repository, required: true },
    tags: { ...tags, required: true, note: 'All of them are pushed, and signed in one publish.' },
    engine,
    'tags-last': tagsLast,
    'content-trust': contentTrust,
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
    'registry-login': registryLogin,
    'registry-id': registryId,
    'pass-environment': passEnvironment,
  },
  execute: mainJob('push', buildPushSign),
});
