/** Registries and principals for tests: what an administrator would set up beforehand. */
import { randomBytes } from 'node:crypto';

import type { StackClient } from './client/index.js';

/** A service principal with the login that a registry takes from it. */
export interface Principal {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly clientSecret: string;
  readonly login: { readonly username: string; readonly password: string };
}

export interface TestRegistry {
  readonly loginServer: string;
  readonly id: string;
  /** Makes a service principal with these roles on the registry. */
  principal(...roles: readonly string[]): Promise<Principal>;
}

/** Where a registry and its principals are. */
export interface TestRegistryOptions {
  /** Default: one that nobody else has. */
  readonly name?: string;
  /** Default: the home tenant, which is in the public cloud. */
  readonly tenantId?: string;
  /** How long its refresh tokens last. Default: three hours. */
  readonly refreshTokenSeconds?: number;
}

/** Makes a registry with content trust on. */
export async function createTestRegistry(
  stack: StackClient,
  { name = uniqueName('reg'), refreshTokenSeconds, ...options }: TestRegistryOptions = {},
): Promise<TestRegistry> {
  const { loginServer, id } = await stack.azure.createRegistry({
    name,
    ...options,
    ...(refreshTokenSeconds !== undefined && { refreshTokenSeconds }),
  });
  return {
    loginServer,
    id,
    async principal(...roles) {
      const created = await stack.azure.createServicePrincipal(options);
      const { tenantId, clientId, objectId, clientSecret } = created;
      for (const role of roles) {
        await stack.azure.assignRole({ principalId: clientId, role, scope: id });
      }
      const login = { username: clientId, password: clientSecret };
      return { tenantId, clientId, objectId, clientSecret, login };
    },
  };
}

/** A name for a repository, registry or vault that no other test uses. */
export const uniqueName = (prefix: string): string => prefix + randomBytes(6).toString('hex');
