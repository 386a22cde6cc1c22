/** Inputs of `setup` in all its variants. */
import { tmpdir } from 'node:os';
import type { SetupConfiguration } from '../../src/commands/setup/setup-inputs.js';
import { readSetup } from '../../src/commands/setup/setup-inputs.js';
import { parseInputs } from '../commands/support/parse-inputs.js';

export type Given = Readonly<Record<string, string>>;

const vaults = {
  vault: 'https://contoso-keys.vault.azure.net',
  'root-vault': 'https://contoso-root.vault.azure.net',
};
const base = { registry: 'contoso.azurecr.io', repository: 'team/app', ...vaults };
const github = { ...base, host: 'github', 'github-repository': 'contoso/app' };
const subject = { 'certificate-subject': 'C=US,ST=WA,O=Contoso,CN=release' };

/** One for each thing that makes a script another one. */
export const variants: Readonly<Record<string, Given>> = {
  'GitHub, from nothing': github,
  'GitHub with immutable names and an environment': {
    ...github,
    'github-repository': 'contoso@123456/app@654321',
    'github-trigger': 'environment:production,branch:release/1.x,tag:v1.0.0',
  },
  'GitHub for pull requests, on a server of its own': {
    ...github,
    'github-trigger': 'pull-request',
    'federation-issuer': 'https://github.contoso.com/_services/token',
  },
  'Azure Pipelines with a connection that is made': {
    ...base,
    'devops-organization': 'contoso',
    'devops-project': 'My Shop',
    'service-connection': 'production (eu)',
  },
  'Azure Pipelines with a draft of a connection': {
    ...base,
    'federation-issuer':
      'https://login.microsoftonline.com/66666666-7777-8888-9999-000000000000/v2.0',
    'federation-subject': 'sc://contoso/My Shop/production (eu)',
  },
  'an application that is there': {
    ...base,
    pipeline: '11111111-2222-3333-4444-555555555555',
    owner: 'o+wner@contoso.com',
    'resource-group': 'keys_(eu)',
    location: 'westeurope',
    'registry-id':
      '/subscriptions/0000/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso',
  },
  'both kinds of signatures for several repositories': {
    ...github,
    ...subject,
    repository: 'team/app, team/worker',
    vault: '',
    'signing-key': 'https://contoso-keys.vault.azure.net/certificates/release',
    signatures: 'both',
  },
  'vaults and keys with names of other things': {
    ...github,
    vault: '',
    'root-vault': '',
    'signing-key': 'https://client.vault.azure.net/keys/2026-app',
    'root-key': 'https://registry.vault.azure.net/keys/1',
  },
  'Notary Project alone': {
    ...github,
    ...subject,
    'root-vault': '',
    vault: 'https://contoso-keys.vault.azure.net',
    signatures: 'notary-project',
  },
  'keys in hardware': { ...github, hsm: 'true' },
  'a Managed HSM': {
    ...github,
    vault: '',
    'signing-key': 'https://contoso.managedhsm.azure.net/keys/team',
  },
  'another cloud': {
    ...github,
    registry: 'contoso-a1b2c3.azurecr.us',
    vault: 'https://contoso-keys.vault.usgovcloudapi.net',
    'root-vault': 'https://contoso-root.vault.usgovcloudapi.net',
  },
};

/** What the command makes of inputs. */
export async function configurationOf(given: Given): Promise<SetupConfiguration> {
  const read = await parseInputs('setup', readSetup, given, tmpdir());
  if (!read) throw new Error('nothing was read');
  return read;
}
