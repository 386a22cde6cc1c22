import { describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import { parseVaultUrl } from '../../src/signing/index.js';

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
