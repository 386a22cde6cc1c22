/**
 * The registry's own tokens: refresh tokens, which carry the rights a principal had when it
 * exchanged, and access tokens, which the registry and the trust server verify.
 */
import type { Clock } from '../core/clock.js';
import { isRecord } from '../core/call.js';
import { guid } from '../core/ids.js';
import { createTokenIssuer } from '../crypto/token-issuer.js';
import type { TokenIssuer } from '../crypto/token-issuer.js';
import { principalHolder } from './holders.js';
import type { Holder } from './holders.js';
import { allPermissions } from './permissions.js';
import type { Permission } from './permissions.js';
import type { Registry } from './registries.js';
import type { Access } from './scopes.js';

/** `iss` of every token of a registry. */
export const registryTokenIssuer = 'Azure Container Registry';

const accessTokenSeconds = 75 * 60;

/** Makes and reads the tokens of all registries. */
export interface RegistryTokens {
  readonly key: TokenIssuer;
  /** `aud` of access tokens, as the servers behind every login server expect it. */
  readonly audience: string;
  issueRefresh(
    registry: Registry,
    clientId: string,
    permissions: readonly Permission[],
  ): Promise<string>;
  issueAccess(registry: Registry, holder: Holder, access: readonly Access[]): Promise<string>;
  /** Whom a refresh token of `registry` speaks for, or undefined. */
  openRefresh(registry: Registry, token: string): Promise<Holder | undefined>;
  /** The same for an access token: `docker login` takes one as password. */
  openAccess(registry: Registry, token: string): Promise<Holder | undefined>;
}

/** Makes the tokens' key; `audience` goes into every access token. */
export function createRegistryTokens(clock: Clock, audience: string): RegistryTokens {
  const key = createTokenIssuer('Azure Container Registry emulator', clock);
  const claimsOf = async (
    token: string,
    grantType: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const check = await key.check(token);
    return check.ok && check.claims.grant_type === grantType ? check.claims : undefined;
  };
  const head = (registry: Registry, subject: string): Record<string, unknown> => ({
    jti: guid(),
    sub: subject,
    iss: registryTokenIssuer,
    version: '1.0',
    // All registries share one audience in their access tokens; this tells them apart.
    rid: registry.loginServer,
    roles: [],
  });
  return {
    key,
    audience,
    issueRefresh: (registry, clientId, permissions) =>
      key.issue(
        {
          ...head(registry, clientId),
          aud: registry.loginServer,
          grant_type: 'refresh_token',
          appid: clientId,
          tenant: registry.tenantId,
          permissions: { actions: [...permissions], notActions: [] },
        },
        registry.settings.refreshTokenSeconds,
      ),
    issueAccess: (registry, holder, access) =>
      key.issue(
        {
          ...head(registry, holder.subject),
          aud: audience,
          grant_type: 'access_token',
          access,
        },
        accessTokenSeconds,
      ),
    openRefresh: async (registry, token) => {
      const claims = await claimsOf(token, 'refresh_token');
      if (claims?.aud !== registry.loginServer) return undefined;
      const { permissions, sub } = claims;
      const actions = isRecord(permissions) ? permissions.actions : [];
      const held = allPermissions.filter((p) => Array.isArray(actions) && actions.includes(p));
      return principalHolder(String(sub), held);
    },
    openAccess: async (registry, token) => {
      const claims = await claimsOf(token, 'access_token');
      if (claims?.rid !== registry.loginServer) return undefined;
      return limitedTo(String(claims.sub), claims.access);
    },
  };
}

/** A holder that can get again what an access token already grants, and nothing more. */
function limitedTo(subject: string, access: unknown): Holder {
  const entries = Array.isArray(access) ? access.filter(isRecord) : [];
  const rights = (name: string): readonly Permission[] => {
    const actions = entries
      .filter((entry) => entry.name === name)
      .flatMap((entry): unknown[] => (Array.isArray(entry.actions) ? entry.actions : []));
    return actions.flatMap((action) => permissionsOfAction[String(action)] ?? []);
  };
  return { subject, mayList: false, onTrust: [], onRepository: rights };
}

const permissionsOfAction: Readonly<Record<string, readonly Permission[]>> = {
  pull: ['pull/read'],
  push: ['push/write'],
  delete: ['artifacts/delete'],
  metadata_read: ['metadata/read'],
  metadata_write: ['metadata/write'],
};
