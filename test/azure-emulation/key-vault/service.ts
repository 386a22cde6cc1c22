/** Routes the requests to a vault's host, after the caller is known. */
import { Refusal } from '../core/call.js';
import type { Answer, Call, Service } from '../core/call.js';
import type { Entra } from '../entra/entra.js';
import type { Roles } from '../roles/assignments.js';
import { authenticate } from './access.js';
import { createBackups } from './backups.js';
import { certificates } from './certificates.js';
import { keys } from './keys.js';
import { certificateKind, keyKind, secretKind } from './kinds.js';
import { deletedObjects } from './lifecycle.js';
import type { VaultCall } from './lifecycle.js';
import { badParameter } from './refusals.js';
import { secrets } from './secrets.js';
import type { Vaults } from './vaults.js';

/** The service behind every vault host. */
export function keyVaultService(vaults: Vaults, entra: Entra, roles: Roles): Service {
  const backups = createBackups();
  return async (sent) => {
    const call = withoutTrailingSlash(sent);
    const vault = vaults.byHost(call.host);
    if (vault === undefined) throw new Refusal({ status: 404 });
    const require = await authenticate(sent, vault, entra, roles);
    if (!call.query.get('api-version')) throw badParameter('The query lacks api-version.');
    const request: VaultCall = { call, vault, require, clock: entra.clock, backups };
    const answer = await route(request);
    return answer ?? noSuchRoute(call);
  };
}

function route(request: VaultCall): Answer | undefined | Promise<Answer | undefined> {
  switch (request.call.segments[0] ?? '') {
    case 'keys':
      return keys(request);
    case 'secrets':
      return secrets(request);
    case 'certificates':
      return certificates(request);
    case 'deletedkeys':
      return deletedObjects(keyKind, request);
    case 'deletedsecrets':
      return deletedObjects(secretKind, request);
    case 'deletedcertificates':
      return deletedObjects(certificateKind, request);
    default:
      return undefined;
  }
}

/** `/keys/n/` means `/keys/n`; an empty part in the middle stays, as it means "newest version". */
function withoutTrailingSlash(call: Call): Call {
  const segments = [...call.segments];
  while (segments.length > 1 && segments.at(-1) === '') segments.pop();
  return { ...call, segments };
}

function noSuchRoute(call: Call): Answer {
  return {
    status: 404,
    body: { error: { code: 'NotFound', message: `no such resource: ${call.method} ${call.path}` } },
  };
}
