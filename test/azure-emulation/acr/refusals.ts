/** The refusals of a registry's token service. */
import { Refusal } from '../core/call.js';

/** 401: the credentials are wrong or give no access to this registry. */
export function unauthorized(detail: string): Refusal {
  return new Refusal({
    status: 401,
    body: {
      errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail }],
    },
  });
}

/** 400: the request is not one the token service understands. */
export function badRequest(message: string): Refusal {
  return new Refusal({ status: 400, body: { errors: [{ code: 'BAD_REQUEST', message }] } });
}
