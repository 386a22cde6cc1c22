import { describe, expect, it } from 'vitest';
import { fromZero, planSetup } from '../../../src/setup/index.js';
import { readPage } from '../../docs/pages.js';
import { configurationOf, variants, type Given } from '../../setup/requests.js';
import { refusedInputs } from '../support/refused-inputs.js';

const github = variants['GitHub, from nothing'] ?? {};
const pipelines = variants['Azure Pipelines with a connection that is made'] ?? {};

describe('inputs of setup', () => {
  it.each<readonly [string, Given, string | RegExp]>([
    ['another registry', { ...github, registry: 'docker.io' }, /is not a registry of Azure/],
    ['a name that leaves its quotes', { ...github, pipeline: `x'; id; '` }, /an application/],
    ['an owner with a command in it', { ...github, owner: '$(id)@contoso.com' }, /principal name/],
    ['a repository of GitHub with one ID', { ...github, 'github-repository': 'a@1/b' }, /GitHub/],
    ['a trigger with a pattern', { ...github, 'github-trigger': 'tag:v*' }, /signs in/],
    ['two environments', { ...github, 'github-trigger': 'environment:a,environment:b' }, /several/],
    ['a file outside', { ...github, 'pipeline-file': '../x.yml' }, /below this folder/],
    ['a subject without a country', { ...github, 'certificate-subject': 'CN=x' }, /C, ST, O/],
    ['a connection on GitHub', { ...github, 'service-connection': 'x' }, /"github"/],
    [
      'no place of the connection',
      { ...pipelines, 'devops-project': '' },
      /devops-project" is not set/,
    ],
    [
      'a root key for Notary Project',
      { ...github, signatures: 'notary-project' },
      /notary-project/,
    ],
    [
      'a key for Notary Project',
      {
        ...github,
        vault: '',
        'signing-key': 'https://contoso-keys.vault.azure.net/keys/a',
        signatures: 'both',
      },
      /certificate in Key Vault/,
    ],
    [
      'a file as key',
      { ...github, vault: '', 'signing-key': 'key.pem' },
      /not a key or certificate/,
    ],
    [
      'one key for both',
      { ...github, vault: '', 'signing-key': 'https://contoso-root.vault.azure.net/keys/root' },
      /the key that signs images/,
    ],
  ])('refuse %s', async (_name, given, message) => {
    expect((await refusedInputs('setup', given)).message).toMatch(message);
  });

  it('need the subject of a certificate that is to be made', async () => {
    const given = { ...github, signatures: 'both', 'certificate-subject': '' };
    const { request } = await configurationOf(given);
    expect(() => planSetup(request, fromZero, 'bash')).toThrow('its subject is not set');
  });
});

describe('the workflow of setup', () => {
  it('has the same actions of others as the examples', async () => {
    const { request } = await configurationOf(github);
    const { text } = planSetup(request, fromZero, 'bash').pipeline;
    const used = /uses: (actions\/checkout@.*)/.exec(text)?.[1];
    expect(readPage('examples/github/single-image.yml')).toContain(used);
  });
});
