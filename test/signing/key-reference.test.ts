import { describe, expect, it } from 'vitest';

import { TrustError } from '../../src/errors.js';
import { formatKeyReference, parseKeyReference } from '../../src/signing/index.js';

const version = '0123456789abcdef0123456789abcdef';

describe('key references', () => {
  it.each([
    ['https://contoso.vault.azure.net/keys/app', 'vault-key', undefined],
    [`https://contoso.vault.azure.net/keys/app/${version}`, 'vault-key', version],
    [`https://contoso.vault.azure.net/keys/app/${version.toUpperCase()}/`, 'vault-key', version],
    ['https://contoso.vault.azure.net:443/keys/app', 'vault-key', undefined],
    ['  https://CONTOSO.vault.azure.net/keys/app/  ', 'vault-key', undefined],
    ['https://contoso.vault.azure.net/certificates/app', 'vault-certificate', undefined],
    ['https://contoso.vault.azure.net/secrets/app', 'vault-secret', undefined],
  ] as const)('reads %s', (text, kind, expected) => {
    expect(parseKeyReference(text)).toEqual({
      kind,
      vaultUrl: 'https://contoso.vault.azure.net',
      name: 'app',
      version: expected,
    });
  });

  it.each([
    'https://contoso.vault.azure.cn/keys/app',
    'https://contoso.vault.usgovcloudapi.net/secrets/app',
    'https://contoso.managedhsm.azure.net/keys/app',
    'https://contoso.managedhsm.azure.cn/keys/app',
    'https://contoso.managedhsm.usgovcloudapi.net/keys/app',
    `https://my-vault-1.vault.azure.net/certificates/Team-App-2/${version}`,
    '/secure/app.key',
    String.raw`C:\keys\app.key`,
    String.raw`\\server\share\app.key`,
    'C:/keys/app.key',
    'app.key',
    './vault.azure.net/keys/app',
    '~/.docker/trust/private/abc.key',
  ])('keeps %s as it is', (text) => {
    expect(formatKeyReference(parseKeyReference(text))).toBe(text);
  });

  it.each([
    ['', 'empty'],
    ['http://contoso.vault.azure.net/keys/app', 'not https'],
    ['https://contoso.example.com/keys/app', 'contoso.example.com'],
    ['https://vault.azure.net/keys/app', 'vault.azure.net'],
    ['https://a.b.vault.azure.net/keys/app', 'a.b.vault.azure.net'],
    ['https://contoso.vault.azure.net.evil.test/keys/app', 'evil.test'],
    ['https://contoso.vault.azure.net:8443/keys/app', ':8443'],
    ['https://1contoso.vault.azure.net/keys/app', '1contoso'],
    ['https://con--toso.vault.azure.net/keys/app', 'con--toso'],
    ['https://contoso.vault.azure.net', 'does not name'],
    ['https://contoso.vault.azure.net/app', 'does not name'],
    ['https://contoso.vault.azure.net/keys', 'ends before the name'],
    ['https://contoso.vault.azure.net/keys/', 'ends before the name'],
    ['https://contoso.vault.azure.net/keys/app_1', 'letters, digits and hyphens'],
    ['https://contoso.vault.azure.net/keys/a%20b', 'letters, digits and hyphens'],
    [`https://contoso.vault.azure.net/keys/${'a'.repeat(128)}`, 'letters, digits and hyphens'],
    ['https://contoso.vault.azure.net/keys/app/latest', '32 hexadecimal digits'],
    [`https://contoso.vault.azure.net/keys/app/${version}/sign`, 'does not name'],
    ['https://contoso.vault.azure.net/constructor/app', 'does not name'],
    ['https://contoso.managedhsm.azure.net/secrets/app', 'keys only'],
    ['https://contoso.managedhsm.azure.net/certificates/app', 'keys only'],
    ['contoso.vault.azure.net/keys/app', '"https://"'],
    ['https:contoso.vault.azure.net/keys/app', '"//"'],
    ['azurekms://contoso.vault.azure.net/app', 'not https'],
    ['file:///secure/app.key', 'not https'],
    ['https://', 'not a valid URL'],
    ['app\n.key', 'control characters'],
  ])('refuses "%s"', (text, expected) => {
    const error = failure(text);
    expect(error.message).toContain(expected);
    expect(error.remedy).toContain('https://contoso.vault.azure.net/keys/app-signing');
  });

  it.each([
    'https://contoso.vault.azure.net/keys/../secrets/x',
    'https://contoso.vault.azure.net/keys/%2e%2e/secrets/x',
    'https://contoso.vault.azure.net/keys/.%2E/secrets/x',
    'https://contoso.vault.azure.net/./keys/app',
    'https://contoso.vault.azure.net/x/../keys/app',
    String.raw`https://contoso.vault.azure.net\keys\app`,
    String.raw`https://contoso.vault.azure.net/keys\app`,
    'https://contoso.vault.azure.net/keys/app?',
    'https://contoso.vault.azure.net/keys/app#',
    'https://contoso.vault.azure.net/keys/a\tpp',
    'https://contoso.vault.azure.net/ke\nys/app',
    'https://%63ontoso.vault.azure.net/keys/app',
    'https://contoso.vault.azure.net./keys/app',
    'https://contoso.vault.azure.net:0443/keys/app',
    'https:///contoso.vault.azure.net/keys/app',
    'https://ｃontoso.vault.azure.net/keys/app',
    'https://@contoso.vault.azure.net/keys/app',
    'https://:@contoso.vault.azure.net/keys/app',
    'https://contoso.vault.azure.net/keys//app',
    'https://contoso.vault.azure.net//keys/app',
    'https://contoso.vault.azure.net/keys/app//',
    'https://contoso.vault.azure.net/Keys/app',
    'https://contoso.vault.azure.net/keys/%61pp',
    'https://contoso.vault.azure.net/secrets%2Fapp',
    'https://contoso.vault.azure.net/keys/app;x',
  ])('refuses what can be read as another object: %s', (text) => {
    expect(failure(text).code).toBe('KEY_REFERENCE_INVALID');
  });

  it.each([
    'https://user:hunter2@contoso.vault.azure.net/keys/app',
    'https://contoso.vault.azure.net/keys/app?sig=hunter2',
    'https://contoso.vault.azure.net/keys/app#hunter2',
    '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
  ])('refuses what may hold a secret without repeating it', (text) => {
    const error = failure(text);
    expect(`${error.message} ${error.remedy}`).not.toContain('hunter2');
  });
});

function failure(text: string): TrustError {
  try {
    parseKeyReference(text);
  } catch (error) {
    if (error instanceof TrustError && error.code === 'KEY_REFERENCE_INVALID') return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
}
