import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  expiresSoon,
  firstRoot,
  rootExpiry,
  tagTarget,
  targetsExpiry,
  withTargets,
} from '../../../src/trust/edits/index.js';
import {
  canonicalForm,
  keyIdOf,
  parseRoot,
  publicKeyFromSpki,
  serializeEnvelope,
  type TargetsSigned,
} from '../../../src/trust/metadata/index.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;

describe('expiry dates', () => {
  it('are whole seconds without a fraction, so that Go prints them back unchanged', () => {
    expect(targetsExpiry(new Date('2026-11-23T12:00:00.120Z'))).toBe('2029-11-22T12:00:00Z');
    expect(rootExpiry(now)).toBe('2036-11-20T12:00:00Z');
  });

  it('are near when less than six months are left', () => {
    expect(expiresSoon('2027-05-01T00:00:00Z', now)).toBe(true);
    expect(expiresSoon('2020-01-01T00:00:00Z', now)).toBe(true);
    expect(expiresSoon('2027-06-01T00:00:00Z', now)).toBe(false);
  });
});

describe('adding targets to a role', () => {
  it('begins at version 1 where the role has no file yet', () => {
    expect(withTargets(undefined, new Map([['1', tagTarget(digest, 7)]]), now)).toEqual({
      _type: 'Targets',
      delegations: { keys: {}, roles: [] },
      expires: '2029-11-22T12:00:00Z',
      targets: {
        '1': { hashes: { sha256: Buffer.from(hex, 'hex').toString('base64') }, length: 7 },
      },
      version: 1,
    });
  });

  it('keeps delegations and other targets, custom data included, and replaces its own', () => {
    const current: TargetsSigned = {
      _type: 'Targets',
      version: 8,
      expires: '2026-12-01T00:00:00Z',
      delegations: {
        keys: {},
        roles: [{ name: 'targets/releases', keyids: [], threshold: 1, paths: [''] }],
      },
      targets: {
        old: { hashes: { sha256: 'AA==' }, length: 1 },
        kept: { hashes: { sha256: 'AA==', sha512: 'BB==' }, length: 2, custom: { a: 1 } },
      },
    };
    const next = withTargets(current, new Map([['old', tagTarget(digest, 9)]]), now);
    expect(next.version).toBe(9);
    expect(next.expires).toBe('2029-11-22T12:00:00Z');
    expect(next.delegations).toEqual(current.delegations);
    expect(next.targets.kept).toEqual(current.targets.kept);
    expect(next.targets.old?.length).toBe(9);
    expect(current.version).toBe(8);
  });

  it('treats a tag called __proto__ as a tag', () => {
    const next = withTargets(undefined, new Map([['__proto__', tagTarget(digest, 1)]]), now);
    expect(Object.keys(next.targets)).toEqual(['__proto__']);
    expect(canonicalForm(next).toString()).toContain('"__proto__":{"hashes"');
  });

  it.each(['', hex, `sha256:${hex.toUpperCase()}`, 'sha256:ab', `sha512:${hex}`, ` ${digest}`])(
    'refuses the digest %j',
    (bad) => {
      expect(() => tagTarget(bad, 1)).toThrow(RangeError);
    },
  );

  it.each([0, -1, 1.5, Number.NaN])('refuses the length %d', (bad) => {
    expect(() => tagTarget(digest, bad)).toThrow(RangeError);
  });
});

describe('the first root', () => {
  it('names one key for each role and parses as a root', () => {
    const key = () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return publicKeyFromSpki(publicKey.export({ type: 'spki', format: 'der' }));
    };
    const keys = { root: key(), targets: key(), snapshot: key(), timestamp: key() };
    const root = firstRoot(keys, now);
    const parsed = parseRoot(serializeEnvelope(root, [])).signed;
    expect(parsed).toEqual(root);
    expect(parsed.version).toBe(1);
    for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
      expect(parsed.roles[role]).toEqual({ keyids: [keyIdOf(keys[role])], threshold: 1 });
    }
  });
});
