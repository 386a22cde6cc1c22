/**
 * Who a user name and password are at a registry: the null GUID with a registry token, the admin
 * account, a repository-scoped token, or a service principal with its secret.
 */
import { checkSecret } from '../entra/entra.js';
import type { Entra } from '../entra/entra.js';
import type { Roles } from '../roles/assignments.js';
import { adminHolder, principalHolder, tokenHolder } from './holders.js';
import type { Holder } from './holders.js';
import { permissionsOf } from './permissions.js';
import type { Registry } from './registries.js';
import { unauthorized } from './refusals.js';
import type { RegistryTokens } from './tokens.js';

/** The user name that goes with a registry token as password. */
const nullGuid = '00000000-0000-0000-0000-000000000000';

/** What a sign-in is checked against. */
export interface SignInContext {
  readonly entra: Entra;
  readonly roles: Roles;
  readonly tokens: RegistryTokens;
}

/** @throws Refusal (401) when the credentials are wrong or give no access to the registry. */
export async function signIn(
  username: string,
  password: string,
  registry: Registry,
  { entra, roles, tokens }: SignInContext,
): Promise<Holder> {
  if (username === nullGuid) {
    const holder =
      (await tokens.openRefresh(registry, password)) ??
      (await tokens.openAccess(registry, password));
    if (holder === undefined) throw unauthorized('the token is not valid for this registry');
    return holder;
  }
  if (username.toLowerCase() === registry.name.toLowerCase()) {
    if (!registry.settings.adminUserEnabled || password !== registry.adminPassword) {
      throw unauthorized('the admin account is disabled or the password is wrong');
    }
    return adminHolder(registry);
  }
  const token = registry.tokens.get(username);
  if (token !== undefined) {
    if (token.password !== password) throw unauthorized('the token password is wrong');
    return tokenHolder(username, token);
  }
  const application = entra.directory.application(username);
  if (
    application?.tenantId !== registry.tenantId ||
    !application.enabled ||
    checkSecret(application, password, entra.clock) !== 'valid'
  ) {
    throw unauthorized('unknown user name or wrong password');
  }
  const permissions = permissionsOf(application.objectId, registry, roles);
  if (permissions.length === 0) throw unauthorized('this principal has no role on the registry');
  return principalHolder(application.clientId, permissions);
}
