/**
 * Who may do what in a vault: checks the bearer token, answers the challenge, and asks for a role
 * on the vault or on the single object (or for a policy, in a vault that goes by policies).
 */
import { bearerOf } from '../core/call.js';
import type { Call } from '../core/call.js';
import type { Entra, Principal } from '../entra/entra.js';
import type { Roles } from '../roles/assignments.js';
import { requirePolicy } from './access-policies.js';
import { forbiddenByRbac, unauthorized } from './refusals.js';
import type { Vault } from './vaults.js';

/** Checks one data action on one object of the vault; throws the refusal when not granted. */
export type Require = (action: string, object?: string) => void;

/** Authenticates `call` against the tenant of `vault` and returns the check for its actions. */
export async function authenticate(
  call: Call,
  vault: Vault,
  entra: Entra,
  roles: Roles,
): Promise<Require> {
  const resource = `https://${vault.cloud.vaultSuffix}`;
  const authorization = `https://${vault.cloud.authorities[0] ?? ''}/${vault.tenantId}`;
  const deny = (message: string, invalid = true): Error =>
    unauthorized({ authorization, resource }, message, invalid);
  const token = bearerOf(call);
  if (token === undefined) throw deny('AKV10000: The request has no bearer token.', false);
  const check = await entra.checkAccessToken(token, [resource]);
  if (!check.ok) {
    switch (check.reason) {
      case 'audience':
        throw deny(`AKV10022: The audience of the token is not ${resource}.`);
      case 'expired':
        throw deny('AKV10001: The token has expired.');
      case 'invalid':
        throw deny('AKV10000: The token is not valid.');
    }
  }
  const { principal } = check;
  call.caller = principal.clientId;
  if (principal.tenantId !== vault.tenantId) {
    throw deny('AKV10032: The token comes from another tenant.');
  }
  return requireFor(principal, vault, roles);
}

function requireFor(principal: Principal, vault: Vault, roles: Roles): Require {
  return (action, object) => {
    if (vault.policies !== undefined) {
      requirePolicy(vault.policies, principal, vault.name, action, object);
      return;
    }
    const full = `Microsoft.KeyVault/vaults/${action}`;
    const resource = object === undefined ? vault.id : `${vault.id}/${object}`;
    if (roles.dataAction(principal.objectId, full, resource) === 'none') {
      throw forbiddenByRbac(principal, full, resource);
    }
  };
}
