/** The command `verify`. */
import { verifyImages } from '../verify/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { tags } from '../inputs/image.js';
import { requiredSigners, passEnvironment } from '../inputs/signing.js';
import { warnExpiryDays } from '../inputs/days.js';
import { trustPin } from '../inputs/pins.js';
import { registryLogin } from '../inputs/identity.js';

export const verify = legacyCommand({
  name: 'verify',
  label: 'Verify',
  help: 'Verifies the signatures of images, given by name or in files, and hands them on by digest. Fails if any is unsigned or not as required. Needs no Docker.',
  inputs: {
    registry,
    repository,
    tags,
    images: {
      ...images,
      note: 'Images by tag, by digest or by both: a digest is accepted if a tag with that very digest is signed; tag and digest must agree.',
    },
    files: {
      type: 'list',
      group: 'verification',
      label: 'Files that name images',
      help: 'Files whose images are to be verified: Kubernetes manifests, Docker compose files, or plain lists with an image a line. Separated by commas or lines.',
      example: 'deploy/app.yaml, compose.yaml',
    },
    'required-signers': requiredSigners,
    'required-roles': {
      type: 'list',
      group: 'verification',
      label: 'Required roles',
      help: 'Roles that must all list each tag with this digest, by their full names.',
      example: 'targets/releases',
    },
    'max-age': {
      type: 'text',
      group: 'verification',
      label: 'Maximum age in days',
      help: "How old an image may be: the days since it was made, as its configuration says in `created`; of a multi-arch image, each platform's. An image without that date, or with one of 1970 as reproducible builds have it, fails when this is set.",
      example: '90',
    },
    'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
    'allow-unsigned': {
      type: 'list',
      group: 'verification',
      label: 'Images that may be unsigned',
      help: 'Images that are let through, with a warning, when they are not signed or their registry has no content trust: names without tag, with `*` for any part. They stay out of the output `images`. Trust data that is wrong fails all the same.',
      example: 'docker.io/library/*, mcr.microsoft.com/*',
    },
    'allow-moved-tags': {
      type: 'boolean',
      group: 'verification',
      label: 'Allow tags that were moved',
      help: 'Accepts, with a warning, an image whose tag points elsewhere in the registry than it is signed for. By default it fails, as whoever pulls the tag without content trust gets what is not signed; where the result is used by digest (`write-digests`, `pull-verified`) there is only the warning.',
      default: false,
      example: 'true',
    },
    'skip-built': {
      type: 'boolean',
      group: 'verification',
      label: 'Skip services that are built',
      help: 'Leaves out, with a warning, the images of compose services that have `build`. By default they are verified like all others, as Compose pulls such an image where it is there.',
      default: false,
      example: 'true',
    },
    'write-digests': {
      type: 'boolean',
      group: 'verification',
      label: 'Write digests into the files',
      help: 'Writes the verified digests into `files`, keeping comments and formatting: in place, or into `output-directory`. Nothing is written unless everything was verified.',
      default: false,
      example: 'true',
    },
    'output-directory': {
      type: 'text',
      group: 'verification',
      label: 'Folder for the files with digests',
      help: 'Where `write-digests` puts the files instead of over the given ones, under their own names.',
      example: 'deploy/verified',
    },
    'pull-verified': {
      type: 'boolean',
      group: 'verification',
      label: 'Pull what was verified',
      help: 'Pulls each image by its verified digest, and gives it the tag that was asked for. The only part that needs Docker.',
      default: false,
      example: 'true',
    },
    'cache-directory': {
      type: 'text',
      group: 'verification',
      label: 'Folder for what was trusted before',
      help: 'Keeps the trust data of each repository between runs, so that older data and another root are refused later on. Without it each run knows only what the server says, and the pins.',
      example: '/var/lib/acr-content-trust',
    },
    'trust-server': trustServer,
    'trust-pin': {
      ...trustPin,
      note: '`contoso.azurecr.io/*=` before a pin holds only repositories of such names to it.',
    },
    'registry-login': registryLogin,
    'pass-environment': passEnvironment,
  },
  execute: verifyImages,
});
