/**
 * The refusals of Entra's token endpoint: AADSTS code, HTTP status, OAuth error and a sentence.
 * Only the numbers matter to clients; no text here repeats a secret.
 */
import { Refusal } from '../core/call.js';
import { guid } from '../core/ids.js';

const refusals = {
  50027: { status: 400, error: 'invalid_request', text: 'the assertion is not a valid JWT' },
  90002: { status: 400, error: 'invalid_request', text: 'there is no such tenant in this cloud' },
  900023: { status: 400, error: 'invalid_request', text: 'this cannot be the name of a tenant' },
  7000112: { status: 400, error: 'unauthorized_client', text: 'the application is disabled' },
  500011: {
    status: 400,
    error: 'invalid_resource',
    text: 'no resource of this name in the tenant',
  },
  700016: { status: 400, error: 'unauthorized_client', text: 'no such application in the tenant' },
  700021: { status: 401, error: 'invalid_client', text: 'the assertion names another application' },
  700023: { status: 401, error: 'invalid_client', text: 'the assertion has a wrong audience' },
  700024: { status: 401, error: 'invalid_client', text: 'the assertion is outside its time range' },
  700027: { status: 401, error: 'invalid_client', text: 'the assertion signature is not valid' },
  700211: { status: 400, error: 'invalid_client', text: 'no federated credential has this issuer' },
  700212: { status: 400, error: 'invalid_client', text: 'no federated credential, this audience' },
  700213: { status: 400, error: 'invalid_client', text: 'no federated credential, this subject' },
  900144: { status: 400, error: 'invalid_request', text: 'the request lacks a parameter' },
  1002012: { status: 400, error: 'invalid_scope', text: 'the scope must end in /.default' },
  7000215: { status: 401, error: 'invalid_client', text: 'the client secret is wrong' },
  7000216: { status: 401, error: 'invalid_client', text: 'the request carries no credential' },
  7000222: { status: 401, error: 'invalid_client', text: 'the client secret has expired' },
  7000218: { status: 401, error: 'invalid_client', text: 'the assertion type is not supported' },
  7000110: { status: 400, error: 'unsupported_grant_type', text: 'this grant is not supported' },
} as const;

/** An AADSTS code the emulator answers with. */
export type AadstsCode = keyof typeof refusals;

/** Makes the refusal with this code; `about` is what was found (never a secret). */
export function refuse(code: AadstsCode, now: Date, about = ''): Refusal {
  const { status, error, text } = refusals[code];
  const timestamp = now
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  const trace = guid();
  const correlation = guid();
  const detail = about === '' ? '' : ` (${about})`;
  return new Refusal({
    status,
    headers: { 'cache-control': 'no-store' },
    body: {
      error,
      error_description:
        `AADSTS${code}: ${text}${detail}. Trace ID: ${trace} ` +
        `Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  });
}
