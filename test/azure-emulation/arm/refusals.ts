/** The refusals of Azure Resource Manager. */
import { Refusal } from '../core/call.js';

/** A refusal with ARM's error body. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal({ status, headers, body: { error: { code, message } } });
}

/** 403 for a missing action. */
export function authorizationFailed(clientId: string, action: string, scope: string): Refusal {
  return refusal(
    403,
    'AuthorizationFailed',
    `The client '${clientId}' does not have authorization to perform action '${action}' ` +
      `over scope '${scope}' or the scope is invalid.`,
  );
}

/** 404 for a resource, or a route, that does not exist. */
export function resourceNotFound(id: string): Refusal {
  return refusal(404, 'ResourceNotFound', `The resource '${id}' was not found.`);
}
