/**
 * An issuer of JWTs: one RSA key with a self-signed certificate. Entra, the OIDC hosts and the
 * registry's token service each own one, so a token of one never passes at another.
 */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { SignJWT, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';

import type { Clock } from '../core/clock.js';
import { makeCertificate, pem } from './certificate.js';

/** Signs and checks JWTs with one key. */
export interface TokenIssuer {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  readonly certificatePem: string;
  /** Signs `claims` as RS256; `iat`, `nbf` and `exp` are set from `lifetimeSeconds`. */
  issue(claims: JWTPayload, lifetimeSeconds: number): Promise<string>;
  /** Every token issued so far, for tests that look for leaks. */
  issued(): readonly string[];
  /**
   * The claims of a token signed by this issuer, or why it is refused. A zero-second tolerance
   * makes expiry testable to the second.
   */
  check(token: string): Promise<TokenCheck>;
}

/** Result of {@link TokenIssuer.check}. */
export type TokenCheck =
  | { readonly ok: true; readonly claims: JWTPayload }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' };

interface IssuerKey {
  readonly privateKey: KeyObject;
  readonly der: Buffer;
}

const keys = new Map<string, IssuerKey>();

/** The key of the issuer of this name. An RSA key takes long, and a test process has many emulators. */
function keyOf(commonName: string): IssuerKey {
  const known = keys.get(commonName);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = makeCertificate(privateKey, {
    subject: `CN=${commonName}`,
    // Wide, so that a moved clock does not invalidate the issuer itself.
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2049-01-01T00:00:00Z'),
  });
  const made = { privateKey, der };
  keys.set(commonName, made);
  return made;
}

/** Makes an issuer. Those of one name have one key in a process. */
export function createTokenIssuer(commonName: string, clock: Clock): TokenIssuer {
  const { privateKey, der } = keyOf(commonName);
  const publicKey = createPublicKey(privateKey);
  const issued: string[] = [];
  const keyId = createHash('sha256').update(der).digest('base64url');
  return {
    keyId,
    publicKey,
    certificatePem: pem('CERTIFICATE', der),
    issue: async (claims, lifetimeSeconds) => {
      const now = clock.seconds();
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId, x5c: [der.toString('base64')] })
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
      issued.push(token);
      return token;
    },
    issued: () => [...issued],
    check: async (token) => {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: ['RS256'],
          currentDate: clock.now(),
        });
        return { ok: true, claims: payload };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
        if (error instanceof errors.JOSEError) return { ok: false, reason: 'invalid' };
        throw error;
      }
    },
  };
}
