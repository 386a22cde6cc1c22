/** What `keys status`, `keys renew` and `keys recover` are asked for. */
import { describe, expect, it } from 'vitest';
import {
  expiryInputs,
  readExpiryInputs,
  type ExpiryConfiguration,
  expiryTable,
} from '../../../src/commands/keys/expiry.js';
import { collectProblems, readInputs, type CommandName } from '../../../src/commands/index.js';
import type { InputValues } from '../../../src/inputs/index.js';
import { formatKeyReference } from '../../../src/signing/index.js';
import type { RoleExpiry } from '../../../src/trust/index.js';
import { refusedInputs } from '../support/refused-inputs.js';

const vault = 'https://contoso-keys.vault.azure.net';
const base = { registry: 'contoso.azurecr.io', repository: 'team/app', keys: vault };
const commands = ['keysStatus', 'keysRenew', 'keysRecover'] as const;

function configure(
  command: CommandName,
  given: Readonly<Record<string, string>>,
): ExpiryConfiguration {
  const problems = collectProblems((name) => name);
  const values = readInputs(command, 'cli', (name) => given[name] ?? '') as InputValues<
    typeof expiryInputs
  >;
  const configuration = readExpiryInputs({
    ...problems,
    values,
    workingDirectory: '/agent',
    environment: {},
  });
  problems.throwIfAny();
  return configuration;
}

describe('what status, renewal and recovery are asked for', () => {
  it.each(commands)('is repositories and keys of any kind, for %s', (command) => {
    const { repositories, keys, withinDays } = configure(command, {
      repository: 'team/app, db',
      registry: 'Contoso.azurecr.io',
      images: 'fabrikam.azurecr.io/web',
      'signing-key': `${vault}/keys/app`,
      'root-key': 'root.key',
      keys: `${vault}/\nhttps://other.vault.azure.net/secrets/old`,
    });
    expect(repositories.map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/team/app',
      'contoso.azurecr.io/db',
      'fabrikam.azurecr.io/web',
    ]);
    expect(
      keys.map((key) => ('vaultUrl' in key ? key.vaultUrl : formatKeyReference(key.reference))),
    ).toEqual([
      `${vault}/keys/app`,
      '/agent/root.key',
      vault,
      'https://other.vault.azure.net/secrets/old',
    ]);
    expect(withinDays).toBe(30);
  });

  it('needs no key for the status, nor where all are lost', () => {
    for (const command of ['keysStatus', 'keysRecover'] as const) {
      expect(configure(command, { ...base, keys: '' }).keys).toEqual([]);
    }
  });

  it('may look further ahead than any role lives', () => {
    expect(configure('keysStatus', { ...base, 'warn-expiry-days': '4000' }).withinDays).toBe(4000);
  });

  it.each([
    [
      'no key to renew with',
      'keysRenew',
      { ...base, keys: '' },
      'INPUT_MISSING',
      /"keys" is not set/,
    ],
    ['no repository', 'keysStatus', { keys: vault }, 'INPUT_MISSING', /"repository" is not set/],
    [
      'a tag',
      'keysRenew',
      { images: 'contoso.azurecr.io/app:1', keys: vault },
      'INPUT_INVALID',
      /names an image, not a repository/,
    ],
    [
      'a number of days that is none',
      'keysStatus',
      { ...base, 'warn-expiry-days': 'soon' },
      'INPUT_INVALID',
      /"soon" is not a number of days/,
    ],
    [
      'so many days that each run would renew',
      'keysRenew',
      { ...base, 'warn-expiry-days': '1095' },
      'INPUT_INVALID',
      /a renewed role lives for 1095 days/,
    ],
    [
      'a key that is no key',
      'keysRecover',
      { ...base, keys: 'https://example.com/keys/app' },
      'KEY_REFERENCE_INVALID',
      /example\.com/,
    ],
    [
      'a pin that is none',
      'keysStatus',
      { ...base, 'trust-pin': 'sha256:12' },
      'INPUT_INVALID',
      /"trust-pin" cannot be used/,
    ],
    [
      'a secret without the principal it belongs to',
      'keysStatus',
      { ...base, 'client-secret': 'a secret' },
      'INPUT_MISSING',
      /"client-id"/,
    ],
  ] as const)('is refused with %s', async (_what, command, given, code, message) => {
    const error = await refusedInputs(command, given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('names everything that is wrong at once', async () => {
    const given = { 'warn-expiry-days': 'x', 'trust-server': 'ftp://a' };
    const { message } = await refusedInputs('keysRenew', given);
    expect(message).toMatch(/inputs cannot be used/);
    for (const name of ['registry', 'repository', 'keys', 'warn-expiry-days', 'trust-server']) {
      expect(message).toContain(name);
    }
  });
});

describe('the table of expiry', () => {
  it('counts whole days, negative ones since something has expired', () => {
    const now = new Date('2026-12-01T10:00:00Z');
    const expiries = ['2026-12-02T09:59:59Z', '2026-12-02T10:00:00Z', '2026-12-01T09:59:59Z'].map(
      (text): RoleExpiry => ({
        role: 'targets',
        part: 'file',
        expires: new Date(text),
        state: 'valid',
        threshold: 1,
        keyIds: [],
        available: [],
        remedy: { kind: 'signing' },
      }),
    );
    const [, ...rows] = expiryTable([{ gun: 'contoso.azurecr.io/app', expiries }], now).text;
    expect(rows.map(([, , , days]) => days)).toEqual(['0', '1', '-1']);
  });
});
