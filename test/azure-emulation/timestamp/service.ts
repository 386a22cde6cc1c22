/**
 * A time stamping authority (RFC 3161) under the name of Microsoft's own. It takes any path, so that a
 * test can have an address of its own to fail.
 */
import type { Answer, Service } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { stampToken, type TimestampAuthority } from './authority.js';

/** Host of the authority. */
export const timestampHost = 'timestamp.acs.microsoft.com';

export function timestampService(authority: TimestampAuthority, clock: Clock): Service {
  return ({ method, headers, body }): Answer => {
    if (method !== 'POST') return { status: 405 };
    if (headers['content-type'] !== 'application/timestamp-query') return { status: 415 };
    return {
      status: 200,
      headers: { 'content-type': 'application/timestamp-reply' },
      body: stampToken(authority, body, clock.now()),
    };
  };
}
