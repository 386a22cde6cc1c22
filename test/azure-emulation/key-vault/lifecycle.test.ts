import { generateKeyPairSync } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { refusalOf, vaultFor } from './vault-client.js';

// Large RSA keys take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const officer = (): ReturnType<typeof vaultFor> =>
  vaultFor(loopback, 'Key Vault Crypto Officer', 'Key Vault Secrets Officer');
const poll = { intervalInMs: 10 };

describe('keys in a vault', () => {
  it('are created with the kind, operations, times and tags asked for', async () => {
    const { keys } = await officer();
    const expiresOn = new Date('2030-01-02T03:04:05Z');
    const made = await keys.createEcKey('ec', {
      curve: 'P-384',
      keyOps: ['sign'],
      expiresOn,
      tags: { team: 'a' },
    });
    expect(made.keyType).toBe('EC');
    expect(made.key).toMatchObject({ crv: 'P-384' });
    expect(made.keyOperations).toEqual(['sign']);
    expect(made.properties).toMatchObject({ expiresOn, tags: { team: 'a' }, exportable: false });
    expect(made.key?.d).toBeUndefined();
    const rsa = await keys.createRsaKey('rsa', { keySize: 3072, hsm: true });
    expect(rsa.keyType).toBe('RSA-HSM');
    expect(rsa.key?.n).toHaveLength(384);
  });

  it('are refused for a curve or size that does not exist', async () => {
    const { keys } = await officer();
    const bad = { status: 400, code: 'BadParameter' };
    expect(await refusalOf(keys.createEcKey('ec', { curve: 'P-192' }))).toEqual(bad);
    expect(await refusalOf(keys.createRsaKey('rsa', { keySize: 1024 }))).toEqual(bad);
    expect(await refusalOf(keys.createOctKey('oct'))).toEqual(bad);
    expect(await refusalOf(keys.createEcKey('under_score'))).toEqual(bad);
  });

  it('are imported, and imported again as a new version', async () => {
    const { keys, crypto } = await officer();
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { x, y, d } = pair.privateKey.export({ format: 'jwk' });
    const bytes = (value = ''): Uint8Array => Buffer.from(value, 'base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: bytes(x), y: bytes(y), d: bytes(d) } as const;
    const first = await keys.importKey('mine', jwk);
    const second = await keys.importKey('mine', jwk);
    expect(first.properties.version).not.toBe(second.properties.version);
    expect((await keys.getKey('mine')).properties.version).toBe(second.properties.version);
    expect(Buffer.from(second.key?.x ?? []).toString('base64url')).toBe(x);
    const signature = await crypto(first.id ?? '').sign('ES256', Buffer.alloc(32, 7));
    expect(signature.result).toHaveLength(64);
    const versions = await all(keys.listPropertiesOfKeyVersions('mine'));
    expect(versions.map(({ version }) => version)).toEqual([
      first.properties.version,
      second.properties.version,
    ]);
  });

  it('are listed, updated and rotated', async () => {
    const { keys } = await officer();
    const { properties } = await keys.createEcKey('one');
    await keys.createEcKey('two');
    const listed = await all(keys.listPropertiesOfKeys());
    expect(listed.map(({ name }) => name)).toEqual(['one', 'two']);
    const updated = await keys.updateKeyProperties('one', properties.version ?? '', {
      enabled: false,
    });
    expect(updated.properties.enabled).toBe(false);
    expect((await keys.getKey('one')).properties.enabled).toBe(false);
    const rotated = await keys.rotateKey('one');
    expect(rotated.properties.version).not.toBe(properties.version);
  });

  it('stay recoverable after a delete, and keep their name until purged', async () => {
    const { keys } = await officer();
    const { id } = await keys.createEcKey('gone');
    const poller = await keys.beginDeleteKey('gone', poll);
    const deleted = await poller.pollUntilDone();
    expect(deleted.properties.recoveryId).toContain('/deletedkeys/gone');
    expect(await refusalOf(keys.getKey('gone'))).toEqual({ status: 404, code: 'KeyNotFound' });
    expect(await refusalOf(keys.createEcKey('gone'))).toEqual({
      status: 409,
      code: 'Conflict',
      inner: 'ObjectIsDeletedButRecoverable',
    });
    expect(await all(keys.listDeletedKeys())).toHaveLength(1);
    const recovered = await (await keys.beginRecoverDeletedKey('gone', poll)).pollUntilDone();
    expect(recovered.id).toBe(id);
    await (await keys.beginDeleteKey('gone', poll)).pollUntilDone();
    await keys.purgeDeletedKey('gone');
    expect((await keys.createEcKey('gone')).id).not.toBe(id);
  });

  it('are restored from a backup with all versions', async () => {
    const { keys } = await officer();
    const first = await keys.createEcKey('kept');
    await keys.createEcKey('kept');
    const blob = await keys.backupKey('kept');
    expect(await refusalOf(keys.restoreKeyBackup(blob ?? new Uint8Array()))).toMatchObject({
      status: 409,
    });
    await (await keys.beginDeleteKey('kept', poll)).pollUntilDone();
    await keys.purgeDeletedKey('kept');
    await keys.restoreKeyBackup(blob ?? new Uint8Array());
    const again = await keys.getKey('kept', { version: first.properties.version ?? '' });
    expect(again.id).toBe(first.id);
    expect(await refusalOf(keys.restoreKeyBackup(Buffer.from('x')))).toMatchObject({ status: 400 });
  });

  it('of an HSM need a premium vault', async () => {
    await loopback.control.createVault({ name: 'cheap', sku: 'standard' });
    const hsm = { vault: 'cheap', name: 'k', kty: 'EC', hsm: true } as const;
    await expect(loopback.control.createKey(hsm)).rejects.toThrow(/premium/);
  });
});

describe('secrets in a vault', () => {
  it('are set, read by version, listed and updated', async () => {
    const { secrets } = await officer();
    const first = await secrets.setSecret('root', 'one', { contentType: 'text/plain' });
    await secrets.setSecret('root', 'two');
    expect((await secrets.getSecret('root')).value).toBe('two');
    const version = first.properties.version ?? '';
    const old = await secrets.getSecret('root', { version });
    expect(old).toMatchObject({ value: 'one', properties: { contentType: 'text/plain' } });
    expect(await all(secrets.listPropertiesOfSecrets())).toHaveLength(1);
    expect(await all(secrets.listPropertiesOfSecretVersions('root'))).toHaveLength(2);
    await secrets.updateSecretProperties('root', version, { enabled: false });
    expect(await refusalOf(secrets.getSecret('root', { version }))).toEqual({
      status: 403,
      code: 'Forbidden',
      inner: 'SecretDisabled',
    });
  });

  it('are missed by a code of their own', async () => {
    const { secrets } = await officer();
    expect(await refusalOf(secrets.getSecret('none'))).toEqual({
      status: 404,
      code: 'SecretNotFound',
    });
  });

  it('are deleted, recovered and restored', async () => {
    const { secrets } = await officer();
    await secrets.setSecret('s', 'v');
    const blob = (await secrets.backupSecret('s')) ?? new Uint8Array();
    await (await secrets.beginDeleteSecret('s', poll)).pollUntilDone();
    expect(await all(secrets.listDeletedSecrets())).toHaveLength(1);
    await (await secrets.beginRecoverDeletedSecret('s', poll)).pollUntilDone();
    expect((await secrets.getSecret('s')).value).toBe('v');
    await (await secrets.beginDeleteSecret('s', poll)).pollUntilDone();
    await secrets.purgeDeletedSecret('s');
    await secrets.restoreSecretBackup(blob);
    expect((await secrets.getSecret('s')).value).toBe('v');
  });
});
