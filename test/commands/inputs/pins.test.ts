import { describe, expect, it } from 'vitest';
import { parseScopedPin, pinsFor } from '../../../src/verification/index.js';
import { refusedInputs } from '../support/refused-inputs.js';

const keyId = 'ab'.repeat(32);
const parse = (text: string) => parseScopedPin(text, '/agent', 'trust-pin');

describe('a pin', () => {
  it.each([
    ['for one registry', `contoso.azurecr.io/*=${keyId}`, 'contoso.azurecr.io/*', 'key-id'],
    ['for a registry with a port', 'localhost:5000/a=ca.pem', 'localhost:5000/a', 'file'],
    ['for all', keyId, undefined, 'key-id'],
    ['that is a path', 'certs/a=b.pem', undefined, 'file'],
    ['that is an absolute path', '/etc/x.d/a=b.pem', undefined, 'file'],
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

describe('the files of pins', () => {
  it('are looked at with all other inputs, each under the name of its input', async () => {
    const { message } = await refusedInputs('promote', {
      registry: 'contoso.azurecr.io',
      repository: 'app',
      source: 'contosodev.azurecr.io/app',
      'signing-key': 'https://contoso-keys.vault.azure.net/keys/app',
      'trust-pin': 'own.pem',
      'source-trust-pin': 'contosodev.azurecr.io/*=theirs.pem, others.pem',
    });
    expect(message.split('\n')).toEqual([
      '3 inputs cannot be used:',
      expect.stringMatching(/^"source" cannot be used: .* names no tag/),
      expect.stringMatching(
        /^"trust-pin" .*own\.pem cannot be read.*Correct the path in trust-pin/,
      ),
      expect.stringMatching(/^"source-trust-pin" .*theirs\.pem'\.$/),
      expect.stringMatching(/^"source-trust-pin" .*others\.pem.*path in source-trust-pin\.$/),
    ]);
  });

  it('are looked at by verify, too', async () => {
    const { message, remedy } = await refusedInputs('verify', {
      images: 'contoso.azurecr.io/app:1',
      'trust-pin': 'contoso.azurecr.io/*=theirs.pem',
    });
    expect(message).toMatch(/^Input "trust-pin" cannot be used: The CA file .*theirs\.pem/);
    expect(remedy).toBe('Correct the path in trust-pin.');
  });
});

describe('the text of a key in place of a pin', () => {
  it('is never quoted, whole or cut off', async () => {
    const body = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE';
    for (const [label, end, found] of [
      ['EC PRIVATE KEY', '\n-----END EC PRIVATE KEY-----', /holds a PEM block "EC PRIVATE KEY"/],
      ['EC PRIVATE KEY', '', /"EC PRIVATE KEY" that is cut off or damaged/],
      ['PUBLIC KEY', '\n-----END PUBLIC KEY-----', /its public key cannot be read/],
    ] as const) {
      const error = await refusedInputs('inspect', {
        images: 'contoso.azurecr.io/app',
        'trust-pin': `-----BEGIN ${label}-----\n${body}\n${body}${end}`,
      });
      expect(error.message).toMatch(found);
      expect(error.message).toMatch(/^Input "trust-pin" cannot be used/);
      expect(JSON.stringify(error)).not.toContain(body);
    }
  });
});
