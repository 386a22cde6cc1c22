/** The outputs of all commands. action.yml, task.json and the reference are made from it. */

/** An output of a run. */
interface OutputDefinition {
  readonly description: string;
  readonly example: string;
}

export const outputs = {
  digest: {
    description: 'Digest of the image: what this run pushed, or what it signed.',
    example: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  image: {
    description: 'The image by digest, ready to deploy: set when all that was asked for is done.',
    example: 'contoso.azurecr.io/team/app@sha256:9f86d081884c…',
  },
  'signed-tags': {
    description:
      'The tags that were signed and read back, separated by commas; with `images`, their full names.',
    example: '1.4.2,latest',
  },
  'key-id': { description: 'ID of the key that signed.', example: '4c6c56a0…' },
  role: {
    description: 'The roles that carry the signature, separated by commas.',
    example: 'targets/ci,targets/releases',
  },
  images: {
    description:
      'The images that `verify` verified, that `sign` signed of the input `images`, or that `promote` copied and signed, by digest, one a line.',
    example: 'contoso.azurecr.io/team/app@sha256:9f86d081884c…',
  },
  verified: { description: 'How many images `verify` verified.', example: '3' },
  inspection: {
    description:
      'Path of a JSON file with what `inspect` saw, in the shape of `docker trust inspect`.',
    example: '/tmp/acr-content-trust-inspection.json',
  },
  'revoked-tags': {
    description:
      'The tags that `revoke` took from at least one role, or would take, separated by commas.',
    example: '1.4.1,nightly-3',
  },
  'still-signed-tags': {
    description: 'The tags that other roles still carry after `revoke`, separated by commas.',
    example: '1.4.1',
  },
  keys: {
    description:
      'The keys that were created, imported, restored, rotated to or listed for a signer, by their URLs with version, one a line.',
    example: 'https://contoso-keys.vault.azure.net/keys/team-app/0123456789abcdef0123456789abcdef',
  },
  'root-key-id': {
    description: 'ID of the root key that `keysInit` found or made: what to pin.',
    example: '1f0a3b5c…',
  },
  repositories: {
    description:
      'The repositories that a command on keys, signers or trust data was done for, one a line.',
    example: 'contoso.azurecr.io/team/app',
  },
  archive: {
    description: 'Path of the archive or folder that keys were written to.',
    example: '/secure/docker-trust.tar.gz',
  },
  'first-expiry': {
    description:
      'When the first role of the repositories expires that the server does not renew, as `keysStatus` and `keysRenew` saw it.',
    example: '2029-11-22T12:10:04.000Z',
  },
  'renewed-roles': {
    description: 'What `keysRenew` signed again, repository and role, one a line.',
    example: 'contoso.azurecr.io/team/app targets',
  },
  'policy-files': {
    description:
      'Paths of the files that `exportPolicy` wrote, or that were as they should be, one a line.',
    example: '/repo/policies/notation/trustpolicy.json',
  },
  script: {
    description: 'The script that `setup` made.',
    example: '#!/usr/bin/env bash …',
  },
  'missing-steps': {
    description: 'What the script of `setup` is about, one a line.',
    example: 'Roles of the pipeline',
  },
  'failed-checks': {
    description: 'The checks of `doctor` that failed, with what they looked at, one a line.',
    example: 'registry: right to read and push (contoso.azurecr.io/team/app)',
  },
  'safe-to-switch-off': {
    description:
      'Whether `migrate` with `check` found that content trust can be switched off: `true`, `false`, or `unknown` where a part of the registry was checked and is ready.',
    example: 'true',
  },
  'missing-signatures': {
    description:
      'How many signed tags have no Notary Project signature, as `migrate` saw it in the end.',
    example: '0',
  },
  'trust-report': {
    description:
      'Path of a JSON file that says what the run did: what was pushed, signed, verified, revoked or changed.',
    example: '/tmp/acr-content-trust-report.json',
  },
} as const satisfies Readonly<Record<string, OutputDefinition>>;

export type OutputName = keyof typeof outputs;
