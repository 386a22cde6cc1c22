import { describe, expect, it } from 'vitest';
import {
  initInputs,
  readInit,
  type InitConfiguration,
} from '../../../../src/commands/keys/init/init-inputs.js';
import { keyNameOf } from '../../../../src/azure/index.js';
import { formatKeyReference } from '../../../../src/signing/index.js';
import { parseInputs } from '../../support/parse-inputs.js';
import { refusedInputs } from '../../support/refused-inputs.js';

type Given = Readonly<Record<string, string>>;

const base = {
  registry: 'contoso.azurecr.io',
  repository: 'app',
  'root-key': 'https://contoso-root.vault.azure.net/keys/root',
};
const vault = 'https://contoso-keys.vault.azure.net';

const configure = (given: Given) =>
  parseInputs<typeof initInputs, InitConfiguration | undefined>(
    'keysInit',
    readInit,
    given,
    '/agent',
  );

async function keysOf(given: Given) {
  const { repositories = [] } = (await configure(given)) ?? {};
  return repositories.map(({ gun, repositoryKey: { reference } }) => [
    gun,
    formatKeyReference(reference),
  ]);
}

describe('what keys init is asked for', () => {
  it('is one key for all repositories', async () => {
    expect(
      await keysOf({ ...base, repository: 'app, db', 'signing-key': `${vault}/keys/team` }),
    ).toEqual([
      ['contoso.azurecr.io/app', `${vault}/keys/team`],
      ['contoso.azurecr.io/db', `${vault}/keys/team`],
    ]);
  });

  it('is a key for each, in a vault, named after its repository', async () => {
    const images = 'contoso.azurecr.io/team/app\nfabrikam.azurecr.io/db';
    expect(await keysOf({ 'root-key': base['root-key'], images, vault })).toEqual([
      ['contoso.azurecr.io/team/app', `${vault}/keys/${keyNameOf('team/app')}`],
      ['fabrikam.azurecr.io/db', `${vault}/keys/db`],
    ]);
  });

  it.each([
    ['no root key', { ...base, 'root-key': '', vault }, 'INPUT_MISSING', /"root-key" is not set/],
    ['no repository key', base, 'INPUT_MISSING', /"signing-key" is not set/],
    [
      'two ways to name repository keys',
      { ...base, vault, 'signing-key': 'a.key' },
      'INPUT_CONFLICT',
      /"vault" is set, and so is "signing-key"/,
    ],
    [
      'one key for both roles',
      { ...base, 'signing-key': base['root-key'] },
      'INPUT_CONFLICT',
      /"signing-key" names the same key as "root-key"/,
    ],
    [
      'one key for both roles, in other letters',
      { ...base, 'signing-key': base['root-key'].replace('/root', '/Root') },
      'INPUT_CONFLICT',
      /"signing-key" names the same key as "root-key"/,
    ],
    [
      'a repository whose key would have the name of the root key',
      { ...base, repository: 'root', vault: 'https://contoso-root.vault.azure.net' },
      'INPUT_CONFLICT',
      /would make the key of contoso.azurecr.io\/root under the name of the root key/,
    ],
    [
      'one name for the keys of two repositories',
      {
        'root-key': base['root-key'],
        vault,
        images: 'contoso.azurecr.io/app, fabrikam.azurecr.io/app',
      },
      'INPUT_CONFLICT',
      /would give contoso.azurecr.io\/app and fabrikam.azurecr.io\/app the same key/,
    ],
    ['a key as vault', { ...base, vault: `${vault}/keys/a` }, 'INPUT_INVALID', /"vault" cannot/],
    ['no repository', { 'root-key': base['root-key'], vault }, 'INPUT_MISSING', /"repository"/],
  ])('is refused with %s', async (_, given: Given, code, message) => {
    const error = await refusedInputs('keysInit', given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('the name of a key', () => {
  it('is that of the repository where Key Vault takes it', () => {
    expect(keyNameOf('app-2')).toBe('app-2');
  });

  it('ends in a hash where characters were replaced, so that no two repositories share it', () => {
    const names = ['team/app', 'team.app', 'team_app', 'team--app'].map(keyNameOf);
    expect(names[0]).toMatch(/^team-app-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[0-9a-zA-Z-]{1,127}$/);
  });

  it('is never longer than Key Vault allows', () => {
    const [one, two] = ['a', 'b'].map((end) => keyNameOf('x'.repeat(200) + end));
    expect(one).toHaveLength(127);
    expect(one).not.toBe(two);
  });
});
