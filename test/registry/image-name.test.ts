import { describe, expect, it } from 'vitest';

import { isTrustError } from '../../src/errors.js';
import {
  imageOfGun,
  formatImageReference,
  gunOf,
  parseDigest,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
  parseTag,
  registryEndpointOf,
  trustEndpointOf,
} from '../../src/registry/index.js';

const sha256 = `sha256:${'ab'.repeat(32)}`;

function expectInvalid(parse: () => unknown, example: string): void {
  let thrown: unknown;
  try {
    parse();
  } catch (error) {
    thrown = error;
  }
  if (!isTrustError(thrown, 'INPUT_INVALID')) {
    expect.fail(`expected INPUT_INVALID, got ${String(thrown)}`);
  }
  expect(thrown.remedy).toContain(example);
}

describe('a registry host', () => {
  it.each([
    ['contoso.azurecr.io', 'contoso.azurecr.io'],
    ['Contoso.AzureCR.io', 'contoso.azurecr.io'],
    ['localhost:5000', 'localhost:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['index.docker.io', 'docker.io'],
  ])('%s is taken', (text, expected) => {
    expect(parseRegistryHost(text)).toBe(expected);
  });

  it.each([
    '',
    'https://contoso.azurecr.io',
    'contoso.azurecr.io/',
    'contoso.azurecr.io/app',
    'user@contoso.azurecr.io',
    'contoso.azurecr.io:port',
    'contoso.azurecr.io:70000',
    '-contoso.azurecr.io',
    'contoso..azurecr.io',
    'contoso.azurecr.io\n',
    'contoso azurecr.io',
  ])('%j is refused with an example', (text) => {
    expectInvalid(() => parseRegistryHost(text), 'myregistry.azurecr.io');
  });
});

describe('a repository', () => {
  it.each(['app', 'team/app', 'a/b/c', 'a.b/c_d/e__f/g--h', '0', 'x'.repeat(255)])(
    '%s is taken',
    (text) => {
      expect(parseRepository(text)).toBe(text);
    },
  );

  it.each([
    '',
    'App',
    '/app',
    'app/',
    'a//b',
    'a..b',
    'a___b',
    '.a',
    'a-',
    'app:1',
    '../etc',
    'a\n',
    'x'.repeat(256),
  ])('%j is refused with an example', (text) => {
    expectInvalid(() => parseRepository(text), 'team/app');
  });
});

describe('a tag', () => {
  it.each(['1.4.2', '_x', 'A-b.C', 'x'.repeat(128)])('%s is taken', (text) => {
    expect(parseTag(text)).toBe(text);
  });

  it.each(['', '.1', '-1', 'a b', 'a:b', 'ä', 'a\n', 'x'.repeat(129)])('%j is refused', (text) => {
    expectInvalid(() => parseTag(text), '1.4.2');
  });
});

describe('a digest', () => {
  it('needs a known algorithm and the whole length in lower case', () => {
    expect(parseDigest(sha256)).toBe(sha256);
    for (const text of ['sha256:ab', sha256.toUpperCase(), `md5:${'a'.repeat(32)}`, sha256 + '0']) {
      expectInvalid(() => parseDigest(text), 'sha256:');
    }
  });
});

describe('an image reference', () => {
  it.each([
    ['alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['alpine:3', { host: 'docker.io', repository: 'library/alpine', tag: '3' }],
    ['team/app', { host: 'docker.io', repository: 'team/app' }],
    ['docker.io/alpine', { host: 'docker.io', repository: 'library/alpine' }],
    ['index.docker.io/team/app', { host: 'docker.io', repository: 'team/app' }],
    ['localhost/app', { host: 'localhost', repository: 'app' }],
    ['localhost:5000/app', { host: 'localhost:5000', repository: 'app' }],
    ['host:5000/app:1', { host: 'host:5000', repository: 'app', tag: '1' }],
    [
      `c.azurecr.io/a/b:1@${sha256}`,
      { host: 'c.azurecr.io', repository: 'a/b', tag: '1', digest: sha256 },
    ],
    [`alpine@${sha256}`, { host: 'docker.io', repository: 'library/alpine', digest: sha256 }],
  ])('%s is read as Docker reads it', (text, expected) => {
    expect(parseImageReference(text)).toEqual(expected);
  });

  it.each(['', ':1', '@', 'a:b:c', 'Alpine', 'c.azurecr.io/', 'https://c.azurecr.io/a', 'a@b@c'])(
    '%j is refused',
    (text) => {
      expectInvalid(() => parseImageReference(text), 'Give a');
    },
  );

  it('is written back in full, and its GUN has the host', () => {
    const image = parseImageReference(`alpine:3@${sha256}`);
    expect(formatImageReference(image)).toBe(`docker.io/library/alpine:3@${sha256}`);
    expect(gunOf(image)).toBe('docker.io/library/alpine');
  });

  it('of Docker Hub is served by other hosts than its name says', () => {
    expect(registryEndpointOf('docker.io')).toBe('registry-1.docker.io');
    expect(trustEndpointOf('docker.io')).toBe('notary.docker.io');
    expect(registryEndpointOf('c.azurecr.io')).toBe('c.azurecr.io');
    expect(trustEndpointOf('c.azurecr.io')).toBe('c.azurecr.io');
  });
});

describe('the image of a GUN', () => {
  it('is only of a GUN that names a repository', () => {
    const gun = 'contoso.azurecr.io/team/app';
    expect(imageOfGun(gun)).toEqual({ registry: 'contoso.azurecr.io', repository: 'team/app' });
    for (const other of ['app', 'contoso.azurecr.io/app:1', 'Some Thing', 'https://x/y', '']) {
      expect(imageOfGun(other)).toBeUndefined();
    }
  });
});
