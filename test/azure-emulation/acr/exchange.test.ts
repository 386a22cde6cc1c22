import { X509Certificate } from 'node:crypto';

import { decodeProtectedHeader, importX509, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { claimsOf } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { registryFor, tokenIn } from './registry-client.js';

let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

describe('an exchange', () => {
  it('turns an Entra token into a refresh token of this registry', async () => {
    const registry = await registryFor(loopback);
    const sp = await registry.principal('AcrPush', 'AcrImageSigner');
    const refresh = tokenIn(
      await registry.exchange(await registry.entraToken(sp), { tenant: sp.tenantId }),
      'refresh_token',
    );
    const claims = claimsOf(refresh);
    expect(claims).toMatchObject({
      iss: 'Azure Container Registry',
      aud: registry.loginServer,
      sub: sp.clientId,
      grant_type: 'refresh_token',
      tenant: sp.tenantId,
      roles: [],
    });
    expect(claims.permissions).toMatchObject({
      actions: expect.arrayContaining(['pull/read', 'push/write', 'sign/write']) as unknown,
      notActions: [],
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3 * 3600);
  });

  it('takes a token for Resource Manager only while the policy allows it', async () => {
    const registry = await registryFor(loopback);
    const sp = await registry.principal('AcrPull');
    const token = await registry.entraToken(sp, 'https://management.azure.com/.default');
    expect((await registry.exchange(token)).status).toBe(200);
    await loopback.control.updateRegistry(registry.loginServer, { armAudienceEnabled: false });
    expect((await registry.exchange(token)).status).toBe(401);
  });

  const unauthorized = { status: 401, body: { errors: [{ code: 'UNAUTHORIZED' }] } };

  it('refuses a token for a vault', async () => {
    const registry = await registryFor(loopback);
    const sp = await registry.principal('AcrPull');
    const token = await registry.entraToken(sp, 'https://vault.azure.net/.default');
    expect(await registry.exchange(token)).toMatchObject(unauthorized);
  });

  it('refuses an expired token', async () => {
    const registry = await registryFor(loopback);
    const token = await registry.entraToken(await registry.principal('AcrPull'));
    await loopback.control.setClockOffset(2 * 3_600_000);
    try {
      expect(await registry.exchange(token)).toMatchObject(unauthorized);
    } finally {
      await loopback.control.setClockOffset(0);
    }
  });

  it('refuses a principal without a role, one of another tenant, and nonsense', async () => {
    const registry = await registryFor(loopback);
    const withoutRoles = await registry.principal();
    expect(await registry.exchange(await registry.entraToken(withoutRoles))).toMatchObject(
      unauthorized,
    );
    const { tenantId } = await loopback.control.createTenant();
    const foreigner = await loopback.control.createServicePrincipal({ tenantId });
    expect(await registry.exchange(await registry.entraToken(foreigner))).toMatchObject(
      unauthorized,
    );
    expect(await registry.exchange('a.b.c')).toMatchObject(unauthorized);
  });

  it('refuses another service, another grant and a wrong tenant', async () => {
    const registry = await registryFor(loopback);
    const token = await registry.entraToken(await registry.principal('AcrPull'));
    expect((await registry.exchange(token, { service: 'x.azurecr.io' })).status).toBe(400);
    expect((await registry.exchange(token, { grant_type: 'other' })).status).toBe(400);
    expect((await registry.exchange(token, { tenant: 'other' })).status).toBe(401);
  });
});

describe('a refresh token', () => {
  it('is good at its own registry only', async () => {
    const registry = await registryFor(loopback);
    const other = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('AcrPull'));
    expect((await registry.redeem(refresh)).status).toBe(200);
    expect((await other.redeem(refresh)).status).toBe(401);
  });

  it('is good for three hours only', async () => {
    const registry = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('AcrPull'));
    await loopback.control.setClockOffset(3.1 * 3_600_000);
    try {
      expect((await registry.redeem(refresh)).status).toBe(401);
    } finally {
      await loopback.control.setClockOffset(0);
    }
  });

  it('cannot be replaced by an access token', async () => {
    const registry = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('AcrPull'));
    const access = tokenIn(await registry.redeem(refresh), 'access_token');
    expect((await registry.redeem(access)).status).toBe(401);
  });
});

describe('an access token', () => {
  it('is a JWT that a server verifies with the issuer certificate', async () => {
    const registry = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('AcrPull'));
    const reply = await registry.redeem(refresh, registry.image('pull'));
    const token = tokenIn(reply, 'access_token');
    const { issuer, audience, certificatePem } = loopback.emulator.tokenIssuer;
    const key = await importX509(certificatePem, 'RS256');
    const { payload } = await jwtVerify(token, key, { issuer, audience });
    expect(payload).toMatchObject({
      grant_type: 'access_token',
      rid: registry.loginServer,
      access: [{ type: 'repository', name: 'app', actions: ['pull'] }],
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(4500);
    // The servers take the key from the chain in the header and trust it through their bundle.
    const { x5c } = decodeProtectedHeader(token);
    const leaf = new X509Certificate(Buffer.from(x5c?.[0] ?? '', 'base64'));
    expect(leaf.toString()).toBe(new X509Certificate(certificatePem).toString());
  });
});
