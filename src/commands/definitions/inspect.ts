/** The command `inspect`. */
import { inspectRepositories } from '../inspect/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { warnExpiryDays } from '../inputs/days.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const inspect = legacyCommand({
  name: 'inspect',
  label: 'Inspect',
  help: 'Shows who may sign repositories and what is signed: signers, keys, thresholds, expiry, every tag with its digest and signers, and the tags that are not signed. Needs no Docker, and no more than AcrPull.',
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, or single tags of them.' },
    'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
    'trust-server': trustServer,
    'trust-pin': trustPin,
    'registry-login': registryLogin,
    format: {
      type: 'choice',
      group: 'advanced',
      label: 'Format',
      help: 'How the inspection is printed.',
      hosts: ['cli'],
      choices: {
        table: 'As tables, for people.',
        json: 'On standard output nothing but JSON as `docker trust inspect` prints it; all else on standard error.',
      },
      default: 'table',
      example: 'json',
    },
  },
  execute: inspectRepositories,
});
