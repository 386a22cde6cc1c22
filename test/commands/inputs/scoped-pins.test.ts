import { describe, expect, it } from 'vitest';
import { parseScopedPin, pinsFor } from '../../../src/commands/inputs/pins.js';

const keyId = 'ab'.repeat(32);
const parse = (text: string) => parseScopedPin(text, '/agent');

describe('a pin', () => {
  it.each([
    ['for one registry', `contoso.azurecr.io/*=${keyId}`, 'contoso.azurecr.io/*', 'key-id'],
    ['for a registry with a port', 'localhost:5000/a=ca.pem', 'localhost:5000/a', 'ca-file'],
    ['for all', keyId, undefined, 'key-id'],
    ['that is a path', 'certs/a=b.pem', undefined, 'ca-file'],
    ['that is an absolute path', '/etc/x.d/a=b.pem', undefined, 'ca-file'],
    [
      'that is a vault key',
      'https://contoso-root.vault.azure.net/keys/root',
      undefined,
      'vault-key',
    ],
    [
      'that is a vault key for one repository',
      'contoso.azurecr.io/team/app=https://contoso-root.vault.azure.net/keys/root',
      'contoso.azurecr.io/team/app',
      'vault-key',
    ],
  ])('%s is read', (_, text, pattern, kind) => {
    const read = parse(text);
    expect(read.pattern?.text).toBe(pattern);
    expect(read.pin.kind).toBe(kind);
  });

  it.each(['contoso.azurecr.io/Team=x', `contoso.azurecr.io/*=sha256:12`])('is not %s', (text) => {
    expect(() => parse(text)).toThrow();
  });

  it('for a repository wins over those for all', () => {
    const pins = ['a.io/team/*=' + keyId, 'a.io/*=other.pem', 'all.pem'].map(parse);
    const kindsFor = (gun: string) =>
      pinsFor(pins, gun).map((pin) => ('path' in pin ? pin.path : pin.kind));
    expect(kindsFor('a.io/team/app')).toEqual(['key-id', '/agent/other.pem']);
    expect(kindsFor('a.io/else')).toEqual(['/agent/other.pem']);
    expect(kindsFor('b.io/else')).toEqual(['/agent/all.pem']);
    expect(pinsFor(pins.slice(0, 2), 'b.io/else')).toEqual([]);
  });
});
