/**
 * What the other services need of Entra ID: who an access token speaks for, and whether an
 * application's secret is right. Holds the key that signs every access token.
 */
import type { Clock } from '../core/clock.js';
import { guid } from '../core/ids.js';
import { createTokenIssuer } from '../crypto/token-issuer.js';
import type { TokenIssuer } from '../crypto/token-issuer.js';
import { createOidcIssuers } from '../oidc/issuers.js';
import type { OidcIssuers } from '../oidc/issuers.js';
import { createDirectory } from './directory.js';
import type { Application, Directory, Tenant } from './directory.js';

/** Seconds an access token lives. */
export const accessTokenSeconds = 3600;

/** Who an access token speaks for. */
export interface Principal {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  /** `iss` of the token; vaults quote it in refusals. */
  readonly issuer: string;
}

/** Verdict on an access token. */
export type AccessCheck =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' | 'audience' };

/** The emulated Entra ID. */
export interface Entra {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly issuers: OidcIssuers;
  readonly key: TokenIssuer;
  issueAccessToken(application: Application, tenant: Tenant, audience: string): Promise<string>;
  /** Checks signature, time and that the token is meant for one of `audiences`. */
  checkAccessToken(token: string, audiences: readonly string[]): Promise<AccessCheck>;
}

/** Makes an Entra ID without tenants. */
export function createEntra(clock: Clock): Entra {
  const directory = createDirectory();
  const key = createTokenIssuer('Entra emulator', clock);
  return {
    clock,
    directory,
    issuers: createOidcIssuers(clock),
    key,
    issueAccessToken: (application, tenant, audience) =>
      key.issue(
        {
          aud: audience,
          iss: `${tenant.cloud.tokenIssuer}/${tenant.id}/`,
          appid: application.clientId,
          idtyp: 'app',
          oid: application.objectId,
          sub: application.objectId,
          tid: tenant.id,
          uti: guid(),
          ver: '1.0',
          xms_cc: ['cp1'],
        },
        accessTokenSeconds,
      ),
    checkAccessToken: async (token, audiences) => {
      const check = await key.check(token);
      if (!check.ok) return check;
      const { aud, iss, tid, appid, oid } = check.claims;
      if (typeof aud !== 'string' || !audiences.includes(aud.replace(/\/+$/, ''))) {
        return { ok: false, reason: 'audience' };
      }
      if (typeof tid !== 'string' || typeof appid !== 'string' || typeof oid !== 'string') {
        return { ok: false, reason: 'invalid' };
      }
      return {
        ok: true,
        principal: { tenantId: tid, clientId: appid, objectId: oid, issuer: iss ?? '' },
      };
    },
  };
}

/** Tells whether `secret` belongs to `application` and is still valid. */
export function checkSecret(
  application: Application,
  secret: string,
  clock: Clock,
): 'valid' | 'wrong' | 'expired' {
  const found = application.secrets.find(({ value }) => value === secret);
  if (found === undefined) return 'wrong';
  return found.expiresAt <= clock.seconds() ? 'expired' : 'valid';
}
