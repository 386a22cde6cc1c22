import { describe, expect, it } from 'vitest';
import { refusedInputs } from '../../support/refused-inputs.js';

const vault = 'https://contoso-keys.vault.azure.net';
const hsm = 'https://contoso.managedhsm.azure.net';
const base = { archive: 'keys.tar.gz', vault };

describe('what keys import is asked for', () => {
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
  ])('is refused with %s', async (_, given, code, message) => {
    expect(await refusedInputs('keysImport', given)).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('says everything that is wrong at once', async () => {
    const { message } = await refusedInputs('keysImport', {
      ...base,
      vault: 'x',
      'root-vault': 'y',
      'trust-pin': 'sha256:1',
    });
    expect(message).toMatch(/^3 inputs cannot be used/);
  });
});
