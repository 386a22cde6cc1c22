import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject, VerifyKeyObjectInput } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { refusalOf, vaultFor } from './vault-client.js';

const message = Buffer.from('a document to sign');
const digest = (hash: string): Buffer => createHash(hash).update(message).digest();
// Large RSA keys take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

function publicKeyOf({ kty = '', crv, ...rest }: JsonWebKey): KeyObject {
  const curve = crv === 'P-256K' ? 'secp256k1' : crv;
  const jwk = { ...rest, kty: kty.replace('-HSM', ''), ...(curve !== undefined && { crv: curve }) };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function options(algorithm: string, key: KeyObject): VerifyKeyObjectInput {
  if (algorithm.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' };
  if (algorithm.startsWith('RS')) return { key };
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

describe('a signature made in the vault', () => {
  it.each([
    ['ES256', 'sha256', { kty: 'EC', crv: 'P-256' }, 64],
    ['ES256', 'sha256', { kty: 'EC', crv: 'P-256', hsm: true }, 64],
    ['ES256K', 'sha256', { kty: 'EC', crv: 'P-256K' }, 64],
    ['ES384', 'sha384', { kty: 'EC', crv: 'P-384' }, 96],
    ['ES512', 'sha512', { kty: 'EC', crv: 'P-521' }, 132],
    ['RS256', 'sha256', { kty: 'RSA' }, 256],
    ['PS256', 'sha256', { kty: 'RSA' }, 256],
    ['PS384', 'sha384', { kty: 'RSA', size: 3072 }, 384],
    ['PS512', 'sha512', { kty: 'RSA' }, 256],
  ] as const)('%s with %s and key %j is one that node accepts', async (alg, hash, kind, length) => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const { kid, jwk } = await loopback.control.createKey({
      vault: vault.name,
      name: 'release',
      ...kind,
    });
    const client = vault.crypto(kid);
    const { result, keyID } = await client.sign(alg, digest(hash));
    expect(result).toHaveLength(length);
    expect(keyID).toBe(kid);
    const key = publicKeyOf(jwk);
    expect(verify(hash, message, options(alg, key), result)).toBe(true);
    const remote = await client.verify(alg, digest(hash), result);
    expect(remote.result).toBe(true);
    result[10] = (result[10] ?? 0) ^ 1;
    expect(verify(hash, message, options(alg, key), result)).toBe(false);
    expect((await client.verify(alg, digest(hash), result)).result).toBe(false);
  });

  it('comes from the newest version when the id names none', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const { control } = loopback;
    await control.createKey({ vault: vault.name, name: 'release', kty: 'EC' });
    const { jwk } = await control.rotateKey(vault.name, 'release');
    const { result } = await vault
      .crypto(`${vault.vaultUrl}/keys/release`)
      .sign('ES256', digest('sha256'));
    const key = publicKeyOf(jwk);
    expect(verify('sha256', message, options('ES256', key), result)).toBe(true);
    const paths = (await control.requests()).map(({ path }) => path);
    expect(paths).toContain('/keys/release//sign');
  });
});

describe('the vault refuses to sign', () => {
  async function refused(
    change: Parameters<Loopback['control']['setKeyAttributes']>[0] | object,
    alg: 'ES256' | 'ES384' | 'RS256' = 'ES256',
    bytes = digest('sha256'),
    kty: 'EC' | 'RSA' = 'EC',
  ): Promise<unknown> {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User', 'Custom Sign');
    const target = { vault: vault.name, name: 'release' };
    const { kid } = await loopback.control.createKey({ ...target, kty });
    await loopback.control.setKeyAttributes({ ...target, ...change });
    // Only sign is permitted, so that the client knows no attributes and asks the vault.
    await loopback.control.removeRole({
      principalId: vault.principal.objectId,
      role: 'Key Vault Crypto User',
      scope: vault.id,
    });
    return refusalOf(vault.crypto(kid).sign(alg, bytes));
  }

  beforeAll(() =>
    loopback.control.createRole({
      name: 'Custom Sign',
      dataActions: ['Microsoft.KeyVault/vaults/keys/sign/action'],
    }),
  );

  const now = Math.floor(Date.now() / 1000);
  const bad = { status: 400, code: 'BadParameter' };

  it('nothing, when sign is all the caller may do', async () => {
    expect(await refused({})).toBe('no refusal');
  });

  it.each([
    ['a disabled key', { enabled: false }, 'KeyDisabled'],
    ['a key not yet valid', { notBefore: now + 600 }, 'KeyNotYetValid'],
    ['an expired key', { expires: now - 600 }, 'KeyExpired'],
    ['a key that may only verify', { ops: ['verify'] }, 'KeyOperationForbidden'],
  ])('with %s', async (_, change, inner) => {
    expect(await refused(change)).toEqual({ status: 403, code: 'Forbidden', inner });
  });

  it('with an algorithm of another curve or kind', async () => {
    expect(await refused({}, 'ES384', digest('sha384'))).toEqual(bad);
    expect(await refused({}, 'RS256')).toEqual(bad);
    expect(await refused({}, 'ES256', digest('sha256'), 'RSA')).toEqual(bad);
  });

  it('a digest of the wrong length', async () => {
    expect(await refused({}, 'ES256', digest('sha1'))).toEqual(bad);
  });

  it('a name that is not there', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const client = vault.crypto(`${vault.vaultUrl}/keys/release/${'0'.repeat(32)}`);
    expect(await refusalOf(client.sign('ES256', digest('sha256')))).toEqual({
      status: 404,
      code: 'KeyNotFound',
    });
  });
});

describe('an expired key', () => {
  it('still verifies', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const target = { vault: vault.name, name: 'release' };
    const { kid } = await loopback.control.createKey({ ...target, kty: 'EC' });
    const { result } = await vault.crypto(kid).sign('ES256', digest('sha256'));
    await loopback.control.setKeyAttributes({ ...target, expires: 1 });
    // The SDK's client would refuse by itself.
    const { token } = await vault.credential.getToken('https://vault.azure.net/.default');
    const value = Buffer.from(result).toString('base64url');
    const reply = await send(loopback, 'POST', `${kid}/verify?api-version=7.6`, {
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ alg: 'ES256', digest: digest('sha256').toString('base64url'), value }),
    });
    expect(reply).toMatchObject({ status: 200, body: { value: true } });
  });
});
