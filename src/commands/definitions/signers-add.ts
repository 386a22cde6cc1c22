/** The command `signers add`. */
import { addRepositorySigner } from '../signers/index.js';
import { legacyCommand } from '../command.js';
import { registry, repository, images, trustServer } from '../inputs/repositories.js';
import { dryRun } from '../inputs/image.js';
import { signingKey, signingKeyPassphrase } from '../inputs/key-inputs.js';
import { trustPin } from '../inputs/pins.js';
import { signer } from '../inputs/signing.js';
import { registryLogin } from '../inputs/identity.js';

export const signersAdd = legacyCommand({
  name: 'signersAdd',
  label: 'Signers: add',
  help: "Adds a signer to repositories as Docker does: the signer's keys in `targets/<name>` and in `targets/releases`.",
  inputs: {
    registry,
    repository: { ...repository, note: 'Several are separated by commas.' },
    images: { ...images, note: 'Repositories, without tag and digest.' },
    'dry-run': dryRun,
    'signing-key': { ...signingKey, note: 'Here it is the repository key, the one of `targets`.' },
    'signing-key-passphrase': signingKeyPassphrase,
    'trust-server': trustServer,
    'trust-pin': trustPin,
    signer: { ...signer, required: true },
    'signer-key': {
      type: 'list',
      group: 'keys',
      label: "The signer's public keys",
      help: 'Public keys of the signer: a PEM file with a public key or a certificate, or a Key Vault key or certificate by its URL. Separated by commas or lines.',
      example: 'https://contoso-ci.vault.azure.net/keys/ci',
      required: true,
    },
    'registry-login': registryLogin,
  },
  execute: addRepositorySigner,
});
