import { describe, expect, it } from 'vitest';
import {
  readRenewalConfiguration,
  type RenewalCommand,
} from '../../../../src/commands/keys/renewal/configuration.js';
import { isTrustError, type TrustError } from '../../../../src/errors.js';
import { collectProblems } from '../../../../src/commands/index.js';
import { readInputs } from '../../legacy-values.js';
import { formatKeyReference } from '../../../../src/signing/index.js';

const vault = 'https://contoso-keys.vault.azure.net';
const base = { registry: 'contoso.azurecr.io', repository: 'team/app', keys: vault };
const commands: readonly RenewalCommand[] = ['keysStatus', 'keysRenew', 'keysLost'];

function configure(command: RenewalCommand, given: Readonly<Record<string, string>>) {
  const inputs = readInputs(command, 'cli', (name) => given[name] ?? '');
  return readRenewalConfiguration(
    command,
    inputs,
    '/agent',
    collectProblems((name) => name),
  );
}

function refusal(command: RenewalCommand, given: Readonly<Record<string, string>>): TrustError {
  try {
    configure(command, given);
  } catch (error) {
    if (isTrustError(error)) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('what status, renewal and the way out are asked for', () => {
  it.each(commands)('is repositories and keys of any kind, for %s', (command) => {
    const { repositories, keys, withinDays, dryRun } = configure(command, {
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
    expect({ withinDays, dryRun }).toEqual({ withinDays: 30, dryRun: false });
  });

  it('needs no key for the status, nor where all are lost', () => {
    for (const command of ['keysStatus', 'keysLost'] as const) {
      expect(configure(command, { ...base, keys: '' }).keys).toEqual([]);
    }
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
      'keysLost',
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
  ] as const)('is refused with %s', (_what, command, given, code, message) => {
    const error = refusal(command, given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('may look further ahead than any role lives, but not renew so', () => {
    const far = { ...base, 'warn-expiry-days': '4000' };
    expect(configure('keysStatus', far).withinDays).toBe(4000);
    expect(configure('keysRenew', { ...base, 'warn-expiry-days': '1094' }).withinDays).toBe(1094);
    expect(configure('keysRenew', { ...base, 'warn-expiry-days': '0' }).withinDays).toBe(0);
  });

  it('names everything that is wrong at once', () => {
    const error = refusal('keysRenew', { 'warn-expiry-days': 'x', 'trust-server': 'ftp://a' });
    expect(error.message).toMatch(/inputs cannot be used/);
    for (const name of ['registry', 'repository', 'keys', 'warn-expiry-days']) {
      expect(error.message).toContain(name);
    }
  });
});
