/** The requests to `/certificates`: get, update and lists. Certificates are made by the control only. */
import type { Answer } from '../core/call.js';
import { certificateBundle } from './bodies.js';
import { certificateKind } from './kinds.js';
import { lifecycle } from './lifecycle.js';
import type { VaultCall } from './lifecycle.js';
import { notFound } from './refusals.js';
import { bodyOf, update } from './requests.js';

/** Serves `/certificates/...`. */
export function certificates(request: VaultCall): Answer | undefined {
  const common = lifecycle(certificateKind, request);
  if (common !== undefined) return common;
  const { call, vault, require, clock } = request;
  const [, name = '', version = '', more] = call.segments;
  if ((call.method !== 'GET' && call.method !== 'PATCH') || more !== undefined) return undefined;
  const isUpdate = call.method === 'PATCH';
  require(isUpdate ? 'certificates/update/action' : 'certificates/read', `certificates/${name}`);
  const entry = vault.certificates.entry(name);
  const found = vault.certificates.get(name, version);
  if (entry === undefined || found === undefined) throw notFound('Certificate', name);
  if (isUpdate) update(found, bodyOf(call), clock);
  return { status: 200, body: certificateBundle(vault, entry, found) };
}
