import { describe, expect, it } from 'vitest';
import {
  expiryError,
  firstRoleExpiry,
  neededKeys,
  renewableBy,
  troublesOf,
  type RoleExpiry,
} from '../../../src/trust/key-management/index.js';

const gun = 'contoso.azurecr.io/team/app';
const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];

const renewal = (more: Partial<RoleExpiry> = {}): RoleExpiry => ({
  role: 'targets',
  part: 'file',
  expires: new Date('2026-12-01T10:00:00Z'),
  state: 'expiring',
  threshold: 1,
  keyIds: [a],
  available: [{ keyId: a, description: 'Key Vault key contoso-keys/app (ES256)' }],
  remedy: { kind: 'keys' },
  ...more,
});

describe('who can renew a role', () => {
  it.each([
    ['the available keys', {}, 'Key Vault key contoso-keys/app (ES256)'],
    ['the server', { remedy: { kind: 'server', isKnown: true }, state: 'valid' }, 'the server'],
    [
      'a server that was not asked',
      { remedy: { kind: 'server', isKnown: false }, state: 'valid' },
      'the server, presumably',
    ],
    [
      'others, by a rotation',
      { remedy: { kind: 'others', rotation: 'snapshot' }, available: [] },
      `key ${a.slice(0, 12)}, not available (keys rotate --role snapshot)`,
    ],
    [
      'a server that has not',
      { remedy: { kind: 'server', isKnown: true }, state: 'expired' },
      'the server, which has not renewed it',
    ],
    [
      'others',
      { remedy: { kind: 'others' }, available: [] },
      `key ${a.slice(0, 12)}, not available`,
    ],
    [
      'a rotation',
      { remedy: { kind: 'rotation', role: 'root' } },
      'keys rotate --role root, with Key Vault key contoso-keys/app (ES256)',
    ],
    [
      'a signer',
      { remedy: { kind: 'signing' }, state: 'not validly signed' },
      'signing a tag into it',
    ],
    ['nobody, as there is nothing', { remedy: { kind: 'signing' }, state: 'not published' }, '-'],
  ] as const)('is told for %s', (_who, more, text) => {
    expect(renewableBy(renewal(more))).toBe(text);
  });

  it.each([
    [[a], 1, `key ${a}`],
    [[a, b], 1, `key ${a} or ${b}`],
    [[a, b], 2, `2 of ${a}, ${b}`],
    [[], 1, 'no key that can be read'],
  ])('names %j with threshold %i', (keyIds, threshold, text) => {
    expect(neededKeys({ keyIds, threshold })).toBe(text);
  });
});

describe('what needs attention', () => {
  it('is nothing while all is well', () => {
    const all = [
      renewal({ state: 'valid' }),
      renewal({ remedy: { kind: 'signing' }, state: 'not published', expires: undefined }),
      renewal({ remedy: { kind: 'server', isKnown: true }, state: 'valid' }),
    ];
    expect(troublesOf(all)).toEqual([]);
    expect(expiryError(gun, [], 30)).toBeUndefined();
  });

  it('is TRUST_DATA_EXPIRING, with each role, its date and who renews it', () => {
    const certificate = renewal({
      role: 'root',
      part: 'certificate',
      remedy: { kind: 'rotation', role: 'root' },
    });
    const error = expiryError(gun, [renewal(), certificate], 30);
    expect(error).toMatchObject({
      code: 'TRUST_DATA_EXPIRING',
      message: `The trust data of ${gun} expires within 30 days: targets on 2026-12-01, root certificate on 2026-12-01.`,
    });
    expect(error?.remedy).toMatch(/Run "keys renew" with the available keys: Key Vault key/);
    expect(error?.remedy).toMatch(/"keys rotate --role root" with Key Vault key/);
  });

  it('is TRUST_DATA_EXPIRED as soon as one role has expired, and names the keys it takes', () => {
    const over = renewal({ state: 'expired', remedy: { kind: 'others' }, available: [] });
    const error = expiryError(gun, [over, renewal({ role: 'targets/ci' })], 7);
    expect(error).toMatchObject({
      code: 'TRUST_DATA_EXPIRED',
      message: `The trust data of ${gun} has expired: targets expired at 2026-12-01T10:00:00.000Z. Within 7 days more expires: targets/ci on 2026-12-01.`,
    });
    expect(error?.remedy).toContain(
      `Run "keys renew" for targets with key ${a}. That key is not available here;`,
    );
    expect(error?.remedy).toContain('"keys recover"');
  });

  it('leads to a rotation where signing again is of no use, also with keys of others', () => {
    const kept = renewal({ role: 'snapshot', remedy: { kind: 'others', rotation: 'snapshot' } });
    const certificate = renewal({ role: 'root', remedy: { kind: 'others', rotation: 'root' } });
    const remedy = expiryError(gun, [kept, certificate], 30)?.remedy;
    expect(remedy).toContain(`"keys rotate --role snapshot" with key ${a}`);
    expect(remedy).toContain(`"keys rotate --role root" with key ${a}`);
    expect(remedy).not.toContain('"keys renew"');
  });

  it('is a role of the server as well, once it has expired', () => {
    const remedy = { kind: 'server', isKnown: true } as const;
    const timestamp = renewal({ role: 'timestamp', state: 'expired', remedy });
    expect(expiryError(gun, troublesOf([timestamp]), 30)).toMatchObject({
      code: 'TRUST_DATA_EXPIRED',
      remedy: expect.stringMatching(/the server renews the timestamp/) as string,
    });
  });
});

describe('the first expiry', () => {
  it('leaves out what the server renews', () => {
    const soon = new Date('2026-11-25T00:00:00Z');
    const server = renewal({
      role: 'timestamp',
      expires: soon,
      remedy: { kind: 'server', isKnown: true },
    });
    expect(firstRoleExpiry([server, renewal()])).toBe('2026-12-01T10:00:00.000Z');
    expect(firstRoleExpiry([server])).toBeUndefined();
  });
});
