import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  openVaultKey,
  readVaultSecret,
  type VaultOptions,
} from '../../../src/azure/key-vault/index.js';
import { TrustError } from '../../../src/errors.js';
import { parseKeyReference, proveSigner } from '../../../src/signing/index.js';
import { startVault, vault, vaultUrl, type EmulatedVault } from './emulated-vault.js';

let emulated: EmulatedVault;
beforeAll(async () => {
  emulated = await startVault();
  await emulated.control.createKey({ vault, name: 'app', kty: 'EC' });
  await emulated.control.setSecret({ vault, name: 'app', value: 'text' });
  await emulated.control.createCertificate({ vault, name: 'cert' });
});
afterEach(async () => {
  await emulated.control.clearFaults();
});
afterAll(async () => {
  await emulated.close();
});

const oid = '22222222-2222-2222-2222-222222222222';

async function open(text: string, credential = emulated.credential, options?: VaultOptions) {
  const reference = parseKeyReference(text.startsWith('https:') ? text : `${vaultUrl}/${text}`);
  if (reference.kind === 'file') throw new Error('not a vault reference');
  if (reference.kind === 'vault-secret') return readVaultSecret(reference, credential, options);
  return proveSigner(await openVaultKey(reference, credential, options));
}

async function refusal(opening: Promise<unknown>): Promise<TrustError> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TrustError) return error;
  throw new Error('no TrustError', { cause: error });
}

/** Answers every authenticated request with this error. */
async function answer(status: number, error: object, headers = {}): Promise<void> {
  const { tenantId } = await emulated.control.describe();
  const challenge = `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="https://vault.azure.net"`;
  const target = 'vault\\.azure\\.net';
  await emulated.control.failNext({
    target,
    status: 401,
    headers: { 'www-authenticate': challenge },
    body: { error: { code: 'Unauthorized', message: 'no token' } },
  });
  await emulated.control.failNext({ target, status, headers, body: { error }, times: 10 });
}

describe('a missing role', () => {
  it.each([
    ['keys/app', 'keys/read', 'Key Vault Crypto User', '/keys/app'],
    ['secrets/app', 'secrets/getSecret/action', 'Key Vault Secrets User', '/secrets/app'],
    ['certificates/cert', 'certificates/read', 'Key Vault Certificate User', '/certificates/cert'],
  ])('on %s is answered with the line that grants it', async (text, action, role, object) => {
    const { credential, clientId } = await emulated.principalWithoutRoles();
    const error = await refusal(open(text, credential));
    expect(error.code).toBe('VAULT_FORBIDDEN');
    expect(error.message).toContain(`${vaultUrl}/${text}`);
    expect(error.message).toContain('ForbiddenByRbac');
    expect(error.message, 'what the remedy has').not.toMatch(/appid=|Action:|Resource:/);
    expect(error.remedy).toContain(`The action Microsoft.KeyVault/vaults/${action} is missing.`);
    expect(error.remedy).toContain(
      `az role assignment create --role "${role}" --assignee ${clientId} ` +
        `--scope ${emulated.vaultId.toLowerCase()}${object}\n`,
    );
  });

  it('to sign is told apart from one to read', async () => {
    const { credential, objectId } = await emulated.principalWithoutRoles();
    await emulated.control.createRole({
      name: 'Reads keys',
      dataActions: ['Microsoft.KeyVault/vaults/keys/read'],
    });
    const scope = `${emulated.vaultId}/keys/app`;
    await emulated.control.assignRole({ principalId: objectId, role: 'Reads keys', scope });
    const error = await refusal(open('keys/app', credential));
    expect(error.code).toBe('VAULT_FORBIDDEN');
    expect(error.message).toContain('forbids signing with');
    expect(error.remedy).toContain('Microsoft.KeyVault/vaults/keys/sign/action is missing');
  });

  it('on the key of a certificate names the role for keys', async () => {
    const { credential, objectId } = await emulated.principalWithoutRoles();
    const role = 'Key Vault Certificate User';
    await emulated.control.assignRole({ principalId: objectId, role, scope: emulated.vaultId });
    await emulated.control.createRole({
      name: 'Reads certificates',
      dataActions: ['Microsoft.KeyVault/vaults/certificates/read'],
    });
    const plain = await emulated.principalWithoutRoles();
    await emulated.control.assignRole({
      principalId: plain.objectId,
      role: 'Reads certificates',
      scope: emulated.vaultId,
    });
    const error = await refusal(open('certificates/cert', plain.credential));
    expect(error.code).toBe('VAULT_FORBIDDEN');
    expect(error.remedy).toContain('--role "Key Vault Crypto User"');
    expect(await refusal(open('certificates/cert', credential))).toMatchObject({
      message: expect.stringContaining('forbids signing with') as string,
    });
  });
});

describe('other refusals of a vault', () => {
  it.each([
    [
      'access policies',
      'keys/app',
      {
        code: 'Forbidden',
        message:
          `The user, group or application 'appid=${oid};oid=${oid};iss=https://sts.windows.net/t/' ` +
          "does not have keys get permission on key vault 'contoso;location=westeurope'.",
        innererror: { code: 'ForbiddenByPolicy' },
      },
      `az keyvault set-policy --name contoso --object-id ${oid} --key-permissions get sign`,
    ],
    [
      'access policies',
      'secrets/app',
      { code: 'Forbidden', message: 'Access denied.', innererror: { code: 'AccessDenied' } },
      '--secret-permissions get',
    ],
    [
      'the firewall',
      'keys/app',
      {
        code: 'Forbidden',
        message:
          'Client address is not authorized and caller is not a trusted service.\r\n' +
          'Client address: 203.0.113.7\r\nCaller: appid=x',
        innererror: { code: 'ForbiddenByFirewall' },
      },
      'az keyvault network-rule add --name contoso --ip-address 203.0.113.7',
    ],
    [
      'the private endpoint',
      'keys/app',
      {
        code: 'Forbidden',
        message: 'Public network access is disabled and request is not from a trusted service.',
        innererror: { code: 'ForbiddenByConnection' },
      },
      'private endpoint',
    ],
  ])('by %s on %s are told with their remedy', async (_by, text, error, remedy) => {
    await answer(403, error);
    const refused = await refusal(open(text));
    expect(refused.code).toBe('VAULT_FORBIDDEN');
    expect(refused.remedy).toContain(remedy);
  });

  it('by role of a Managed HSM name its own command', async () => {
    await answer(403, {
      code: 'Forbidden',
      message: 'no',
      innererror: { code: 'ForbiddenByRbac' },
    });
    // Same answer, read as the HSM's: the emulator has none.
    const { permissionRemedy } = await import('../../../src/azure/key-vault/permissions.js');
    const reference = parseKeyReference('https://contoso.managedhsm.azure.net/keys/app');
    if (reference.kind !== 'vault-key') throw new Error('not a key');
    const byRbac = {
      innerCode: 'ForbiddenByRbac',
      words: `appid=${oid}`,
      firewall: undefined,
    };
    expect(permissionRemedy({ reference, action: 'sign' }, byRbac)).toContain(
      `az keyvault role assignment create --hsm-name contoso --role "Managed HSM Crypto User" --assignee ${oid} --scope /keys/app`,
    );
    // A key that is yet to be made has no scope of its own.
    expect(permissionRemedy({ reference, action: 'create' }, byRbac)).toContain(
      `--assignee ${oid} --scope /keys\n`,
    );
  });

  it.each([
    ['keys/app', 'create', '--key-permissions get list sign create update'],
    ['keys/app', 'import', '--key-permissions get list sign import update'],
    ['keys/app', 'list', '--key-permissions get list sign'],
    ['keys/app', 'backup', '--key-permissions get list backup'],
    ['keys/app', 'update', '--key-permissions get update'],
    ['secrets/app', 'update', '--secret-permissions get set'],
    ['certificates/app', 'update', '--certificate-permissions get update'],
    ['keys/app', 'restore', '--key-permissions get list sign restore'],
    ['secrets/app', 'set', '--secret-permissions get set'],
    ['certificates/app', 'backup', '--certificate-permissions get list backup'],
  ] as const)('by access policy name what is needed: %s, %s', async (text, action, words) => {
    const { permissionRemedy } = await import('../../../src/azure/key-vault/permissions.js');
    const reference = parseKeyReference(`${vaultUrl}/${text}`);
    if (reference.kind === 'file') throw new Error('not a vault reference');
    const message = `appid=${oid};oid=${oid} does not have permission on key vault 'contoso'`;
    const answer = { innerCode: 'AccessDenied', words: message, firewall: undefined };
    expect(permissionRemedy({ reference, action }, answer)).toContain(
      `The vault uses access policies. Have its owner run:\naz keyvault set-policy --name contoso --object-id ${oid} ${words}\nThe command replaces`,
    );
  });

  it.each([
    ['keys/app', 'Operation get is not allowed on a disabled key.', undefined],
    ['secrets/app', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled'],
    ['secrets/app', 'no', 'SecretExpired'],
  ])('for a disabled object are no matter of rights: %s', async (text, message, inner) => {
    await answer(403, {
      code: 'Forbidden',
      message,
      ...(inner && { innererror: { code: inner } }),
    });
    expect((await refusal(open(text))).code).toBe('KEY_DISABLED');
  });

  it('of a sign-in from another tenant name the tenant', async () => {
    await answer(401, { code: 'Unauthorized', message: 'AKV10032: Invalid issuer.' });
    const error = await refusal(open('keys/app'));
    expect(error.code).toBe('VAULT_FORBIDDEN');
    expect(error.message).toContain('AKV10032');
    expect(error.remedy).toContain('properties.tenantId');
  });

  it.each([403, 404, 407, 502])('that no vault gave are told apart: %i', async (status) => {
    await emulated.control.failNext({ target: 'contoso\\.vault', status, times: 10 });
    const error = await refusal(open('keys/app', emulated.credential, { deadlineMs: 20_000 }));
    expect(error.code).toBe('VAULT_UNREACHABLE');
    expect(error.message).toContain(`the response ${status} is not from Key Vault`);
  });

  it('by status become VAULT_FAILED', async () => {
    await answer(400, { code: 'BadParameter', message: 'bad' });
    expect((await refusal(open('keys/app'))).message).toContain('400 BadParameter (bad)');
  });
});

describe('waiting for a vault', () => {
  it('is cut short when the vault asks for too long', async () => {
    const started = performance.now();
    await answer(429, { code: 'Throttled', message: 'slow down' }, { 'retry-after': '600' });
    const error = await refusal(open('keys/app'));
    expect(error.code).toBe('VAULT_FAILED');
    expect(error.message).toContain('limiting the number of requests');
    expect(performance.now() - started).toBeLessThan(300_000);
  });

  it('is granted when the vault asks for little', async () => {
    await emulated.control.failNext({
      target: 'contoso\\.vault',
      status: 429,
      headers: { 'retry-after': '0' },
      body: { error: { code: 'Throttled', message: 'slow down' } },
      times: 2,
    });
    await expect(open('keys/app')).resolves.toBeUndefined();
  });

  it('ends before its deadline, when the vault asks for more', async () => {
    await answer(503, { code: 'Down', message: 'down' }, { 'retry-after': '90' });
    const started = performance.now();
    const error = await refusal(open('keys/app', emulated.credential, { deadlineMs: 60_000 }));
    expect(error.code).toBe('VAULT_FAILED');
    expect(error.message).toContain('answered 503 Down (down) and asks to wait 90 seconds');
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  it('ends when the run is cancelled', async () => {
    await answer(503, { code: 'Down', message: 'down' }, { 'retry-after': '10' });
    const signal = AbortSignal.timeout(300);
    const error = await refusal(open('keys/app', emulated.credential, { signal }));
    expect(error.code).toBe('INTERRUPTED');
  });
});

describe('a vault out of reach', () => {
  // Names of their own: connections to the vault above are kept alive and would be used again.
  it.each([
    ['noSuchHost', 'gone-1', 'there is no such host name (ENOTFOUND)'],
    ['refused', 'gone-2', 'gone-2.vault.azure.net cannot be reached: GET'],
    ['untrusted', 'gone-3', 'its certificate is for another host name'],
  ] as const)('is told by its cause: %s', async (how, name, message) => {
    const restore = emulated.failConnections(how);
    try {
      const error = await refusal(open(`https://${name}.vault.azure.net/keys/app`));
      expect(error.code).toBe('VAULT_UNREACHABLE');
      expect(error.message).toContain(message);
    } finally {
      restore();
    }
  });
});

describe('a failing sign-in', () => {
  it('comes back as our own error, untouched', async () => {
    const own = new TrustError('CREDENTIAL_REJECTED', 'wrong secret', { remedy: 'renew it' });
    const credential = { getToken: () => Promise.reject(own) };
    await expect(open('keys/app', credential)).rejects.toBe(own);
    await expect(open('secrets/app', credential)).rejects.toBe(own);
  });

  it("comes back as the SDK's error, untouched, when nobody translated it", async () => {
    const error = Object.assign(new Error('AADSTS7000215'), {
      name: 'AuthenticationRequiredError',
    });
    const credential = { getToken: () => Promise.reject(error) };
    await expect(open('keys/app', credential)).rejects.toBe(error);
  });
});
