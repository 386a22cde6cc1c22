import { describe, expect, it } from 'vitest';
import { whatWouldBeLost } from '../../../../src/commands/keys/backup/compare.js';
import { readBackupConfiguration } from '../../../../src/commands/keys/backup/configuration.js';
import { readRestoreConfiguration } from '../../../../src/commands/keys/restore/configuration.js';
import type { BackupObject } from '../../../../src/commands/keys/backup-folder/index.js';
import { TrustError } from '../../../../src/errors.js';
import { collectProblems, type CommandName } from '../../../../src/commands/index.js';
import { readInputs } from '../../legacy-values.js';

const vault = 'https://contoso.vault.azure.net';
const read = (command: CommandName, given: Readonly<Record<string, string>>) =>
  readInputs(command, 'cli', (name) => given[name] ?? '');
const backup = (given: Readonly<Record<string, string>>) =>
  readBackupConfiguration(
    read('keysBackup', given),
    '/agent',
    collectProblems((name) => name),
  );
const restore = (given: Readonly<Record<string, string>>) =>
  readRestoreConfiguration(
    read('keysRestore', given),
    '/agent',
    collectProblems((name) => name),
  );

function refusal(body: () => unknown): TrustError {
  try {
    body();
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('what keys backup is asked for', () => {
  it('is a whole vault, and secrets and certificates in it by name', () => {
    const given = { keys: `${vault}, ${vault}/secrets/a\n${vault}/certificates/b`, archive: 'out' };
    expect(backup(given)).toMatchObject({
      vaultUrl: vault,
      wholeVault: true,
      references: [
        { kind: 'vault-secret', name: 'a' },
        { kind: 'vault-certificate', name: 'b' },
      ],
      folder: '/agent/out',
    });
    expect(backup({ ...given, keys: `${vault}/keys/a` }).wholeVault).toBe(false);
  });

  it.each([
    ['keys of two vaults', `${vault}, https://other.vault.azure.net/keys/a`, 'INPUT_CONFLICT'],
    ['a file', '/secure/app.key', 'INPUT_INVALID'],
    ['no key', 'https://example.com', 'INPUT_INVALID'],
  ])('is refused with %s', (_, keys, code) => {
    const error = refusal(() => backup({ keys, archive: 'out' }));
    expect(error.code).toBe(code);
    expect(error.message).toContain('"keys"');
  });

  it('is refused without a folder', () => {
    expect(refusal(() => backup({ keys: vault })).message).toContain('"archive" is not set');
  });
});

describe('what keys restore is asked for', () => {
  it('is a folder and a vault', () => {
    expect(restore({ archive: '/safe/backup', vault })).toMatchObject({
      vaultUrl: vault,
      folder: '/safe/backup',
    });
  });

  it('is refused with a key in place of the vault', () => {
    expect(refusal(() => restore({ archive: 'a', vault: `${vault}/keys/a` }))).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('names more than a vault') as string,
    });
  });
});

describe('a backup in place of another', () => {
  const object = (name: string, ...versions: readonly string[]): BackupObject => ({
    kind: 'key',
    name,
    file: 'f.backup',
    sha256: 'c'.repeat(64),
    takenAt: '2026-11-23T12:00:00.000Z',
    versions: versions.map((version) => ({ version })),
  });
  const wanted = (name: string, ...versions: readonly string[]) => ({
    kind: 'key' as const,
    name,
    purpose: undefined,
    versions: versions.map((version) => ({ version })),
  });
  const former = {
    formatVersion: 1,
    vault,
    objects: [object('a', '1'), object('b', '2')],
  } as const;

  it('loses nothing when it has the same and more', () => {
    const now = [wanted('a', '3', '1'), wanted('b', '2'), wanted('c', '4')];
    expect(whatWouldBeLost(former, vault, now)).toEqual([]);
  });

  it('is told what would be lost', () => {
    expect(whatWouldBeLost(former, vault, [wanted('a', '3')])).toEqual([
      'key a version 1',
      'key b',
    ]);
    expect(whatWouldBeLost(former, 'https://other.vault.azure.net', [])).toEqual([
      `keys of ${vault}`,
    ]);
  });
});
