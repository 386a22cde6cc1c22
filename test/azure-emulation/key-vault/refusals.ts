/** The refusals of Key Vault's data plane. Codes decide; the sentences are for the reader. */
import { Refusal } from '../core/call.js';
import type { Principal } from '../entra/entra.js';

function refusal(status: number, code: string, message: string, inner?: string): Refusal {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } };
  return new Refusal({ status, body: { error: { code, message, ...innererror } } });
}

export const badParameter = (message: string): Refusal => refusal(400, 'BadParameter', message);

export const notFound = (kind: 'Key' | 'Secret' | 'Certificate', name: string): Refusal =>
  refusal(404, `${kind}NotFound`, `There is no ${kind.toLowerCase()} ${name} in this vault.`);

export const forbidden = (inner: string, message: string): Refusal =>
  refusal(403, 'Forbidden', message, inner);

export const conflict = (inner: string, message: string): Refusal =>
  refusal(409, 'Conflict', message, inner);

/** 403 for a missing role; names caller, action and resource on lines of their own. */
export function forbiddenByRbac(principal: Principal, action: string, resource: string): Refusal {
  const { clientId, objectId, issuer } = principal;
  return forbidden(
    'ForbiddenByRbac',
    [
      'Caller is not authorized to perform action on resource.',
      'If role assignments were changed recently, wait until they have spread.',
      `Caller: appid=${clientId};oid=${objectId};iss=${issuer}`,
      `Action: '${action}'`,
      `Resource: '${resource.toLowerCase()}'`,
      'Assignment: (not found)',
      '',
    ].join('\r\n'),
  );
}

/** 401 with the challenge that names the authority of the vault's tenant and the resource. */
export function unauthorized(
  challenge: { readonly authorization: string; readonly resource: string },
  message: string,
  invalid: boolean,
): Refusal {
  const detail = invalid ? `, error="invalid_token", error_description="${message}"` : '';
  const { authorization, resource } = challenge;
  return new Refusal({
    status: 401,
    headers: {
      'www-authenticate': `Bearer authorization="${authorization}", resource="${resource}"${detail}`,
    },
    body: { error: { code: 'Unauthorized', message } },
  });
}
