/** Routes the requests to the authority hosts: discovery, keys and the token endpoint. */
import { exportJWK } from 'jose';

import type { Answer, Call, Service } from '../core/call.js';
import { cloudOfAuthority } from '../core/clouds.js';
import type { Entra } from './entra.js';
import { refuse } from './refusals.js';
import { tokenEndpoint } from './token-endpoint.js';

/** The service behind login.microsoftonline.com and its sovereign sisters. */
export function entraService(entra: Entra): Service {
  return async (call) => {
    const [tenantName = '', ...rest] = call.segments;
    const route = `${call.method} ${rest.join('/')}`;
    if (tenantName === 'common' && route === 'GET discovery/instance')
      return instanceDiscovery(call);
    if (!/^[0-9a-f-]{36}$|\./i.test(tenantName)) {
      throw refuse(900023, entra.clock.now(), tenantName);
    }
    const tenant = entra.directory.tenant(tenantName);
    if (tenant === undefined || tenant.cloud !== cloudOfAuthority(call.host)) {
      throw refuse(90002, entra.clock.now(), tenantName);
    }
    switch (route) {
      case 'POST oauth2/v2.0/token':
        return tokenEndpoint(call, tenant, entra);
      case 'GET v2.0/.well-known/openid-configuration':
        return openidConfiguration(call.host, tenant.id);
      case 'GET discovery/v2.0/keys':
        return {
          status: 200,
          body: {
            keys: [{ ...(await exportJWK(entra.key.publicKey)), kid: entra.key.keyId, use: 'sig' }],
          },
        };
      default:
        return { status: 404 };
    }
  };
}

function openidConfiguration(host: string, tenantId: string): Answer {
  const base = `https://${host}/${tenantId}`;
  return {
    status: 200,
    body: {
      issuer: `${base}/v2.0`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      response_types_supported: ['code', 'id_token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  };
}

function instanceDiscovery(call: Call): Answer {
  const authority = call.host;
  const aliases = cloudOfAuthority(authority)?.authorities ?? [authority];
  const preferred = aliases[0] ?? authority;
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `https://${preferred}/common/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: preferred, preferred_cache: preferred, aliases }],
    },
  };
}
