import { describe, expect, it } from 'vitest';

import { cloudByName, cloudOfRegistry, isRegistryHost } from '../../src/azure/index.js';

describe('a cloud', () => {
  it.each([
    ['AzureCloud', 'AzureCloud'],
    ['azurepubliccloud', 'AzureCloud'],
    ['AzureChinaCloud', 'AzureChinaCloud'],
    ['AzureUSGovernment', 'AzureUSGovernment'],
  ])('is known by the name %s', (name, expected) => {
    expect(cloudByName(name).name).toBe(expected);
  });

  it.each(['AzureGermanCloud', 'constructor', ''])('is not known by the name %j', (name) => {
    expect(() => cloudByName(name)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        remedy: expect.stringContaining('AzureUSGovernment') as string,
      }),
    );
  });

  it.each([
    ['contoso.azurecr.io', 'AzureCloud'],
    ['contoso.azurecr.cn', 'AzureChinaCloud'],
    ['contoso.azurecr.us', 'AzureUSGovernment'],
    ['docker.io', undefined],
    ['azurecr.io', undefined],
  ])('follows from the registry %s', (host, expected) => {
    expect(cloudOfRegistry(host)?.name).toBe(expected);
  });
});

describe('a login server', () => {
  it.each([
    'contoso.azurecr.io',
    'contoso-a1b2c3.azurecr.io',
    'contoso.azurecr.us',
    'contoso.azurecr.cn',
    'contoso.azurecr.de',
    'contoso.azurecr.eaglex.ic.gov',
    'contoso.azurecr.microsoft.scloud',
  ])('may be %s', (host) => {
    expect(isRegistryHost(host)).toBe(true);
  });

  it.each([
    'azurecr.io',
    '.azurecr.io',
    'contoso.azurecr.io.evil.example',
    'evil.example/contoso.azurecr.io',
    'evil.example#.azurecr.io',
    'a@contoso.azurecr.io',
    'a.b.azurecr.io',
    'contoso.azurecr.io:443',
    'contosoazurecr.io',
    '-contoso.azurecr.io',
    'contoso.azurecr.io\n',
  ])('is not %j', (host) => {
    expect(isRegistryHost(host)).toBe(false);
  });
});
