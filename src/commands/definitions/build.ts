/** The command `build`. */
import { buildPushSign } from '../build-push/build-push.js';
import { mainJob } from '../configuration/main-job.js';
import { legacyCommand } from '../command.js';
import { registry, repository, trustServer } from '../inputs/repositories.js';
import { tags } from '../inputs/image.js';
import {
  context,
  dockerfile,
  buildArgs,
  target,
  labels,
  platforms,
  secrets,
  cacheFrom,
  cacheTo,
  noCache,
  pull,
  builder,
  builderName,
  buildArguments,
  baseImages,
} from '../inputs/build.js';
import { contentTrust, passEnvironment } from '../inputs/signing.js';
import { registryLogin } from '../inputs/identity.js';

export const build = legacyCommand({
  name: 'build',
  label: 'Build',
  help: 'Builds an image, with its base images held to the `base-images` policy. Nothing is pushed or signed.',
  inputs: {
    registry: { ...registry, required: true },
    repository: { ...repository, required: true },
    tags: { ...tags, required: true },
    context,
    dockerfile,
    'build-args': buildArgs,
    target,
    labels,
    platforms,
    secrets,
    'cache-from': cacheFrom,
    'cache-to': cacheTo,
    'no-cache': noCache,
    pull,
    builder,
    'builder-name': builderName,
    'build-arguments': buildArguments,
    'content-trust': contentTrust,
    'trust-server': trustServer,
    'base-images': baseImages,
    'registry-login': registryLogin,
    'pass-environment': passEnvironment,
  },
  hasReport: false,
  execute: mainJob('build', buildPushSign),
});
