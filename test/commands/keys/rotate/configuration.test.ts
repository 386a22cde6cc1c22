import { describe, expect, it } from 'vitest';
import { readRotateConfiguration } from '../../../../src/commands/keys/rotate/configuration.js';
import { collectProblems } from '../../../../src/commands/index.js';
import { readInputs } from '../../legacy-values.js';
import { refusalOf } from '../../refusal-of.js';

const vault = 'https://contoso-keys.vault.azure.net';
const base = {
  registry: 'contoso.azurecr.io',
  repository: 'app, db',
  role: 'targets',
  'root-key': 'https://contoso-root.vault.azure.net/keys/root',
  'new-key': `${vault}/keys/app`,
};
const version = '0123456789abcdef0123456789abcdef';
const keyId = 'ab'.repeat(32);

function configure(given: Readonly<Record<string, string>>) {
  const inputs = readInputs('keysRotate', 'cli', (name) => given[name] ?? '');
  return readRotateConfiguration(
    inputs,
    '/agent',
    collectProblems((name) => name),
  );
}

const refusal = (given: Readonly<Record<string, string>>) => refusalOf(() => configure(given));

describe('what keys rotate is asked for', () => {
  it('is a role of repositories, the key it gets, and keys to sign that with', () => {
    const { repositories, rotation, keys, dryRun } = configure({ ...base, keys: 'own.key' });
    expect(repositories.map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/app',
      'contoso.azurecr.io/db',
    ]);
    expect(rotation).toMatchObject({
      kind: 'key',
      role: 'targets',
      newKey: { kind: 'given', key: { reference: { kind: 'vault-key', name: 'app' } } },
      oldKeyId: undefined,
    });
    expect(keys).toMatchObject([
      { reference: { name: 'root' } },
      { reference: { kind: 'file', path: '/agent/own.key' } },
    ]);
    expect(dryRun).toBe(false);
  });

  it('is a key that is made first', () => {
    const given = { ...base, 'create-key': 'true', hsm: 'true', 'old-key': keyId.toUpperCase() };
    expect(configure(given).rotation).toMatchObject({
      newKey: { kind: 'create', reference: { name: 'app', version: undefined }, hsm: true },
      oldKeyId: keyId,
    });
  });

  it('is a role that the server takes over', () => {
    const given = { ...base, role: 'snapshot', 'new-key': '' };
    expect(configure(given).rotation).toEqual({
      kind: 'hand-over',
      role: 'snapshot',
      renews: false,
    });
    const renewed = { ...given, role: 'timestamp', 'create-key': 'true' };
    expect(configure(renewed).rotation).toMatchObject({ role: 'timestamp', renews: true });
  });

  it('takes the repository key for a signer, and a whole vault for anything', () => {
    const signer = { ...base, role: 'targets/ci', 'root-key': '', 'signing-key': 'own.key' };
    expect(configure(signer).rotation).toMatchObject({ role: 'targets/ci' });
    expect(configure({ ...base, 'root-key': '', keys: vault }).keys).toEqual([{ vaultUrl: vault }]);
  });

  it.each([
    ['no repository', { repository: '', registry: '' }, 'INPUT_MISSING', /"repository" is not set/],
    ['no role', { role: '' }, 'INPUT_MISSING', /"role" is not set/],
    ['a role of no kind', { role: 'releases' }, 'INPUT_INVALID', /"releases" is not a role/],
    ['a delegation that cannot be', { role: 'targets/A b' }, 'INPUT_INVALID', /is not a role/],
    ['no new key', { 'new-key': '' }, 'INPUT_MISSING', /"new-key" is not set/],
    ['a new key that is none', { 'new-key': 'https://x.example/k' }, 'KEY_REFERENCE_INVALID', /./],
    ['no root key', { 'root-key': '' }, 'INPUT_MISSING', /"root-key" is not set/],
    [
      'no repository key for a signer',
      { role: 'targets/ci' },
      'INPUT_MISSING',
      /"signing-key" is not set/,
    ],
    ['an old key that is no ID', { 'old-key': 'abc' }, 'INPUT_INVALID', /not 64 hex digits/],
    [
      'a version to make',
      { 'create-key': 'true', 'new-key': `${vault}/keys/app/${version}` },
      'INPUT_CONFLICT',
      /"create-key" is true, and "new-key" is a version of a key/,
    ],
    [
      'a file to make',
      { 'create-key': 'true', 'new-key': 'app.key' },
      'INPUT_CONFLICT',
      /"new-key" is no Key Vault key/,
    ],
    ['hardware for nothing', { hsm: 'true' }, 'INPUT_CONFLICT', /"create-key" is not/],
    ['a key for the server', { role: 'snapshot' }, 'INPUT_CONFLICT', /made and kept by the trust/],
    [
      'hardware for the server',
      { role: 'timestamp', 'new-key': '', hsm: 'true' },
      'INPUT_CONFLICT',
      /made by the trust server/,
    ],
    ['a pin that is a secret', { 'trust-pin': `${vault}/secrets/x` }, 'INPUT_INVALID', /pin/],
    ['an ID that is none', { 'client-id': 'x' }, 'INPUT_INVALID', /"client-id" is not a GUID/],
  ] as const)('is refused with %s', (_what, given, code, message) => {
    const error = refusal({ ...base, ...given });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});
