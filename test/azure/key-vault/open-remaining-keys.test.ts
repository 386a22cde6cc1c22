import type { KeySource } from '../../../src/azure/index.js';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKeyReference } from '../../../src/signing/index.js';
import { openRemainingKeys } from '../../../src/azure/key-vault/index.js';
import type { Run } from '../../../src/commands/run.js';
import { isTrustError } from '../../../src/errors.js';
import { startVault, vault, vaultUrl, type EmulatedVault } from './emulated-vault.js';

let scenario: EmulatedVault;
let folder: string;

beforeAll(async () => {
  scenario = await startVault();
  folder = await mkdtemp(path.join(tmpdir(), 'keys-left-'));
  for (const name of ['kept', 'deleted', 'purged']) {
    await scenario.control.createKey({ vault, name, kty: 'EC', crv: 'P-256' });
  }
  await scenario.control.softDeleteKey(vault, 'deleted');
  await scenario.control.softDeleteKey(vault, 'purged');
  await scenario.control.purgeKey(vault, 'purged');
});
afterAll(() => scenario.close());

const source = (text: string): KeySource => ({
  reference: parseKeyReference(text),
  passphrase: undefined,
  passphraseInput: 'signing-key-passphrase',
});

async function open(sources: readonly KeySource[], credential = scenario.credential) {
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    debug: () => undefined,
    warn: (line: string) => void warnings.push(line),
    group: <T>(_title: string, body: () => Promise<T>) => body(),
  };
  const context = {
    secrets: { mask: () => undefined },
    clock: () => new Date(),
    signal: new AbortController().signal,
    nameInput: (name: string) => name,
    log,
  } as unknown as Run;
  const left = await openRemainingKeys(sources, { credential }, context);
  return { ...left, warnings };
}

describe('the keys that are left', () => {
  it('are those that can be opened; of the others it says why, and what can be recovered', async () => {
    const file = path.join(folder, 'kept.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { keys, unopened, warnings } = await open([
      source(`${vaultUrl}/keys/kept`),
      source(`${vaultUrl}/keys/deleted`),
      source(`${vaultUrl}/keys/purged`),
      source(file),
      source(path.join(folder, 'gone.pem')),
    ]);
    expect(keys).toHaveLength(2);
    expect(unopened).toMatchObject([
      { name: `${vaultUrl}/keys/deleted`, isRecoverable: true, error: { code: 'KEY_NOT_FOUND' } },
      { name: `${vaultUrl}/keys/purged`, isRecoverable: false },
      { name: path.join(folder, 'gone.pem'), isRecoverable: false, reference: undefined },
    ]);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toContain(`${vaultUrl}/keys/deleted is not available: `);
  });

  it('are each named once, however often they are given', async () => {
    const { keys } = await open([source(`${vaultUrl}/keys/kept`), { vaultUrl }]);
    expect(new Set(keys.map(({ signer }) => signer.keyId)).size).toBe(keys.length);
  });

  it('are none of a vault that this principal may not read', async () => {
    const { credential } = await scenario.principalWithoutRoles();
    const { keys, unopened } = await open([{ vaultUrl }], credential);
    expect(keys).toEqual([]);
    expect(unopened).toMatchObject([{ name: vaultUrl, error: { code: 'VAULT_FORBIDDEN' } }]);
  });

  it('do not hide that the sign-in fails', async () => {
    const credential = { getToken: () => Promise.reject(new Error('no sign-in')) };
    const error: unknown = await open([source(`${vaultUrl}/keys/kept`)], credential).catch(
      (thrown: unknown) => thrown,
    );
    expect(isTrustError(error, 'KEY_NOT_FOUND', 'VAULT_FORBIDDEN')).toBe(false);
    expect(error).toBeInstanceOf(Error);
  });
});
