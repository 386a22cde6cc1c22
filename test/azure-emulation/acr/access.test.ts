import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { grantedBy, registryFor, tokenIn } from './registry-client.js';

const nullGuid = '00000000-0000-0000-0000-000000000000';
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

describe('the roles of a principal', () => {
  it.each([
    [['AcrPull'], 'pull', 'pull', ''],
    [['AcrPush'], 'pull,push', 'pull', ''],
    [['AcrPush', 'AcrDelete'], 'pull,push,delete', 'pull', ''],
    [['AcrPush', 'AcrImageSigner'], 'pull,push', 'pull,push', '*'],
    [['AcrPull', 'AcrImageSigner'], 'pull', 'pull', ''],
    [['AcrImageSigner'], '', '', ''],
    [['Reader'], 'pull', 'pull', ''],
    [['Contributor'], 'pull,push,delete', 'pull', ''],
    [['Owner'], 'pull,push,delete', 'pull', ''],
  ])('%j grant image %j, trust %j, collection %j', async (roles, image, trust, collection) => {
    const registry = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal(...roles));
    const reply = await registry.redeem(
      refresh,
      registry.image('pull,push,delete'),
      registry.trust('pull,push'),
    );
    const trustName = `${registry.loginServer}/app`;
    expect(grantedBy(reply)).toEqual([
      ...(image === '' ? [] : [`app:${image}`]),
      ...(trust === '' ? [] : [`${trustName}:${trust}`]),
    ]);
    expect(grantedBy(await registry.redeem(refresh, registry.trust('*')))).toEqual(
      collection === '' ? [] : [`${trustName}:*`],
    );
  });

  it('count only from the next exchange on', async () => {
    const registry = await registryFor(loopback);
    const sp = await registry.principal('AcrPush');
    const before = await registry.refreshToken(sp);
    const role = { principalId: sp.objectId, role: 'AcrImageSigner', scope: registry.id };
    await loopback.control.assignRole(role);
    const ask = async (refresh: string): Promise<readonly string[]> =>
      grantedBy(await registry.redeem(refresh, registry.trust('push')));
    expect(await ask(before)).toEqual([]);
    const after = await registry.refreshToken(sp);
    expect(await ask(after)).toEqual([`${registry.loginServer}/app:push`]);
    expect(await loopback.control.removeRole(role)).toEqual({ removed: 1 });
    expect(await ask(after)).toHaveLength(1);
    expect(await ask(await registry.refreshToken(sp))).toEqual([]);
  });

  it('never reach the trust data of another registry', async () => {
    const registry = await registryFor(loopback);
    const other = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('Owner'));
    expect(grantedBy(await registry.redeem(refresh, other.trust('pull,push')))).toEqual([]);
  });

  it('may be given on the resource group', async () => {
    const registry = await registryFor(loopback);
    const sp = await registry.principal();
    const { resourceGroup } = await loopback.control.describe();
    const role = { principalId: sp.clientId, role: 'AcrPull', scope: resourceGroup };
    await loopback.control.assignRole(role);
    const reply = await registry.redeem(await registry.refreshToken(sp), registry.image('pull'));
    expect(grantedBy(reply)).toEqual(['app:pull']);
    await loopback.control.removeRole(role);
  });

  it('are ignored by a registry with repository permissions', async () => {
    const roleAssignmentMode = 'AbacRepositoryPermissions';
    const registry = await registryFor(loopback, { roleAssignmentMode });
    const { status } = await registry.exchange(
      await registry.entraToken(await registry.principal('AcrPush', 'AcrImageSigner')),
    );
    expect(status).toBe(401);
    const writer = await registry.principal('Container Registry Repository Writer');
    const reply = await registry.redeem(
      await registry.refreshToken(writer),
      registry.image('pull,push'),
      registry.trust('pull,push'),
    );
    expect(grantedBy(reply)).toEqual(['app:pull,push', `${registry.loginServer}/app:pull`]);
  });
});

describe('a sign-in with user name and password', () => {
  it('works for a service principal with its secret', async () => {
    const registry = await registryFor(loopback);
    const { clientId, clientSecret } = await registry.principal('AcrPush', 'AcrImageSigner');
    const reply = await registry.login(clientId, clientSecret, registry.trust('pull,push'));
    expect(grantedBy(reply)).toEqual([`${registry.loginServer}/app:pull,push`]);
    expect((await registry.login(clientId, 'wrong')).status).toBe(401);
    await loopback.control.expireSecrets(clientId);
    expect((await registry.login(clientId, clientSecret)).status).toBe(401);
  });

  it('is refused for a service principal without a role', async () => {
    const registry = await registryFor(loopback);
    const { clientId, clientSecret } = await registry.principal();
    expect(await registry.login(clientId, clientSecret)).toMatchObject({
      status: 401,
      body: { errors: [{ code: 'UNAUTHORIZED' }] },
    });
  });

  it('works for the null GUID with a refresh token, or with an access token', async () => {
    const registry = await registryFor(loopback);
    const refresh = await registry.refreshToken(await registry.principal('AcrPush'));
    const reply = await registry.login(nullGuid, refresh, registry.image('pull,push'));
    expect(grantedBy(reply)).toEqual(['app:pull,push']);
    const access = tokenIn(await registry.redeem(refresh, registry.image('pull')), 'access_token');
    const again = await registry.login(nullGuid, access, registry.image('pull,push'));
    expect(grantedBy(again)).toEqual(['app:pull']);
    expect((await registry.login(nullGuid, 'nonsense')).status).toBe(401);
  });

  it('works as a password grant', async () => {
    const registry = await registryFor(loopback);
    const { clientId, clientSecret } = await registry.principal('AcrPull');
    const reply = await send(loopback, 'POST', `${registry.url}/token`, {
      body: {
        grant_type: 'password',
        service: registry.loginServer,
        username: clientId,
        password: clientSecret,
        scope: `${registry.image('pull')} ${registry.trust('pull')}`,
      },
    });
    expect(grantedBy(reply)).toEqual(['app:pull', `${registry.loginServer}/app:pull`]);
  });

  it('lets the admin account do everything but sign', async () => {
    const registry = await registryFor(loopback, { adminUserEnabled: true });
    const { adminUsername, adminPassword } = registry;
    const scopes = [registry.image('pull,push,delete'), registry.trust('pull,push')];
    expect(grantedBy(await registry.login(adminUsername, adminPassword, ...scopes))).toEqual([
      'app:pull,push,delete',
      `${registry.loginServer}/app:pull`,
    ]);
    expect((await registry.login(adminUsername, 'wrong')).status).toBe(401);
    await loopback.control.updateRegistry(registry.loginServer, { adminUserEnabled: false });
    expect((await registry.login(adminUsername, adminPassword)).status).toBe(401);
  });

  it('keeps a repository-scoped token to its repository, without any trust data', async () => {
    const registry = await registryFor(loopback);
    const { username, password } = await loopback.control.createRepositoryToken({
      loginServer: registry.loginServer,
      name: 'ci-token',
      repositories: { app: ['content/read', 'content/write'] },
    });
    const scopes = [
      registry.image('pull,push'),
      'repository:other:pull',
      registry.trust('pull,push'),
    ];
    expect(grantedBy(await registry.login(username, password, ...scopes))).toEqual([
      'app:pull,push',
    ]);
    expect((await registry.login(username, 'wrong')).status).toBe(401);
  });

  it('is needed unless anonymous pull is switched on', async () => {
    const registry = await registryFor(loopback);
    const ask = () =>
      send(
        loopback,
        'GET',
        `${registry.url}/token?service=${registry.loginServer}&scope=${registry.image('pull,push')}`,
      );
    expect((await ask()).status).toBe(401);
    await loopback.control.updateRegistry(registry.loginServer, { anonymousPullEnabled: true });
    expect(grantedBy(await ask())).toEqual(['app:pull']);
  });
});

describe('content trust', () => {
  it('is available where the policy is on, and needs the Premium tier', async () => {
    const { emulator, control } = loopback;
    const { loginServer } = await registryFor(loopback);
    expect(emulator.trustAvailable(loginServer)).toBe(true);
    await control.updateRegistry(loginServer, { contentTrust: false });
    expect(emulator.trustAvailable(loginServer)).toBe(false);
    const basicTier = await registryFor(loopback, { sku: 'Basic' });
    expect(emulator.trustAvailable(basicTier.loginServer)).toBe(false);
    const { loginServer: cheap } = basicTier;
    await expect(control.updateRegistry(cheap, { contentTrust: true })).rejects.toThrow(/Premium/);
    expect(emulator.trustAvailable('nowhere.azurecr.io')).toBe(false);
  });
});
