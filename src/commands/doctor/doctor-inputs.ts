/** What `doctor` is asked to look at: the inputs of the command that does not work. Asks nobody. */
import type { DiagnosisRequest, RegistryPlace } from '../../diagnosis/index.js';
import { registryId, readRegistryId, registryLoginInputs } from '../inputs/identity.js';
import { tags } from '../inputs/image.js';
import {
  readKeyInput,
  rootKey,
  rootKeyPassphrase,
  signingKey,
  signingKeyPassphrase,
} from '../inputs/key-inputs.js';
import { readDays, warnExpiryDays } from '../inputs/days.js';
import { notaryProjectInputs, readSignatureKinds } from '../inputs/notary-project.js';
import { pinInputs, readPins } from '../inputs/pins.js';
import type { Read } from '../inputs/read.js';
import { readRepositories, readTrustServers, repositoryInputs } from '../inputs/repositories.js';
import { engine } from '../inputs/signing.js';
import { readTrustedCertificates, trustedSignerInputs } from '../inputs/trusted-signers.js';
import type { Inputs } from '../../inputs/index.js';
import { parseRegistryHost, parseTag } from '../../registry/index.js';

export const doctorInputs = {
  registry: {
    ...repositoryInputs.registry,
    note: 'Without it no registry is checked, and without a repository no trust data.',
  },
  repository: repositoryInputs.repository,
  images: repositoryInputs.images,
  tags: {
    ...tags,
    note: 'What would be signed, and whether it is. Without it the question is whether `latest` could be.',
  },
  engine,
  'signing-key': {
    ...signingKey,
    note: 'With it the principal must be able to push and sign; without it, to read. It signs a random challenge.',
  },
  'signing-key-passphrase': signingKeyPassphrase,
  ...notaryProjectInputs,
  'root-key': { ...rootKey, note: 'For owners: it is checked as the signing key is.' },
  'root-key-passphrase': rootKeyPassphrase,
  ...pinInputs,
  'trusted-certificate': {
    ...trustedSignerInputs['trusted-certificate'],
    note: 'For those that verify: whether it can be read, and when it expires.',
  },
  'trust-server': repositoryInputs['trust-server'],
  ...registryLoginInputs,
  'registry-id': registryId,
  'warn-expiry-days': {
    ...warnExpiryDays,
    note: 'Roles, keys and certificates that expire soon get a warning.',
  },
} as const satisfies Inputs;

export function parseDoctor(read: Read<typeof doctorInputs>): DiagnosisRequest {
  const { values, parse, conflict } = read;
  const registries = readRegistries(read);
  if (values['registry-id'] !== undefined && registries.length > 1) {
    const count = registries.length;
    conflict('registry-id', `is set, and ${count} registries are named`, 'Check one at a time.');
  }
  const named = values.tags.flatMap((tag) => parse('tags', () => parseTag(tag)) ?? []);
  return {
    ...readSignatureKinds(read),
    registries,
    registryId: readRegistryId(read),
    registryLogin: values['registry-login'],
    engine: values.engine,
    tags: [...new Set(named)],
    signingKey: readKeyInput('signing-key', read),
    rootKey: readKeyInput('root-key', read),
    pins: readPins(read),
    trustedCertificates:
      values['trusted-certificate'].length > 0
        ? readTrustedCertificates('trusted-certificate', 'ca', read)
        : undefined,
    withinDays: readDays(read),
  };
}

function readRegistries(read: Read<typeof doctorInputs>): readonly RegistryPlace[] {
  const { registry, repository, images } = read.values;
  const trustServerOf = readTrustServers(read);
  if (repository === undefined && images.length === 0) {
    const host =
      registry === undefined
        ? undefined
        : read.parse('registry', () => parseRegistryHost(registry));
    return host === undefined ? [] : [{ host, trustServer: trustServerOf(host), repositories: [] }];
  }
  const repositories = readRepositories(read);
  return [...new Set(repositories.map(({ registry: host }) => host))].map((host) => ({
    host,
    trustServer: trustServerOf(host),
    repositories: repositories.filter((one) => one.registry === host),
  }));
}
