/** Why a registry may refuse a valid Entra token, in the order worth checking. */
import { TrustError } from '../errors.js';
import { isRecord, parseJsonObject } from '../http/index.js';
import type { HttpResponse } from '../http/index.js';
import type { Principal } from './principal.js';

/** Explains a 400, 401 or 403 of `/oauth2/exchange`. */
export function loginRefused(
  loginServer: string,
  response: HttpResponse,
  principal: Principal,
  audience: string,
): TrustError {
  const who = principal.clientId ?? principal.objectId ?? 'this principal';
  const isArm = !audience.includes('containerregistry');
  const causes = [
    `1. ${who} has no role on the registry: assign AcrPush and AcrImageSigner (AcrPull to verify)`,
    '2. the registry is in another tenant than the principal',
    isArm
      ? '3. the registry takes no Azure Resource Manager tokens ' +
        '(azureADAuthenticationAsArmPolicy is disabled): use the default audience'
      : '3. the firewall of the registry refuses this machine',
    '4. the registry uses repository permissions (ABAC), where AcrPush and AcrPull have no effect',
  ];
  return new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `Registry ${loginServer} refused the login of ${who} ` +
      `(status ${response.status}${detailOf(response)})`,
    { remedy: `Check, in this order: ${causes.join('; ')}. Then run the step again.` },
  );
}

function detailOf(response: HttpResponse): string {
  const errors = parseJsonObject(response.body)?.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const text = isRecord(first) && typeof first.message === 'string' ? first.message : '';
  return text === '' ? '' : `, ${text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300)}`;
}
