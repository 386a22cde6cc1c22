/**
 * Entra's v2.0 token endpoint for the client credentials grant, in the order Entra checks:
 * tenant, application, credential, scope.
 */
import { formOf } from '../core/call.js';
import type { Answer, Call } from '../core/call.js';
import { registryAudience } from '../core/clouds.js';
import type { Cloud } from '../core/clouds.js';
import { checkAssertion } from './client-assertion.js';
import type { Application, Tenant } from './directory.js';
import { accessTokenSeconds, checkSecret } from './entra.js';
import type { Entra } from './entra.js';
import { refuse } from './refusals.js';

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Answers `POST /<tenant>/oauth2/v2.0/token`. */
export async function tokenEndpoint(call: Call, tenant: Tenant, entra: Entra): Promise<Answer> {
  const form = formOf(call);
  const now = entra.clock.now();
  for (const name of ['grant_type', 'client_id', 'scope']) {
    if (!form.get(name)) throw refuse(900144, now, name);
  }
  const grant = form.get('grant_type') ?? '';
  if (grant !== 'client_credentials') throw refuse(7000110, now, grant);
  const clientId = form.get('client_id') ?? '';
  const application = entra.directory.application(clientId);
  if (application?.tenantId !== tenant.id) throw refuse(700016, now, clientId);
  call.caller = application.clientId;
  if (!application.enabled) throw refuse(7000112, now, clientId);
  await checkCredential(form, application, tenant, entra);
  const audience = audienceOf(form.get('scope') ?? '', tenant.cloud, now);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      token_type: 'Bearer',
      expires_in: accessTokenSeconds - 1,
      ext_expires_in: accessTokenSeconds - 1,
      access_token: await entra.issueAccessToken(application, tenant, audience),
    },
  };
}

async function checkCredential(
  form: URLSearchParams,
  application: Application,
  tenant: Tenant,
  entra: Entra,
): Promise<void> {
  const now = entra.clock.now();
  const secret = form.get('client_secret');
  const assertion = form.get('client_assertion');
  if (secret !== null) {
    const verdict = checkSecret(application, secret, entra.clock);
    if (verdict === 'wrong') throw refuse(7000215, now, application.clientId);
    if (verdict === 'expired') throw refuse(7000222, now, application.clientId);
  } else if (assertion !== null) {
    if (form.get('client_assertion_type') !== jwtBearer) throw refuse(7000218, now);
    const { clock, issuers } = entra;
    await checkAssertion(assertion, application, { clock, issuers, tenant });
  } else {
    throw refuse(7000216, now);
  }
}

/** The `aud` a token for `scope` gets: the resource as it was written. */
function audienceOf(scope: string, cloud: Cloud, now: Date): string {
  const resource = /^(\S+)\/\.default$/.exec(scope)?.[1];
  if (resource === undefined) throw refuse(1002012, now, scope);
  const known = [registryAudience, `https://${cloud.vaultSuffix}`, ...cloud.armAudiences];
  if (!known.includes(resource.replace(/\/+$/, ''))) throw refuse(500011, now, resource);
  return resource;
}
