import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, isBase64 } from '../../../src/trust/metadata/base64.js';
import {
  canonicalForm,
  canonicalJson,
  hashMismatch,
  MetadataError,
  parseRoot,
  parseTargets,
  serializeEnvelope,
  sha256HexOf,
  type RootSigned,
  type TargetsSigned,
} from '../../../src/trust/metadata/index.js';
import type { JsonValue } from '../../../src/trust/metadata/json-text.js';
import { hashesOf } from '../repository-builder.js';
import { ecdsaKey, signatureOf } from '../test-keys.js';

const key = ecdsaKey();
const empty: TargetsSigned = {
  _type: 'Targets',
  version: 1,
  expires: '2030-01-01T00:00:00Z',
  delegations: { keys: {}, roles: [] },
  targets: {},
};
const target = { hashes: { sha256: Buffer.alloc(32).toString('base64') }, length: 1 };

function bodyOf(signed: TargetsSigned | RootSigned): string {
  return serializeEnvelope(signed, []).toString('utf8');
}

describe('writing a document', () => {
  it('prints no white space, signed first, keys sorted, delegations always', () => {
    expect(bodyOf(empty)).toBe(
      '{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},' +
        '"expires":"2030-01-01T00:00:00Z","targets":{},"version":1},"signatures":[]}',
    );
  });

  it.each([
    ['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00Z'],
    ['2030-01-01T00:00:00.120Z', '2030-01-01T00:00:00.12Z'],
    ['2030-01-01T00:00:00+00:00', '2030-01-01T00:00:00Z'],
  ])('repairs an expiry that would poison the repository: %s', (expires, expected) => {
    expect(bodyOf({ ...empty, expires })).toContain(`"expires":"${expected}"`);
  });

  it.each(['2030-01-01T00:00:00.1234567890Z', '2030-01-01T00:00:00,5Z', 'never'])(
    'refuses an expiry that Go would not print: %s',
    (expires) => {
      expect(() => canonicalForm({ ...empty, expires })).toThrow(MetadataError);
    },
  );

  it('drops unknown fields, empty paths and null custom, and writes private always', () => {
    const signed = {
      ...empty,
      spec_version: '1.0',
      targets: { a: { ...target, custom: null, extra: 1 } },
      delegations: {
        keys: { [key.keyId]: { keytype: 'ecdsa', keyval: { public: 'QQ==' } } },
        roles: [{ name: 'targets/a', keyids: [], threshold: 1, paths: [], path_hash_prefixes: [] }],
      },
    } as unknown as TargetsSigned;
    expect(bodyOf(signed)).toBe(
      `{"signed":{"_type":"Targets","delegations":{"keys":{"${key.keyId}":{"keytype":"ecdsa",` +
        '"keyval":{"private":null,"public":"QQ=="}}},' +
        '"roles":[{"keyids":[],"name":"targets/a","threshold":1}]},' +
        '"expires":"2030-01-01T00:00:00Z",' +
        `"targets":{"a":{"hashes":{"sha256":"${target.hashes.sha256}"},"length":1}},"version":1},` +
        '"signatures":[]}',
    );
  });

  it('keeps custom data of a target', () => {
    const custom = { b: [1, { d: 1, c: 'x' }], a: 'é' };
    const bytes = serializeEnvelope({ ...empty, targets: { t: { ...target, custom } } }, []);
    expect(bytes.toString()).toContain('"custom":{"a":"é","b":[1,{"c":"x","d":1}]}');
    expect(parseTargets(bytes).signed.targets.t?.custom).toEqual(custom);
  });

  it('escapes for HTML in the file and not in what is signed', () => {
    const name = '<a&b>\u2028\u2029😀"\\';
    const signed = { ...empty, targets: { [name]: target } };
    const form = canonicalForm(signed);
    expect(form.toString()).toContain('<a&b>\u2028\u2029😀\\"\\\\');
    const bytes = serializeEnvelope(signed, [signatureOf(key, form)]);
    expect(bytes.toString()).toContain('\\u003ca\\u0026b\\u003e\\u2028\\u2029😀\\"\\\\');
    expect(parseTargets(bytes).canonical).toEqual(form);
  });

  it('refuses control characters, which Go signs but cannot print', () => {
    for (const name of ['a\n', '\u0000', '\t', 'x\u001f']) {
      const signed = { ...empty, targets: { [name]: target } };
      expect(() => canonicalForm(signed)).toThrow(/control character/);
      expect(() => serializeEnvelope(signed, [])).toThrow(MetadataError);
    }
  });

  it('writes methods in lower case and refuses signatures that are no base64', () => {
    const method = 'ECDSA';
    const written = serializeEnvelope(empty, [{ keyid: 'k', method, sig: 'QQ==' }]).toString();
    expect(written).toMatch(/"signatures":\[\{"keyid":"k","method":"ecdsa","sig":"QQ=="\}\]\}$/);
    expect(() => serializeEnvelope(empty, [{ keyid: 'k', method, sig: 'QQ' }])).toThrow(/base64/);
  });

  it('reads back to the same bytes for any names, lengths and custom data', () => {
    const name = fc.string({
      unit: fc.constantFrom('v', '1', '<', '&', '"', '\\', 'é', '\u2028', '😀'),
    });
    const custom = fc.dictionary(fc.constantFrom('a', 'b', 'Z'), fc.maxSafeInteger());
    const targets = fc.dictionary(
      name,
      fc.record({ length: fc.nat(), custom: fc.option(custom, { nil: undefined }) }),
    );
    fc.assert(
      fc.property(targets, fc.nat(), (entries, version) => {
        const signed: TargetsSigned = {
          ...empty,
          version: version + 1,
          targets: Object.fromEntries(
            Object.entries(entries).map(([tag, each]) => [tag, { ...target, ...each }]),
          ),
        };
        const form = canonicalForm(signed);
        const bytes = serializeEnvelope(signed, []);
        const read = parseTargets(bytes);
        expect(read.canonical).toEqual(form);
        expect(serializeEnvelope(read.signed, read.signatures)).toEqual(bytes);
      }),
    );
  });

  // Those that Docker writes are neither copied nor printed field by field.
  it.each<[string, object, object | undefined]>([
    ['as Docker writes them', target, undefined],
    ['of another length', { ...target, length: 0 }, undefined],
    ['with more hashes', { ...target, hashes: { ...target.hashes, sha512: 'QUE=' } }, undefined],
    ['with custom data', { ...target, custom: [1] }, undefined],
    ['with unknown fields', { ...target, extra: 1 }, target],
    ['with null as custom data', { ...target, custom: null }, target],
    ['without a length', { hashes: target.hashes }, { ...target, length: 0 }],
    ['without hashes', { length: 1 }, { hashes: {}, length: 1 }],
    ['of no fields', {}, { hashes: {}, length: 0 }],
  ])('reads and prints targets %s', (_, written, meant = written) => {
    const text = JSON.stringify({ ...empty, targets: { 'a"': written } });
    const { signed } = parseTargets(Buffer.from(`{"signed":${text},"signatures":[]}`));
    expect(signed.targets['a"']).toEqual(meant);
    const form = canonicalForm(signed);
    expect(form).toEqual(
      canonicalJson({ ...empty, targets: { 'a"': meant } } as unknown as JsonValue),
    );
  });

  it.each([
    ['a length of -0', { ...target, length: -0 }, 0],
    ['a fraction', { ...target, length: 0.5 }, undefined],
    ['a length below 0', { ...target, length: -1 }, undefined],
    ['a length that is text', { ...target, length: '1' }, undefined],
    ['a list as hashes', { ...target, hashes: ['QQ=='] }, undefined],
    ['a hash that is no base64', { ...target, hashes: { sha256: 'QR==' } }, undefined],
    ['another spelling beside', { ...target, hashes: target.hashes, Length: 2 }, undefined],
  ])('takes no target with %s for a usual one', (_, written, length) => {
    const text = `{"signed":${JSON.stringify({ ...empty, targets: { a: written } })},"signatures":[]}`;
    const read = () =>
      parseTargets(
        Buffer.from(Object.is(written.length, -0) ? text.replace('length":0', 'length":-0') : text),
      );
    if (length === undefined) expect(read).toThrow(MetadataError);
    else expect(read().signed.targets.a?.length).toBe(length);
  });

  it('takes for base64 what an encoder prints, and nothing else', () => {
    const unit = fc.constantFrom(
      'A',
      'Q',
      'g',
      'w',
      'E',
      'I',
      '8',
      'z',
      '9',
      '+',
      '/',
      '=',
      '-',
      '_',
      ' ',
    );
    const bytes = fc
      .uint8Array({ maxLength: 40 })
      .map((all) => Buffer.from(all).toString('base64'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 9 }), bytes), (text) => {
        expect(isBase64(text)).toBe(Buffer.from(text, 'base64').toString('base64') === text);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes consistent_snapshot in every root, as it was read', () => {
    const roles = Object.fromEntries(
      ['root', 'targets', 'snapshot', 'timestamp'].map((name) => [
        name,
        { keyids: [key.keyId], threshold: 1 },
      ]),
    );
    const root: RootSigned = {
      _type: 'Root',
      version: 1,
      expires: empty.expires,
      consistent_snapshot: true,
      keys: { [key.keyId]: key.publicKey },
      roles: { ...roles, 'root.1': { keyids: [], threshold: 1 } },
    };
    expect(bodyOf(root)).toContain('"consistent_snapshot":true');
    const read = parseRoot(Buffer.from(bodyOf(root)));
    expect(bodyOf(read.signed)).toBe(bodyOf(root));
    const without = bodyOf(root).replace('"consistent_snapshot":true,', '');
    expect(parseRoot(Buffer.from(without)).signed.consistent_snapshot).toBe(false);
    const wrong = bodyOf(root).replace(':true', ':"yes"');
    expect(() => parseRoot(Buffer.from(wrong))).toThrow(/neither true nor false/);
  });
});

describe('hashes', () => {
  it('bind length, SHA-256 and SHA-512', () => {
    const bytes = Buffer.from('hello');
    const meta = hashesOf(bytes);
    expect(meta.length).toBe(5);
    expect(sha256HexOf(meta)).toBe(
      '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    );
    expect(hashMismatch(bytes, meta.hashes)).toBeUndefined();
    expect(hashMismatch(Buffer.from('hellp'), meta.hashes)).toMatch(/sha256 does not match/);
    expect(hashMismatch(bytes, { sha3: 'QQ==' })).toMatch(/no known hash/);
    expect(hashMismatch(bytes, {})).toMatch(/no known hash/);
  });
});

describe('base64', () => {
  it.each(['QQ', 'QQ=', 'QQ==\n', 'Q Q==', 'QR==', '-_8=', 'QQ==QQ==', '='])(
    '"%s" is not taken',
    (text) => {
      expect(() => decodeBase64(text, 'it')).toThrow('it is not standard padded base64');
    },
  );

  it('is what an encoder prints', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'), 'it')).toEqual(
          Buffer.from(bytes),
        );
      }),
    );
  });
});
