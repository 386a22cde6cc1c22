/**
 * The token service of every registry: `/oauth2/exchange` turns an Entra token into a refresh
 * token, `/oauth2/token` credentials or a refresh token into an access token.
 */
import { basicOf, formOf } from '../core/call.js';
import type { Answer, Call, Service } from '../core/call.js';
import { registryAudience } from '../core/clouds.js';
import { anonymousHolder } from './holders.js';
import type { Holder } from './holders.js';
import { permissionsOf } from './permissions.js';
import { badRequest, unauthorized } from './refusals.js';
import type { Registries, Registry } from './registries.js';
import { grant, parseScopes } from './scopes.js';
import { signIn } from './sign-in.js';
import type { SignInContext } from './sign-in.js';

/** The service behind `/oauth2/` of every login server. */
export function registryTokenService(registries: Registries, context: SignInContext): Service {
  return async (call) => {
    const registry = registries.byLoginServer(call.host);
    if (registry === undefined) return { status: 404 };
    switch (`${call.method} ${call.path}`) {
      case 'POST /oauth2/exchange':
        return exchange(call, registry, context);
      case 'POST /oauth2/token':
        return token(call, registry, formOf(call), context);
      case 'GET /oauth2/token':
        return token(call, registry, call.query, context);
      default:
        return { status: 404 };
    }
  };
}

async function exchange(
  call: Call,
  registry: Registry,
  { entra, roles, tokens }: SignInContext,
): Promise<Answer> {
  const form = formOf(call);
  if (form.get('grant_type') !== 'access_token') throw badRequest('unsupported grant_type');
  checkService(form, registry);
  const audiences = [
    registryAudience,
    ...(registry.settings.armAudienceEnabled ? registry.cloud.armAudiences : []),
  ];
  const check = await entra.checkAccessToken(form.get('access_token') ?? '', audiences);
  if (!check.ok) throw unauthorized(`the access token is refused: ${check.reason}`);
  const { principal } = check;
  call.caller = principal.clientId;
  const tenant = form.get('tenant') ?? principal.tenantId;
  const named = entra.directory.tenant(tenant)?.id;
  if (principal.tenantId !== registry.tenantId || named !== registry.tenantId) {
    throw unauthorized('the access token comes from another tenant');
  }
  const permissions = permissionsOf(principal.objectId, registry, roles);
  if (permissions.length === 0) throw unauthorized('this principal has no role on the registry');
  return {
    status: 200,
    body: { refresh_token: await tokens.issueRefresh(registry, principal.clientId, permissions) },
  };
}

async function token(
  call: Call,
  registry: Registry,
  fields: URLSearchParams,
  context: SignInContext,
): Promise<Answer> {
  checkService(fields, registry);
  const holder = await holderOf(call, registry, fields, context);
  call.caller = holder.subject;
  const access = grant(parseScopes(fields.getAll('scope')), holder, registry);
  return {
    status: 200,
    body: { access_token: await context.tokens.issueAccess(registry, holder, access) },
  };
}

async function holderOf(
  call: Call,
  registry: Registry,
  fields: URLSearchParams,
  context: SignInContext,
): Promise<Holder> {
  if (call.method === 'GET') {
    const basic = basicOf(call);
    if (basic === undefined) return anonymous(registry);
    return signIn(basic.username, basic.password, registry, context);
  }
  switch (fields.get('grant_type') ?? '') {
    case 'refresh_token': {
      const holder = await context.tokens.openRefresh(registry, fields.get('refresh_token') ?? '');
      if (holder === undefined) throw unauthorized('the refresh token is not valid');
      return holder;
    }
    case 'password': {
      // The SDK's anonymous client asks with this grant and no user name.
      const username = fields.get('username') ?? '';
      if (username === '') return anonymous(registry);
      return signIn(username, fields.get('password') ?? '', registry, context);
    }
    default:
      throw badRequest('unsupported grant_type');
  }
}

function anonymous(registry: Registry): Holder {
  if (!registry.settings.anonymousPullEnabled) throw unauthorized('anonymous pull is disabled');
  return anonymousHolder();
}

function checkService(fields: URLSearchParams, registry: Registry): void {
  if (fields.get('service')?.toLowerCase() !== registry.loginServer) {
    throw badRequest(`service must be ${registry.loginServer}`);
  }
}
