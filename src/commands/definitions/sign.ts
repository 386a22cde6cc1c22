/** The command `sign`. */
import { signExisting } from '../sign/index.js';
import { mainJob } from '../configuration/main-job.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { tags } from '../inputs/image.js';
import { engine } from '../inputs/signing.js';
import {
  signingKey,
  signingKeyPassphrase,
  rootKey,
  rootKeyPassphrase,
} from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin, registryId } from '../inputs/identity.js';

export const sign = legacyCommand({
  name: 'sign',
  label: 'Sign',
  help: 'Signs tags of images that are in the registry already, of one repository or of many. Needs no Docker.',
  inputs: {
    registry,
    repository,
    tags,
    images: {
      ...images,
      note: 'Images, instead of `repository` and `tags`: by tag, or by tag and the digest that the tag is to be signed for.',
    },
    digest: {
      type: 'text',
      group: 'image',
      label: 'Digest',
      help: 'What the tags are to stand for; with `images`, those of one repository. Signing stops if one of them points to anything else. Without it, each tag is signed for what it points to when the run starts.',
      example: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    engine,
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
  },
  execute: mainJob('sign', signExisting),
});
