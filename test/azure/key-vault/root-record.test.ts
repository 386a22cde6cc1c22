import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createVaultKey,
  noteRoots,
  openKey,
  openVaultKey,
  tagsFor,
} from '../../../src/azure/key-vault/index.js';
import {
  recordedRoots,
  recordRoots,
  tagsWithRecord,
} from '../../../src/azure/key-vault/root-record.js';
import type { VaultReference } from '../../../src/signing/index.js';
import { failure } from '../../trust/support/failure.js';
import { credentialOf, recordingSecrets, startVault, vault, vaultUrl } from './emulated-vault.js';
import type { EmulatedVault } from './emulated-vault.js';

let emulated: EmulatedVault;
let officer: ReturnType<typeof credentialOf>;
const options = { secrets: recordingSecrets() };
beforeAll(async () => {
  emulated = await startVault();
  const made = await emulated.control.createServicePrincipal();
  for (const role of ['Key Vault Administrator']) {
    await emulated.control.assignRole({
      principalId: made.objectId,
      role,
      scope: emulated.vaultId,
    });
  }
  officer = credentialOf(made);
});
afterAll(async () => {
  await emulated.close();
});

const key = (name: string, version?: string) =>
  ({ kind: 'vault-key', vaultUrl, name, version }) as const;
const id = (digit: string) => digit.repeat(64);

describe('the record at a key', () => {
  it('is written beside the other tags, once, and binds whoever opens the key', async () => {
    const tags = tagsFor({ role: 'targets', gun: 'contoso.azurecr.io/app' });
    const made = await createVaultKey({ vaultUrl, name: 'app' }, officer, { tags });
    expect(await recordRoots(key('app'), { add: [id('a')] }, officer, options)).toEqual({
      state: 'recorded',
    });
    expect((await emulated.control.keyOf(vault, 'app')).tags).toEqual({
      ...tags,
      'acr-content-trust-root': id('a'),
    });
    expect((await openVaultKey(made.reference, emulated.credential)).recordedRoots).toEqual([
      id('a'),
    ]);
    const { length } = await emulated.control.requests();
    const again = await recordRoots(key('app'), { add: [id('a')] }, officer, options);
    expect(again).toEqual({ state: 'unchanged' });
    const later = (await emulated.control.requests()).slice(length);
    expect(later.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('holds the roots of several repositories, and gives up one that was replaced', async () => {
    await createVaultKey({ vaultUrl, name: 'shared' }, officer);
    for (const digit of ['1', '2', '3', '4']) {
      await recordRoots(key('shared'), { add: [id(digit)] }, officer, options);
    }
    const change = { add: [id('5')], remove: [id('2')] };
    await recordRoots(key('shared'), change, officer, options);
    const opened = await openVaultKey(key('shared'), emulated.credential);
    expect(opened.recordedRoots).toEqual(['1', '3', '4', '5'].map(id));
    const { tags } = await emulated.control.keyOf(vault, 'shared');
    expect(Object.keys(tags)).toEqual(['acr-content-trust-root', 'acr-content-trust-root-2']);
    expect(Object.values(tags).every((value) => value.length <= 256)).toBe(true);
  });

  it('needs keys/update: who may only read and sign is told all the tags to set', async () => {
    const tags = tagsFor({ role: 'targets' });
    const made = await createVaultKey({ vaultUrl, name: 'locked' }, officer, { tags });
    const { credential } = await readerOf();
    const outcome = await recordRoots(key('locked'), { add: [id('a')] }, credential, options);
    expect(outcome).toMatchObject({
      state: 'refused',
      error: { code: 'VAULT_FORBIDDEN' },
      wanted: {
        reference: { name: 'locked', version: made.reference.version },
        tags: { ...tags, 'acr-content-trust-root': id('a') },
      },
    });
    expect((await emulated.control.keyOf(vault, 'locked')).tags).toEqual(tags);
  });
});

describe('a record that may not be written', () => {
  it.each([
    ['is a warning with the command for the owner', false, 'warn'],
    ['is a note where the run is pinned', true, 'info'],
  ] as const)('%s', async (_what, isPinned, level) => {
    const name = `locked-${level}`;
    await createVaultKey({ vaultUrl, name }, officer);
    const said: string[] = [];
    const log = {
      info: (line: string) => said.push(`info ${line}`),
      warn: (line: string) => said.push(`warn ${line}`),
      debug: () => undefined,
    };
    const { credential } = await readerOf();
    const { signal } = new AbortController();
    const nameInput = (input: string) => input;
    const user = { ...options, log, signal, clock: () => new Date(), nameInput };
    const change = { add: [id('a')] };
    expect(await noteRoots(key(name), change, { credential }, user, isPinned)).toBe(false);
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`^${level} .*/${name} has no record of the root key`)),
    ]);
    expect(said[0]?.includes('\naz keyvault key set-attributes ')).toBe(!isPinned);
  });
});

async function readerOf() {
  const made = await emulated.control.createServicePrincipal();
  const role = 'Key Vault Reader';
  await emulated.control.assignRole({ principalId: made.objectId, role, scope: emulated.vaultId });
  return { ...made, credential: credentialOf(made) };
}

describe('the record at other objects', () => {
  it('is kept at a certificate, which its key cannot be changed without', async () => {
    await emulated.control.createCertificate({ vault, name: 'cert' });
    const reference: VaultReference = {
      kind: 'vault-certificate',
      vaultUrl,
      name: 'cert',
      version: undefined,
    };
    const outcome = await recordRoots(reference, { add: [id('a')] }, officer, options);
    expect(outcome).toEqual({ state: 'recorded' });
    expect((await openVaultKey(reference, emulated.credential)).recordedRoots).toEqual([id('a')]);
    const refused = await recordRoots(key('cert'), { add: [id('a')] }, officer, options);
    expect(refused).toMatchObject({ state: 'refused', error: { code: 'VAULT_FAILED' } });
  });

  it('is kept at a secret, whose value is masked and stays as it is', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const value = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await emulated.control.setSecret({ vault, name: 'pem', value });
    const reference = { kind: 'vault-secret', vaultUrl, name: 'pem', version: undefined } as const;
    const secrets = recordingSecrets();
    const outcome = await recordRoots(reference, { add: [id('a')] }, officer, { secrets });
    expect(outcome).toEqual({ state: 'recorded' });
    expect(secrets.masked).toContain(value);
    const opened = await openKey(reference, {
      credential: emulated.credential,
      passphraseInput: 'signing-key-passphrase',
      secrets,
    });
    expect(opened.signer.recordedRoots).toEqual([id('a')]);
  });
});

describe('the tags of a record', () => {
  const reference = key('app');

  it('are refused, not passed over, when they hold anything but key IDs', async () => {
    const tags = { 'acr-content-trust-root': `${id('a')},b` };
    const error = await failure(Promise.resolve().then(() => recordedRoots(tags, reference)));
    expect(error.code).toBe('TRUST_ANCHOR_INVALID');
    expect(error.message).toContain('acr-content-trust-root');
  });

  it('may be written by hand: capitals and blanks do not matter', () => {
    const tags = { 'acr-content-trust-root': ` ${id('A')}, ${id('b')} ` };
    expect(recordedRoots(tags, reference)).toEqual([id('a'), id('b')]);
  });

  it('do not grow past what an object can have', () => {
    const full = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`tag${n}`, 'x']));
    expect(tagsWithRecord(full, reference, { add: [id('a')] })).toBeUndefined();
    const twelve = Array.from({ length: 12 }, (_, n) => n.toString(16).padStart(64, '0'));
    expect(tagsWithRecord({}, reference, { add: twelve })).toBeDefined();
    expect(tagsWithRecord({}, reference, { add: [...twelve, id('a')] })).toBeUndefined();
  });
});
