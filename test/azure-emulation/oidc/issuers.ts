/**
 * The OIDC issuers that Entra may be told to trust. Every issuer known here shares one signing
 * key of the emulator, except those a test registers with its own public keys.
 */
import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTPayload } from 'jose';

import type { Clock } from '../core/clock.js';
import { guid } from '../core/ids.js';
import { createTokenIssuer } from '../crypto/token-issuer.js';
import type { TokenIssuer } from '../crypto/token-issuer.js';

/** What a federated token says. */
export interface FederatedClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** Verdict on a federated token. */
export type FederatedCheck =
  | { readonly ok: true; readonly claims: FederatedClaims }
  | {
      readonly ok: false;
      readonly reason: 'malformed' | 'unknown issuer' | 'expired' | 'signature';
    };

/** Issues and checks federated tokens. */
export interface OidcIssuers {
  readonly key: TokenIssuer;
  /** Makes an issuer whose tokens the emulator signs itself. */
  addOwn(issuer: string): void;
  /** Makes an issuer that signs elsewhere, with these public keys. */
  addForeign(issuer: string, keys: JSONWebKeySet): void;
  issue(claims: FederatedClaims, lifetimeSeconds: number, more?: JWTPayload): Promise<string>;
  check(token: string): Promise<FederatedCheck>;
}

/** Makes the issuers; none is known yet. */
export function createOidcIssuers(clock: Clock): OidcIssuers {
  const key = createTokenIssuer('OIDC emulator', clock);
  const own = new Set<string>();
  const foreign = new Map<string, ReturnType<typeof createLocalJWKSet>>();
  return {
    key,
    addOwn: (issuer) => own.add(issuer),
    addForeign: (issuer, keys) => foreign.set(issuer, createLocalJWKSet(keys)),
    issue: ({ issuer, subject, audience }, lifetimeSeconds, more = {}) =>
      key.issue(
        { ...more, jti: guid(), iss: issuer, sub: subject, aud: audience },
        lifetimeSeconds,
      ),
    check: async (token) => {
      const claims = readClaims(token);
      if (claims === undefined) return { ok: false, reason: 'malformed' };
      const keys = foreign.get(claims.issuer);
      if (keys === undefined && !own.has(claims.issuer)) {
        return { ok: false, reason: 'unknown issuer' };
      }
      try {
        const options = { currentDate: clock.now(), algorithms: ['RS256', 'ES256', 'PS256'] };
        if (keys === undefined) await jwtVerify(token, key.publicKey, options);
        else await jwtVerify(token, keys, options);
        return { ok: true, claims };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
        if (error instanceof errors.JOSEError) return { ok: false, reason: 'signature' };
        throw error;
      }
    },
  };
}

function readClaims(token: string): FederatedClaims | undefined {
  try {
    const { iss, sub, aud } = decodeJwt(token);
    const audience = Array.isArray(aud) ? aud[0] : aud;
    if (iss === undefined || sub === undefined || audience === undefined) return undefined;
    return { issuer: iss, subject: sub, audience };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
