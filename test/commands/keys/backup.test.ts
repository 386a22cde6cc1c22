import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from '../../azure/key-vault/emulated-vault.js';
import { refusedInputs } from '../support/refused-inputs.js';
import { runKeys, somebody, type Somebody } from './run-keys.js';

let scenario: EmulatedVault;
let owner: Somebody;
let parent: string;

beforeAll(async () => {
  scenario = await startVault();
  const officers = ['Crypto', 'Secrets', 'Certificates'].map((of) => `Key Vault ${of} Officer`);
  owner = await somebody(scenario, [scenario.vaultId], ...officers);
  parent = await mkdtemp(path.join(tmpdir(), 'keys-backup-'));
});
afterAll(() => scenario.close());

async function lose(name: string): Promise<void> {
  await scenario.control.softDeleteKey(vault, name);
  await scenario.control.purgeKey(vault, name);
}

describe('keys that are backed up and restored', () => {
  it('are those of a vault, and secrets and certificates in it by name', async () => {
    const archive = path.join(parent, 'all');
    await scenario.control.createKey({ vault, name: 'app', kty: 'EC' });
    await scenario.control.createCertificate({ vault, name: 'cert' });
    await scenario.control.setSecret({ vault, name: 'pem', value: 'something' });
    const keys = `${vaultUrl}, ${vaultUrl}/secrets/pem\n${vaultUrl}/certificates/cert`;
    const first = await runKeys('keysBackup', owner, { keys, archive });
    expect(first.error).toBeUndefined();
    expect(first.outputs).toMatchObject({ archive });
    expect(first.report).toMatchObject({
      formatVersion: 1,
      command: 'keysBackup',
      outcome: 'done',
      archive,
      vault: vaultUrl,
      changed: true,
      objects: [
        { kind: 'certificate', name: 'cert' },
        { kind: 'key', name: 'app' },
        { kind: 'secret', name: 'pem' },
      ],
    });
    expect(first.summary).toContain('### ✅ Keys backed up\n');
    expect(first.lines).toContain(`Written to ${archive}, and read back.`);

    const again = await runKeys('keysBackup', owner, { keys, archive });
    expect(again.report).toMatchObject({ changed: false });
    expect(again.summary).toContain('### ✅ Keys backed up before');

    const less = await runKeys('keysBackup', owner, { keys: `${vaultUrl}/keys/app`, archive });
    expect(less.error).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('certificate cert, secret pem') as string,
    });

    await lose('app');
    const restored = await runKeys('keysRestore', owner, { vault: vaultUrl, archive });
    expect(restored.error).toBeUndefined();
    expect(restored.outputs.keys?.split('\n')).toHaveLength(3);
    expect(restored.report).toMatchObject({
      command: 'keysRestore',
      source: vaultUrl,
      objects: [
        { name: 'cert', state: 'already there', signs: true },
        { name: 'app', state: 'restored', signs: true },
        {
          name: 'pem',
          state: 'already there',
          signs: false,
          unproven: expect.any(String) as string,
        },
      ],
    });
    expect(restored.lines).not.toContain('Nothing was changed.');
    const twice = await runKeys('keysRestore', owner, { vault: vaultUrl, archive });
    expect(twice.lines).toContain('Nothing was changed.');
  });

  it('that fail keep no others from being restored, and are named', async () => {
    const archive = path.join(parent, 'some');
    const names = ['free', 'first', 'second'];
    for (const name of names) await scenario.control.createKey({ vault, name, kty: 'EC' });
    const keys = names.map((name) => `${vaultUrl}/keys/${name}`).join();
    expect((await runKeys('keysBackup', owner, { keys, archive })).error).toBeUndefined();
    await lose('free');
    for (const name of ['first', 'second']) {
      await lose(name);
      await scenario.control.createKey({ vault, name, kty: 'EC' });
    }
    const run = await runKeys('keysRestore', owner, { vault: vaultUrl, archive });
    expect(run.error).toMatchObject({
      code: 'KEY_CONFLICT',
      message: expect.stringMatching(
        /^2 of 3 keys were not restored\. key first: \S+ holds another key.*\. key second: /,
      ) as string,
    });
    expect(run.outputs.keys).toMatch(/^\S+\/keys\/free\/[0-9a-f]{32}$/);
    expect(run.summary).toContain('### ❌ Keys restore failed');
    expect(run.report).toMatchObject({
      outcome: 'failed',
      objects: [{ state: 'failed', error: { code: 'KEY_CONFLICT' } }, { state: 'restored' }, {}],
    });
  });
});

describe('what keys backup is asked for', () => {
  it.each([
    ['keys of two vaults', `${vaultUrl}, https://other.vault.azure.net/keys/a`, 'INPUT_CONFLICT'],
    ['a file', '/secure/app.key', 'INPUT_INVALID'],
    ['no key', 'https://example.com', 'INPUT_INVALID'],
  ])('is refused with %s', async (_, keys, code) => {
    const error = await refusedInputs('keysBackup', { keys, archive: 'out' });
    expect(error.code).toBe(code);
    expect(error.message).toContain('"keys"');
  });

  it('is refused without a folder', async () => {
    const { message } = await refusedInputs('keysBackup', { keys: vaultUrl });
    expect(message).toContain('"archive" is not set');
  });
});

describe('what keys restore is asked for', () => {
  it('is refused with a key in place of the vault', async () => {
    const given = { archive: 'a', vault: `${vaultUrl}/keys/a` };
    expect(await refusedInputs('keysRestore', given)).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('names more than a vault') as string,
    });
  });
});
