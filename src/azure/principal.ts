/** Who an Entra token speaks for, read from its claims for messages and commands; unverified. */
import { unverifiedClaims } from '../http/index.js';

/** IDs of a principal, as far as its token names them. */
export interface Principal {
  /** Object ID in the tenant: what role assignments are made to. */
  readonly objectId?: string;
  /** Application (client) ID. */
  readonly clientId?: string;
  readonly tenantId?: string;
}

/** Reads `oid`, `appid` (or `azp`) and `tid`. */
export function principalOf(token: string): Principal {
  const claims = unverifiedClaims(token) ?? {};
  const clientId = claims.appid ?? claims.azp;
  return {
    ...(typeof claims.oid === 'string' ? { objectId: claims.oid } : {}),
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(typeof claims.tid === 'string' ? { tenantId: claims.tid } : {}),
  };
}
