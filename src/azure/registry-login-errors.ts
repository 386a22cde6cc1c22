/** Why a registry may refuse a valid Entra token, in the order worth checking. */
import { TrustError } from '../errors.js';
import { parseErrorResponse } from '../http/index.js';
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
    `${who} has no role on the registry: assign AcrPush and AcrImageSigner (AcrPull to verify)`,
    'the registry is in another tenant than the principal',
    ...(isArm
      ? [
          'the registry takes no Azure Resource Manager tokens ' +
            '(azureADAuthenticationAsArmPolicy is disabled): use the default audience',
        ]
      : []),
    'the registry uses repository permissions (ABAC), where AcrPush and AcrPull have no effect',
  ];
  return new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `Registry ${loginServer} refused the login of ${who} ` +
      `(status ${response.status}${detailOf(response)})`,
    {
      remedy: [
        'Check in this order, then run the step again:',
        ...causes.map((cause, index) => `${index + 1}. ${cause}`),
      ].join('\n'),
    },
  );
}

function detailOf(response: HttpResponse): string {
  const { words } = parseErrorResponse(response);
  return words === '' ? '' : `, ${words}`;
}
