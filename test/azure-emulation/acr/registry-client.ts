/** A registry, principals with roles on it, and the token requests a client makes. Test helper. */
import { ClientSecretCredential } from '@azure/identity';

import type { NewRegistry, ServicePrincipal } from '../index.js';
import { basic, claimsOf, send } from '../https.js';
import type { Reply } from '../https.js';
import type { Loopback } from '../loopback.js';

/** The audience of registry tokens. */
const registryScope = 'https://containerregistry.azure.net/.default';

let count = 0;

/** A fresh registry and ways to ask its token service. */
export async function registryFor(loopback: Loopback, settings: Partial<NewRegistry> = {}) {
  const { control, agent } = loopback;
  count += 1;
  const registry = await control.createRegistry({ name: `registry${count}`, ...settings });
  const { loginServer, id } = registry;
  const url = `https://${loginServer}/oauth2`;

  const principal = async (...roles: readonly string[]): Promise<ServicePrincipal> => {
    const made = await control.createServicePrincipal();
    for (const role of roles) {
      await control.assignRole({ principalId: made.objectId, role, scope: id });
    }
    return made;
  };
  const entraToken = async (sp: ServicePrincipal, scope = registryScope): Promise<string> => {
    const { tenantId, clientId, clientSecret } = sp;
    const options = { agent };
    const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options);
    return (await credential.getToken(scope)).token;
  };
  const exchange = (token: string, more: Readonly<Record<string, string>> = {}): Promise<Reply> =>
    send(loopback, 'POST', `${url}/exchange`, {
      body: { grant_type: 'access_token', service: loginServer, access_token: token, ...more },
    });
  const refreshToken = async (sp: ServicePrincipal): Promise<string> =>
    tokenIn(await exchange(await entraToken(sp)), 'refresh_token');
  const redeem = (refresh: string, ...scopes: readonly string[]): Promise<Reply> =>
    send(loopback, 'POST', `${url}/token`, {
      body: {
        grant_type: 'refresh_token',
        service: loginServer,
        refresh_token: refresh,
        scope: scopes,
      },
    });
  const login = (user: string, password: string, ...scopes: readonly string[]): Promise<Reply> => {
    const query = new URLSearchParams({ service: loginServer, account: user });
    for (const scope of scopes) query.append('scope', scope);
    const headers = basic(user, password);
    return send(loopback, 'GET', `${url}/token?${query.toString()}`, { headers });
  };
  return {
    ...registry,
    url,
    principal,
    entraToken,
    exchange,
    refreshToken,
    redeem,
    login,
    image: (actions: string) => `repository:app:${actions}`,
    trust: (actions: string) => `repository:${loginServer}/app:${actions}`,
  };
}

/** The token in an answer; a readable failure when there is none. */
export function tokenIn(reply: Reply, name: 'access_token' | 'refresh_token'): string {
  const token = (reply.body as Record<string, unknown> | undefined)?.[name];
  if (typeof token !== 'string') throw new Error(`no ${name}: ${JSON.stringify(reply.body)}`);
  return token;
}

/** The access an answer's token grants, as `name:actions` (`app:pull,push`). */
export function grantedBy(reply: Reply): readonly string[] {
  const { access } = claimsOf(tokenIn(reply, 'access_token'));
  const entries = access as readonly { type: string; name: string; actions: readonly string[] }[];
  return entries.map(({ name, actions }) => `${name}:${actions.join(',')}`);
}
