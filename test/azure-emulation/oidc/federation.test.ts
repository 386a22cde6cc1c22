import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AzurePipelinesCredential,
  ClientAssertionCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { claimsOf, send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';

const scope = 'https://vault.azure.net/.default';
const exchangeAudience = 'api://AzureADTokenExchange';
const gitHubIssuer = 'https://token.actions.githubusercontent.com';
const subject = 'repo:octo/demo:ref:refs/heads/main';
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await loopback.close();
});

describe('a GitHub job', () => {
  async function idToken(query = `&audience=${encodeURIComponent(exchangeAudience)}`) {
    const { requestUrl, requestToken } = await loopback.control.createGitHubOidc({ subject });
    const headers = { authorization: `Bearer ${requestToken}` };
    const reply = await send(loopback, 'GET', requestUrl + query, { headers });
    return (reply.body as { value: string }).value;
  }

  async function tokenFor(
    federated: { issuer: string; subject: string; audience: string },
    assertion: () => Promise<string>,
  ): Promise<string> {
    const { tenantId, clientId } = await loopback.control.createServicePrincipal();
    await loopback.control.addFederatedCredential(clientId, federated);
    const { agent } = loopback;
    const credential = new ClientAssertionCredential(tenantId, clientId, assertion, { agent });
    return (await credential.getToken(scope)).token;
  }

  it('gets a token as the application that trusts it', async () => {
    const federated = { issuer: gitHubIssuer, subject, audience: exchangeAudience };
    expect(claimsOf(await tokenFor(federated, () => idToken())).aud).toBe(
      'https://vault.azure.net',
    );
  });

  it.each([
    ['subject', { subject: 'repo:octo/demo:pull_request' }, 700213],
    ['audience', { audience: 'api://other' }, 700212],
    ['issuer', { issuer: 'https://example.org' }, 700211],
  ])('is refused when the %s differs', async (_, change, code) => {
    const federated = { issuer: gitHubIssuer, subject, audience: exchangeAudience, ...change };
    await expect(tokenFor(federated, () => idToken())).rejects.toThrow(`AADSTS${code}:`);
  });

  it('is refused with a token signed by another key (700027)', async () => {
    const federated = { issuer: gitHubIssuer, subject, audience: exchangeAudience };
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(gitHubIssuer)
      .setSubject(subject)
      .setAudience(exchangeAudience)
      .setExpirationTime('5m')
      .sign(privateKey);
    await expect(tokenFor(federated, () => Promise.resolve(forged))).rejects.toThrow(
      /AADSTS700027:/,
    );
  });

  it('is refused with what is no token at all (50027)', async () => {
    const federated = { issuer: gitHubIssuer, subject, audience: exchangeAudience };
    await expect(tokenFor(federated, () => Promise.resolve('nonsense'))).rejects.toThrow(
      /AADSTS50027:/,
    );
  });

  it('names the repository owner as audience when none is asked for', async () => {
    expect(claimsOf(await idToken(''))).toMatchObject({
      iss: gitHubIssuer,
      sub: subject,
      aud: 'https://github.com/octo',
    });
  });

  it('gets nothing with another request token', async () => {
    const { requestUrl } = await loopback.control.createGitHubOidc({ subject });
    const headers = { authorization: 'Bearer wrong' };
    expect((await send(loopback, 'GET', requestUrl, { headers })).status).toBe(401);
  });
});

describe('a service connection of Azure Pipelines', () => {
  it('gets a token through AzurePipelinesCredential', async () => {
    const { tenantId, clientId } = await loopback.control.createServicePrincipal();
    const connection = await loopback.control.createServiceConnection({
      name: 'contoso/demo/azure',
      clientId,
    });
    vi.stubEnv('SYSTEM_OIDCREQUESTURI', connection.oidcRequestUri);
    const credential = new AzurePipelinesCredential(
      tenantId,
      clientId,
      connection.id,
      connection.accessToken,
      { agent: loopback.agent },
    );
    expect(claimsOf((await credential.getToken(scope)).token).appid).toBe(clientId);
  });

  it('is refused with another access token, and when it does not exist', async () => {
    const connection = await loopback.control.createServiceConnection({ name: 'contoso/demo/b' });
    const ask = (id: string, token: string) =>
      send(
        loopback,
        'POST',
        `${connection.oidcRequestUri}?api-version=7.1&serviceConnectionId=${id}`,
        { headers: { authorization: `Bearer ${token}`, 'x-tfs-fedauthredirect': 'Suppress' } },
      );
    expect((await ask(connection.id, 'wrong')).status).toBe(401);
    expect((await ask('no-such-connection', connection.accessToken)).status).toBe(404);
    const { status, body } = await ask(connection.id, connection.accessToken);
    expect(status).toBe(200);
    expect(claimsOf((body as { oidcToken: string }).oidcToken)).toMatchObject({
      iss: connection.issuer,
      sub: 'sc://contoso/demo/b',
      aud: exchangeAudience,
    });
  });
});

describe('a federated token in a file', () => {
  it('gets a token through WorkloadIdentityCredential, until it expires', async () => {
    const { control, agent } = loopback;
    const { tenantId, clientId } = await control.createServicePrincipal();
    const federated = { issuer: 'https://oidc.example.org/', subject: 'system:serviceaccount:a:b' };
    await control.addFederatedCredential(clientId, { ...federated, audience: exchangeAudience });
    const directory = await mkdtemp(join(tmpdir(), 'federated-'));
    try {
      for (const [lifetimeSeconds, outcome] of [
        [600, clientId],
        [-5, 'AADSTS700024'],
      ] as const) {
        const { token } = await control.issueFederatedToken({ ...federated, lifetimeSeconds });
        const tokenFilePath = join(directory, String(lifetimeSeconds));
        await writeFile(tokenFilePath, token);
        const options = { tenantId, clientId, tokenFilePath, agent };
        const got = await new WorkloadIdentityCredential(options).getToken(scope).then(
          (access) => String(claimsOf(access.token).appid),
          (error: unknown) => String(error),
        );
        expect(got).toContain(outcome);
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('may come from an issuer with keys of its own', async () => {
    const { control, agent } = loopback;
    const { tenantId, clientId } = await control.createServicePrincipal();
    const issuer = 'https://issuer.example.org';
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    await control.addIssuer(issuer, { keys: [await exportJWK(publicKey)] });
    await control.addFederatedCredential(clientId, {
      issuer,
      subject: 'job',
      audience: exchangeAudience,
    });
    const assertion = () =>
      new SignJWT()
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(issuer)
        .setSubject('job')
        .setAudience(exchangeAudience)
        .setExpirationTime('5m')
        .sign(privateKey);
    const credential = new ClientAssertionCredential(tenantId, clientId, assertion, { agent });
    expect(claimsOf((await credential.getToken(scope)).token).appid).toBe(clientId);
  });
});
