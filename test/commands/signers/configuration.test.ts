import { describe, expect, it } from 'vitest';
import {
  readAddConfiguration,
  readListConfiguration,
  readRemoveConfiguration,
} from '../../../src/commands/signers/configuration.js';
import { TrustError } from '../../../src/errors.js';
import { collectProblems } from '../../../src/commands/index.js';
import { readInputs } from '../legacy-values.js';
import { formatKeyReference } from '../../../src/signing/index.js';

const vault = 'https://contoso-keys.vault.azure.net';
const base = {
  registry: 'contoso.azurecr.io',
  repository: 'team/app, db',
  'signing-key': `${vault}/keys/team`,
  signer: 'ci',
};
const adding = { ...base, 'signer-key': `${vault}/keys/ci, keys/ci.pem` };

const readers = {
  signersList: readListConfiguration,
  signersAdd: readAddConfiguration,
  signersRemove: readRemoveConfiguration,
} as const;

function configure<C extends keyof typeof readers>(
  command: C,
  given: Readonly<Record<string, string>>,
): ReturnType<(typeof readers)[C]> {
  const inputs = readInputs(command, 'cli', (name) => given[name] ?? '');
  const read = readers[command] as (...args: unknown[]) => ReturnType<(typeof readers)[C]>;
  return read(
    inputs,
    '/agent',
    collectProblems((name) => name),
  );
}

function refusal(
  command: keyof typeof readers,
  given: Readonly<Record<string, string>>,
): TrustError {
  try {
    configure(command, given);
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('what signers add is asked for', () => {
  it('is a signer with keys, for one repository or many', () => {
    const read = configure('signersAdd', adding);
    expect(read).toMatchObject({ signer: 'ci', dryRun: false, reportPath: undefined });
    expect(read.repositories.map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/team/app',
      'contoso.azurecr.io/db',
    ]);
    expect(read.signerKeys.map(formatKeyReference)).toEqual([
      `${vault}/keys/ci`,
      '/agent/keys/ci.pem',
    ]);
    expect(read.keys).toMatchObject([{ reference: { kind: 'vault-key', name: 'team' } }]);
  });

  it.each([
    ['no repository', { ...adding, registry: '', repository: '' }, 'INPUT_MISSING', /"repository"/],
    ['no signer', { ...adding, signer: '' }, 'INPUT_MISSING', /"signer" is not set/],
    ['no key of the signer', { ...adding, 'signer-key': '' }, 'INPUT_MISSING', /"signer-key"/],
    ['no repository key', { ...adding, 'signing-key': '' }, 'INPUT_MISSING', /"signing-key"/],
    [
      'the name of a role',
      { ...adding, signer: 'targets/ci' },
      'INPUT_INVALID',
      /without "targets/,
    ],
    [
      "Docker's own name",
      { ...adding, signer: 'releases' },
      'INPUT_INVALID',
      /all signers together/,
    ],
    ['a capital letter', { ...adding, signer: 'CI' }, 'INPUT_INVALID', /lower-case letters/],
    ['a blank', { ...adding, signer: 'c i' }, 'INPUT_INVALID', /lower-case letters/],
    [
      'a secret as the key',
      { ...adding, 'signer-key': `${vault}/secrets/ci` },
      'INPUT_INVALID',
      /names a Key Vault secret/,
    ],
    [
      'a broken reference',
      { ...adding, 'signer-key': 'https://contoso.example/keys/ci' },
      'KEY_REFERENCE_INVALID',
      /is not a Key Vault/,
    ],
    [
      'a tag',
      { ...adding, repository: '', images: 'contoso.azurecr.io/db:1' },
      'INPUT_INVALID',
      /an image, not a repository/,
    ],
    ['half an identity', { ...adding, 'client-secret': 's' }, 'INPUT_MISSING', /"client-id"/],
    [
      'a pin that is none',
      { ...adding, 'trust-pin': 'sha256:12' },
      'INPUT_INVALID',
      /64 hex digits/,
    ],
  ])('is refused for %s', (_, given, code, message) => {
    const error = refusal('signersAdd', given);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('is refused with the text of a key in place of a file, once, and never with the text', () => {
    const body = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE';
    for (const [label, remedy] of [
      ['PUBLIC KEY', /Write it to a file/],
      ['EC PRIVATE KEY', /Consider the private key exposed/],
    ] as const) {
      const text = `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
      const error = refusal('signersAdd', { ...adding, 'signer-key': text });
      expect(error.code).toBe('INPUT_INVALID');
      expect(error.message).toMatch(/^Input "signer-key" holds the text of a/);
      expect(error.remedy).toMatch(remedy);
      expect(`${error.message}${error.remedy}`).not.toContain(body);
    }
  });

  it('is refused for everything that is wrong at once', () => {
    const { message } = refusal('signersAdd', {
      ...adding,
      repository: 'UPPER',
      signer: 'releases',
      'signing-key': '',
      'signer-key': `${vault}/secrets/ci`,
    });
    expect(message).toMatch(/4 inputs cannot be used/);
  });
});

describe('what signers remove is asked for', () => {
  it('may hold further keys, and the names of repositories that may lose tags', () => {
    const read = configure('signersRemove', {
      ...base,
      keys: `${vault}, bob.key`,
      confirm: 'db, contoso.azurecr.io/team/app',
      'dry-run': 'true',
    });
    expect(read.keys).toMatchObject([
      { reference: { name: 'team' } },
      { vaultUrl: vault },
      { reference: { kind: 'file', path: '/agent/bob.key' } },
    ]);
    expect([...read.confirmed].sort()).toEqual([
      'contoso.azurecr.io/db',
      'contoso.azurecr.io/team/app',
    ]);
    expect(read.dryRun).toBe(true);
    expect(configure('signersRemove', base).confirmed.size).toBe(0);
  });

  it('does not take a confirmation for a repository that is not meant', () => {
    const error = refusal('signersRemove', { ...base, confirm: 'team/ap' });
    expect(error).toMatchObject({
      code: 'INPUT_CONFLICT',
      message: expect.stringContaining('"team/ap"') as string,
    });
  });

  it('does without keys of the signer, and not without the repository key', () => {
    expect(configure('signersRemove', base).signer).toBe('ci');
    const { message } = refusal('signersRemove', { ...base, 'signing-key': '', keys: vault });
    expect(message).toMatch(/"signing-key" is not set/);
  });
});

describe('what signers list is asked for', () => {
  it('is repositories, and no key', () => {
    const images = 'contoso.azurecr.io/a, fabrikam.azurecr.io/b';
    const read = configure('signersList', { images, 'trust-report': 'r.json' });
    expect(read.repositories.map(({ gun }) => gun)).toEqual([
      'contoso.azurecr.io/a',
      'fabrikam.azurecr.io/b',
    ]);
    expect(read.reportPath).toBe('/agent/r.json');
    expect(refusal('signersList', {}).code).toBe('INPUT_MISSING');
  });
});
