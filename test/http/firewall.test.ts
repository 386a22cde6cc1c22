import { describe, expect, it } from 'vitest';

import { loginToRegistry, clouds } from '../../src/azure/index.js';
import { isTrustError, TrustError } from '../../src/errors.js';
import {
  createBlobReader,
  createRegistryClient,
  createTokenSource,
} from '../../src/registry/index.js';
import { createTrustServer } from '../../src/trust/index.js';
import type { Gun } from '../../src/trust/metadata/index.js';
import { pushFailure } from '../../src/docker/error-mapping.js';
import { fakeHttp, rejection } from '../registry/fake-http.js';

const host = 'contoso.azurecr.io';
const words = (address: string): string =>
  `client with IP '${address}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.`;

const refusing = (address: string) =>
  fakeHttp(() => ({
    status: 403,
    body: { errors: [{ code: 'DENIED', message: words(address) }] },
  })).http;

const secrets = { mask: () => undefined };
const token = () => Promise.resolve('token');
const credential = {
  getToken: () => Promise.resolve({ token: 't', expiresOnTimestamp: Date.now() + 60_000 }),
};
const digest = `sha256:${'0'.repeat(64)}`;

/** Every kind of request that a registry is sent. */
const requests: readonly (readonly [string, (address: string) => Promise<unknown>])[] = [
  [
    'the login',
    (address) =>
      loginToRegistry({
        loginServer: host,
        credential,
        cloud: clouds.AzureCloud,
        http: refusing(address),
        secrets,
      }),
  ],
  [
    'a token',
    (address) =>
      createTokenSource({
        host,
        http: refusing(address),
        secrets,
        credential: { kind: 'refresh-token', token: 'r' },
        realm: `https://${host}/oauth2/token`,
      }).token('repository:app:pull'),
  ],
  [
    'the challenge',
    (address) =>
      createTokenSource({
        host,
        http: refusing(address),
        secrets,
        credential: { kind: 'anonymous' },
      }).token('repository:app:pull'),
  ],
  [
    'a manifest',
    (address) =>
      createRegistryClient({ host, http: refusing(address), token }).getManifest('app', '1'),
  ],
  [
    'the push of a manifest',
    (address) =>
      createRegistryClient({ host, http: refusing(address), token }).putManifest(
        'app',
        '1',
        Buffer.from('{}'),
        'application/vnd.oci.image.manifest.v1+json',
      ),
  ],
  [
    'the tags',
    (address) => createRegistryClient({ host, http: refusing(address), token }).listTags('app'),
  ],
  [
    'a blob',
    (address) => createBlobReader({ host, http: refusing(address), token })('app', digest, 100),
  ],
  [
    'trust data',
    (address) =>
      createTrustServer({
        url: `https://${host}`,
        gun: `${host}/app` as Gun,
        http: refusing(address),
        token,
      }).fetchRole('root', { maxBytes: 100 }),
  ],
  [
    'a publish',
    (address) =>
      createTrustServer({
        url: `https://${host}`,
        gun: `${host}/app` as Gun,
        http: refusing(address),
        token,
      }).publish(new Map()),
  ],
  [
    "Docker's push",
    (address) => {
      const stderr = `denied: {"errors":[{"code":"DENIED","message":"${words(address)}"}]}`;
      const result = { exitCode: 1, stdout: '', stderr };
      return Promise.reject(pushFailure(`${host}/app:1`, result));
    },
  ],
];

describe.each(requests)('the firewall of a registry at %s', (_what, send) => {
  it('is told as such, with the line that lets a public address in', async () => {
    const error = await rejection(send('203.0.113.7'));
    expect(error.code).toBe('REGISTRY_FIREWALL');
    expect(error.message).toContain(`The firewall of registry ${host} blocks this machine`);
    expect(error.remedy.split('\n')[0]).toBe(
      'Ask the owner of the registry to run: az acr network-rule add --name contoso ' +
        '--ip-address 203.0.113.7',
    );
    expect(error.remedy).toContain('private endpoint');
  });
});

describe('an address that no firewall rule takes', () => {
  const send = requests[0]?.[1];
  it.each(['10.1.2.3', '172.20.0.4', '192.168.1.1', '100.64.3.4', '169.254.1.1', '2001:db8::7'])(
    'is answered with the private endpoint: %s',
    async (address) => {
      const error = (await send?.(address).catch((thrown: unknown) => thrown)) as TrustError;
      expect(isTrustError(error, 'REGISTRY_FIREWALL')).toBe(true);
      expect(error.remedy).not.toContain('network-rule');
      expect(error.remedy).toContain(address);
      expect(error.remedy).toContain('private endpoint');
    },
  );
});

describe('a registry whose login server is not its name', () => {
  it('is called by its name in the command', async () => {
    const { registryFirewallError } = await import('../../src/http/index.js');
    const { remedy } = registryFirewallError('contoso-a1b2c3.azurecr.io', '203.0.113.7', 'x');
    expect(remedy).toContain('--name contoso --ip-address');
  });
});

describe('a refusal for want of a role', () => {
  it('is not taken for the firewall', async () => {
    const { http } = fakeHttp(() => ({
      status: 403,
      body: { errors: [{ code: 'DENIED', message: 'requested access to the resource is denied' }] },
    }));
    const client = createRegistryClient({ host, http, token });
    expect((await rejection(client.getManifest('app', '1'))).code).toBe('REGISTRY_LOGIN_REFUSED');
  });
});
