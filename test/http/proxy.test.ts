import { describe, expect, it } from 'vitest';

import { TrustError } from '../../src/errors.js';
import { proxySecrets, readProxies } from '../../src/http/proxy.js';
import type { ProxyEnvironment } from '../../src/http/proxy.js';

const vault = 'https://contoso.vault.azure.net/keys/app';

function labelFor(environment: ProxyEnvironment, target = vault): string | undefined {
  return readProxies(environment)(new URL(target))?.label;
}

function refusalOf(environment: ProxyEnvironment): TrustError {
  try {
    readProxies(environment);
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the proxy of an https address', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://proxy.corp:8080' }, 'the proxy proxy.corp:8080 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'proxy.corp:8080' }, 'the proxy proxy.corp:8080 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'proxy.corp' }, 'the proxy proxy.corp:80 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: ' http://proxy.corp:8080 ' }, 'the proxy proxy.corp:8080 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'https://proxy.corp' }, 'the proxy proxy.corp:443 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: '10.0.0.1:3128' }, 'the proxy 10.0.0.1:3128 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: 'http://[::1]:3128' }, 'the proxy [::1]:3128 (HTTPS_PROXY)'],
    [{ https_proxy: 'proxy.corp:1' }, 'the proxy proxy.corp:1 (https_proxy)'],
    [{ HTTPS_PROXY: 'a:1', https_proxy: 'b:2' }, 'the proxy a:1 (HTTPS_PROXY)'],
    [{ HTTPS_PROXY: '', https_proxy: 'b:2' }, 'the proxy b:2 (https_proxy)'],
    [{ ALL_PROXY: 'all.corp:1' }, 'the proxy all.corp:1 (ALL_PROXY)'],
    [{ all_proxy: 'all.corp:1', https_proxy: 'b:2' }, 'the proxy b:2 (https_proxy)'],
    [{ HTTP_PROXY: 'http://plain.corp:1' }, undefined],
    [{}, undefined],
  ])('comes from %j', (environment, label) => {
    expect(labelFor(environment)).toBe(label);
  });

  it.each([
    [{ HTTP_PROXY: 'plain.corp:1', HTTPS_PROXY: 'b:2' }, 'the proxy plain.corp:1 (HTTP_PROXY)'],
    [{ http_proxy: 'plain.corp:1', ALL_PROXY: 'b:2' }, 'the proxy plain.corp:1 (http_proxy)'],
    [{ ALL_PROXY: 'all.corp:1' }, 'the proxy all.corp:1 (ALL_PROXY)'],
    [{ HTTPS_PROXY: 'b:2' }, undefined],
    [{ HTTP_PROXY: 'plain.corp:1', NO_PROXY: 'registry.example:80' }, undefined],
    [
      { HTTP_PROXY: 'plain.corp:1', NO_PROXY: 'registry.example:443' },
      'the proxy plain.corp:1 (HTTP_PROXY)',
    ],
  ])('comes for plain http from %j', (environment, label) => {
    expect(labelFor(environment, 'http://registry.example/')).toBe(label);
  });

  it('is told without its user name and password', () => {
    expect(labelFor({ HTTPS_PROXY: 'http://svc:p%40ss-word@proxy.corp:8080' })).toBe(
      'the proxy proxy.corp:8080 (HTTPS_PROXY)',
    );
  });

  it.each([
    ['"http://proxy.corp:8080"', 'quotation marks'],
    ["'proxy.corp:8080'", 'quotation marks'],
    ['“http://proxy.corp:8080”', 'quotation marks'],
    ['socks5://proxy.corp:1080', 'of the kind "socks5"'],
    ['http://proxy.corp:99999', 'not the address of a proxy'],
    ['http://', 'not the address of a proxy'],
    ['proxy corp:8080', 'not the address of a proxy'],
    ['http://svc:100%@proxy.corp', 'escaped as %25'],
    ['http:/proxy.corp:8080', 'not the address of a proxy'],
    ['http:proxy.corp:8080', 'not the address of a proxy'],
    ['http://CORP\\svc:word@proxy.corp:8080', 'special characters'],
    ['http://svc:pass/word@proxy.corp:8080', 'special characters'],
    ['svc:p@ss#word@proxy.corp:8080', 'special characters'],
    ['http://svc:pass?word@proxy.corp:8080', 'special characters'],
    ['$(proxy.url)', 'names no host'],
  ])(
    'is refused where it cannot be used, naming the variable and not the value: %s',
    (value, why) => {
      for (const variable of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
        const error = refusalOf({ [variable]: value });
        expect(error.code).toBe('INPUT_INVALID');
        expect(error.message).toContain(`environment variable ${variable} `);
        expect(error.message).toContain(why);
        expect(error.message + error.remedy).not.toContain('proxy.corp:');
        expect(error.message + error.remedy).not.toContain('svc:');
      }
    },
  );
});

describe('an exception from the proxy', () => {
  const through = (exceptions: string, target = vault): boolean =>
    labelFor({ HTTPS_PROXY: 'p:1', NO_PROXY: exceptions }, target) !== undefined;

  it.each([
    '*',
    ' * ',
    'contoso.vault.azure.net',
    'CONTOSO.Vault.Azure.NET',
    'vault.azure.net',
    '.vault.azure.net',
    '*.vault.azure.net',
    'vault.azure.net.',
    'vault.azure.net:443',
    'other.example,vault.azure.net',
    'other.example, vault.azure.net',
    'other.example vault.azure.net',
  ])('holds for a vault: %s', (exceptions) => {
    expect(through(exceptions)).toBe(false);
  });

  it.each(['azurecr.io', 'ault.azure.net', 'vault.azure.net:8443', '', ',', 'vault.azure', '.'])(
    'does not hold for it: %j',
    (exceptions) => {
      expect(through(exceptions)).toBe(true);
    },
  );

  it.each([
    ['10.1.2.3', '10.1.2.3', false],
    ['10.1.2.3:443', '10.1.2.3', false],
    ['10.1.2.3:80', '10.1.2.3', true],
    ['10.0.0.0/8', '10.1.2.3', false],
    ['10.0.0.0/8', '11.1.2.3', true],
    ['10.0.0.0/99', '10.1.2.3', true],
    ['10.0.0.0/8', 'ten.example', true],
    ['fd00::/8', '[fd12::1]', false],
    ['[fd12::1]', '[fd12::1]', false],
    ['fd12::1', '[fd12::1]', false],
    ['[fd12::1]:443', '[fd12::1]', false],
  ])('%s on %s', (exceptions, host, isThrough) => {
    expect(through(exceptions, `https://${host}/`)).toBe(isThrough);
  });

  it('is read in lower case too, and is refused with quotation marks', () => {
    expect(labelFor({ HTTPS_PROXY: 'p:1', no_proxy: '*' })).toBeUndefined();
    const error = refusalOf({ HTTPS_PROXY: 'p:1', NO_PROXY: '"*"' });
    expect(error).toMatchObject({ code: 'INPUT_INVALID' });
    expect(error.message).toContain('NO_PROXY');
  });

  it.each(['https://localhost/', 'https://127.0.0.1:8443/', 'https://[::1]/'])(
    'is this machine itself: %s',
    (target) => {
      expect(labelFor({ HTTPS_PROXY: 'p:1' }, target)).toBeUndefined();
    },
  );
});

describe('what is secret in a proxy variable', () => {
  it.each([
    ['http://svc:p%40ss-word@proxy.corp:8080', ['p%40ss-word', 'p@ss-word']],
    ['svc:pass-word@proxy.corp:8080', ['pass-word']],
    ['"http://svc:pass-word@proxy.corp"', ['pass-word']],
    ['http://svc:p@ss-word@proxy.corp', ['p@ss-word']],
    ['http://only-a-token@proxy.corp', ['only-a-token']],
    ['http://proxy.corp:8080', []],
    ['http://svc:100%@proxy.corp', ['100%']],
    ['http://svc:p@ss/wo#rd?@proxy.corp:8080', ['p@ss/wo#rd?']],
    ['http://CORP\\svc:pass-word@proxy.corp', ['pass-word']],
  ])('%s', (value, secrets) => {
    for (const variable of ['HTTPS_PROXY', 'http_proxy', 'ALL_PROXY']) {
      expect(proxySecrets({ [variable]: value })).toEqual(secrets);
    }
  });
});
