/**
 * The older permission model of a vault: policies per principal instead of roles. A vault has one
 * model or the other; roles count for nothing in a vault with policies.
 */
import type { Principal } from '../entra/entra.js';
import type { Collection } from './bodies.js';
import { forbidden } from './refusals.js';

/** What one principal may do, in the words of the portal (`get`, `list`, `sign`, `set` ...). */
export type AccessPolicy = Partial<Readonly<Record<Collection, readonly string[]>>>;

/** Policies by object id. */
export type AccessPolicies = Map<string, AccessPolicy>;

// Where the policy's word is not the verb of the data action.
const renamed: Readonly<Record<string, string>> = {
  getSecret: 'get',
  setSecret: 'set',
  readMetadata: 'list',
};

/** @throws Refusal (403, AccessDenied) when the policy of `principal` lacks the permission. */
export function requirePolicy(
  policies: AccessPolicies,
  principal: Principal,
  vaultName: string,
  action: string,
  object: string | undefined,
): void {
  const [collection = '', verb = ''] = action.split('/');
  const permission = verb === 'read' ? (object === undefined ? 'list' : 'get') : renamed[verb];
  const needed = permission ?? verb;
  const policy = policies.get(principal.objectId) ?? {};
  const granted = Object.entries(policy).find(([name]) => name === collection)?.[1] ?? [];
  if (granted.some((one) => one.toLowerCase() === needed.toLowerCase())) return;
  const { clientId, objectId, issuer } = principal;
  throw forbidden(
    'AccessDenied',
    `The application 'appid=${clientId};oid=${objectId};iss=${issuer}' does not have ` +
      `${collection} ${needed} permission on key vault '${vaultName};location=westeurope'.`,
  );
}
