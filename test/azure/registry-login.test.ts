import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { clouds, createCredential, loginToRegistry } from '../../src/azure/index.js';
import type { RegistryLoginOptions } from '../../src/azure/index.js';
import { HttpError } from '../../src/http/index.js';
import { grantedActions } from '../../src/azure/granted-actions.js';
import { createTokenSource } from '../../src/registry/index.js';
import { rejection } from '../registry/fake-http.js';
import type { ServicePrincipal } from '../azure-emulation/index.js';
import { startAzure } from './emulated-azure.js';
import type { EmulatedAzure } from './emulated-azure.js';

let azure: EmulatedAzure;
let principal: ServicePrincipal;
let registry: { loginServer: string; id: string };

beforeAll(async () => {
  azure = await startAzure();
  principal = await azure.control.createServicePrincipal();
  registry = await azure.control.createRegistry({ name: 'contoso' });
  const { clientId: principalId } = principal;
  await azure.control.assignRole({ principalId, role: 'AcrPush', scope: registry.id });
});

afterAll(async () => {
  await azure.close();
});

beforeEach(() => {
  azure.masked.length = 0;
  azure.loopback.requests.length = 0;
  azure.lines.length = 0;
});

function optionsFor(
  more: Partial<RegistryLoginOptions> = {},
  who: ServicePrincipal = principal,
): RegistryLoginOptions {
  const { http, secrets } = azure;
  const { tenantId, clientId, clientSecret } = who;
  const credential = createCredential(
    { kind: 'secret', tenantId, clientId, clientSecret },
    { http, secrets },
  );
  const { loginServer } = registry;
  return { loginServer, credential, cloud: clouds.AzureCloud, http, secrets, ...more };
}

describe('a login to a registry', () => {
  it('exchanges the Entra token for a refresh token and masks both', async () => {
    const login = await loginToRegistry(optionsFor());
    expect(login.username).toBe('00000000-0000-0000-0000-000000000000');
    expect(login.principal).toEqual({
      clientId: principal.clientId,
      objectId: principal.objectId,
      tenantId: principal.tenantId,
    });
    expect(login.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
    expect(azure.masked).toContain(login.refreshToken);
    expect(azure.lines.join('\n')).not.toContain(login.refreshToken);
    const asked = azure.loopback.requests.map(({ method, host, path }) => [method, host, path]);
    expect(asked.at(-1)).toEqual(['POST', 'contoso.azurecr.io', '/oauth2/exchange']);
  });

  it('leads to access tokens that show what is granted', async () => {
    const { http, secrets } = azure;
    const { refreshToken, loginServer } = await loginToRegistry(optionsFor());
    const { token } = createTokenSource({
      host: loginServer,
      http,
      secrets,
      credential: { kind: 'refresh-token', token: refreshToken },
    });
    const granted = grantedActions((await token('repository:team/app:pull,push')) ?? '');
    expect([...(granted?.get('team/app') ?? [])]).toEqual(['pull', 'push']);
  });

  it('is refused to a principal without any role, with what to check', async () => {
    const withoutRoles = await azure.control.createServicePrincipal();
    const error = await rejection(loginToRegistry(optionsFor({}, withoutRoles)));
    expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
    expect(error.message).toContain(withoutRoles.clientId);
    for (const hint of ['AcrPush', 'AcrImageSigner', 'tenant', 'ABAC']) {
      expect(error.remedy).toContain(hint);
    }
  });

  it('names the audience policy when ARM tokens are refused', async () => {
    await azure.control.updateRegistry(registry.loginServer, { armAudienceEnabled: false });
    const audience = 'https://management.azure.com';
    const error = await rejection(loginToRegistry(optionsFor({ audience })));
    expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
    expect(error.remedy).toContain('azureADAuthenticationAsArmPolicy');
  });
});

describe('an Entra token', () => {
  it.each([
    'evil.example',
    'contoso.azurecr.io.evil.example',
    'contoso.evil.azurecr.io',
    'azurecr.io',
    'contoso.azurecr.io:444',
    'contoso.azurecr.io/x',
    'CONTOSO.azurecr.io@evil.example',
    '.azurecr.io',
  ])('is neither asked for nor sent for %s', async (loginServer) => {
    const error = await rejection(loginToRegistry(optionsFor({ loginServer })));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.remedy).toContain('contoso.azurecr.io');
    expect(azure.loopback.requests).toHaveLength(0);
  });

  it('goes to a host the user has named', async () => {
    const loginServer = 'registry.example';
    const options = optionsFor({ loginServer, allowedHosts: [loginServer] });
    expect((await rejection(loginToRegistry(options))).code).toMatch(/^REGISTRY_/);
    expect(azure.loopback.requests.at(-1)?.host).toBe(loginServer);
  });
});

describe('a registry that does not answer', () => {
  it('under a name nobody knows does not exist', async () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const http = () => Promise.reject(new HttpError('unreachable', 'POST: no host', { cause }));
    const error = await rejection(loginToRegistry(optionsFor({ http })));
    expect(error.code).toBe('REGISTRY_UNREACHABLE');
    expect(error.message).toBe('There is no such registry: contoso.azurecr.io');
  });

  it('is unreachable, with the reason', async () => {
    const http = () => Promise.reject(new HttpError('tls', 'POST: certificate has expired'));
    const error = await rejection(loginToRegistry(optionsFor({ http })));
    expect(error.code).toBe('REGISTRY_UNREACHABLE');
    expect(error.message).toContain('certificate has expired');
  });

  it('with a token has failed', async () => {
    const answer = { status: 200, header: () => undefined, body: Buffer.from('<html>') };
    const http = () => Promise.resolve(answer);
    expect((await rejection(loginToRegistry(optionsFor({ http })))).code).toBe('REGISTRY_FAILED');
  });
});
