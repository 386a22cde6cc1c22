import { describe, expect, it } from 'vitest';
import {
  parseVaultUrl,
  readKeyInput,
  readKeySources,
} from '../../../src/commands/configuration/key-inputs.js';
import { TrustError } from '../../../src/errors.js';
import { collectProblems } from '../../../src/commands/index.js';
import { readInputs } from '../legacy-values.js';

function inputs(given: Partial<Record<string, string>>) {
  const texts: Partial<Record<string, string>> = { role: 'targets', ...given };
  return readInputs('keysRotate', 'cli', (name) => texts[name] ?? '');
}

const problems = () => collectProblems((name) => name);

describe('the inputs that name keys', () => {
  it('give references with the passphrase beside them', () => {
    const given = inputs({ 'new-key': 'keys/new.key', 'new-key-passphrase': 'secret' });
    expect(readKeyInput('new-key', given, '/agent', problems())).toEqual({
      reference: { kind: 'file', path: '/agent/keys/new.key' },
      passphrase: 'secret',
      passphraseInput: 'new-key-passphrase',
    });
    expect(readKeyInput('root-key', given, '/agent', problems())).toBeUndefined();
  });

  it('may name single keys and whole vaults', () => {
    const given = inputs({
      keys: 'https://contoso.vault.azure.net, https://contoso.vault.azure.net/keys/a\nb.pem',
    });
    expect(readKeySources(given, '/agent', problems())).toEqual([
      { vaultUrl: 'https://contoso.vault.azure.net' },
      expect.objectContaining({ reference: expect.objectContaining({ name: 'a' }) as object }),
      expect.objectContaining({ reference: { kind: 'file', path: '/agent/b.pem' } }),
    ]);
  });

  it('note what cannot be read, and give the rest', () => {
    const collected = problems();
    const given = inputs({ keys: 'https://example.com, a.pem' });
    expect(readKeySources(given, '/agent', collected)).toHaveLength(1);
    expect(() => {
      collected.throwIfAny();
    }).toThrow(/"keys" cannot be used: it is not the URL of a Key Vault/);
  });
});

describe('the URL of a vault', () => {
  it.each([
    ['https://contoso.vault.azure.net', 'https://contoso.vault.azure.net'],
    ['https://Contoso.vault.azure.net/', 'https://contoso.vault.azure.net'],
    ['https://contoso.managedhsm.azure.net', 'https://contoso.managedhsm.azure.net'],
    ['https://contoso.vault.azure.cn', 'https://contoso.vault.azure.cn'],
  ])('may be %s', (text, url) => {
    expect(parseVaultUrl(text)).toBe(url);
  });

  it.each([
    ['contoso', /not the URL of a Key Vault/],
    ['http://contoso.vault.azure.net', /not the URL of a Key Vault/],
    ['https://contoso.azurecr.io', /not the URL of a Key Vault/],
    ['https://user@contoso.vault.azure.net', /not the URL of a Key Vault/],
    ['https://contoso.vault.azure.net/keys/a', /names more than a vault/],
    ['https://contoso.vault.azure.net?x=1', /names more than a vault/],
  ])('cannot be %s', (text, message) => {
    expect(() => parseVaultUrl(text)).toThrow(TrustError);
    expect(() => parseVaultUrl(text)).toThrow(message);
  });
});
