import { describe, expect, it } from 'vitest';
import { readImportConfiguration } from '../../../../src/commands/keys/import/configuration.js';
import { collectProblems } from '../../../../src/commands/index.js';
import { readInputs } from '../../legacy-values.js';
import { refusalOf } from '../../refusal-of.js';

const vault = 'https://contoso-keys.vault.azure.net';
const hsm = 'https://contoso.managedhsm.azure.net';
const base = { archive: 'keys.tar.gz', vault };

function configure(given: Readonly<Record<string, string>>) {
  const inputs = readInputs('keysImport', 'cli', (name) => given[name] ?? '');
  return readImportConfiguration(
    inputs,
    '/agent',
    collectProblems((name) => name),
  );
}

const refusal = (given: Readonly<Record<string, string>>) => refusalOf(() => configure(given));

describe('what keys import is asked for', () => {
  it('is an archive and a vault, which root keys go to as well', () => {
    expect(configure({ archive: 'keys.tar.gz', vault: `${vault}/` })).toMatchObject({
      archive: '/agent/keys.tar.gz',
      vaultUrl: vault,
      rootVaultUrl: vault,
      storeAs: 'key',
      hsm: false,
      repositories: [],
      trustServer: undefined,
      dryRun: false,
    });
  });

  it('may name repositories, and a registry without any', () => {
    expect(
      configure({ ...base, registry: 'contoso.azurecr.io', repository: 'app, db' }).repositories,
    ).toHaveLength(2);
    expect(configure({ ...base, registry: 'Contoso.azurecr.io' })).toMatchObject({
      registry: 'contoso.azurecr.io',
      repositories: [],
    });
    expect(
      configure({
        ...base,
        registry: 'contoso.azurecr.io',
        'trust-server': 'https://notary.example',
      }).trustServer,
    ).toEqual({ registry: 'contoso.azurecr.io', url: 'https://notary.example' });
  });

  it.each([
    ['no archive', { vault }, 'INPUT_MISSING', /"archive" is not set/],
    ['no vault', { archive: 'a' }, 'INPUT_MISSING', /"vault" is not set/],
    [
      'a key for a vault',
      { ...base, vault: `${vault}/keys/x` },
      'INPUT_INVALID',
      /more than a vault/,
    ],
    [
      'another host',
      { ...base, vault: 'https://example.com' },
      'INPUT_INVALID',
      /not the URL of a/,
    ],
    ['no vault for roots', { ...base, 'root-vault': 'root' }, 'INPUT_INVALID', /"root-vault"/],
    [
      'secrets in hardware',
      { ...base, 'store-as': 'secret', hsm: 'true' },
      'INPUT_CONFLICT',
      /"hsm"/,
    ],
    [
      'secrets in an HSM',
      { ...base, 'store-as': 'secret', vault: hsm },
      'INPUT_CONFLICT',
      /"vault" is a Managed HSM/,
    ],
    [
      'secrets of roots in an HSM',
      { ...base, 'store-as': 'secret', 'root-vault': hsm },
      'INPUT_CONFLICT',
      /"root-vault" is a Managed HSM/,
    ],
    ['no such kind', { ...base, 'store-as': 'file' }, 'INPUT_INVALID', /"store-as"/],
    ['a tag', { ...base, images: 'contoso.azurecr.io/app:1' }, 'INPUT_INVALID', /not a repository/],
    ['a repository of nowhere', { ...base, repository: 'app' }, 'INPUT_MISSING', /"registry"/],
    ['no registry', { ...base, registry: 'https://x/' }, 'INPUT_INVALID', /"registry"/],
    [
      'a trust server of nobody',
      { ...base, 'trust-server': 'https://notary.example' },
      'INPUT_MISSING',
      /"registry" is not set, but "trust-server" is/,
    ],
    ['no pin', { ...base, 'trust-pin': 'sha256:12' }, 'INPUT_INVALID', /"trust-pin"/],
    ['half an identity', { ...base, 'client-secret': 'x' }, 'INPUT_MISSING', /"client-id"/],
  ])('is refused with %s', (_, given, code, message) => {
    expect(refusal(given)).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('says everything that is wrong at once', () => {
    const { message } = refusal({
      ...base,
      vault: 'x',
      'root-vault': 'y',
      'trust-pin': 'sha256:1',
    });
    expect(message).toMatch(/^3 inputs cannot be used/);
  });
});
