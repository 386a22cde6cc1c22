/** Routes the requests to Resource Manager: permissions, role assignments, registries, Resource Graph. */
import type { Registries } from '../acr/registries.js';
import { bearerOf, jsonObjectOf, text } from '../core/call.js';
import type { Answer, Call, Service } from '../core/call.js';
import { cloudOfArm } from '../core/clouds.js';
import type { Entra, Principal } from '../entra/entra.js';
import type { Vaults } from '../key-vault/vaults.js';
import type { Roles } from '../roles/assignments.js';
import { authorizationFailed, refusal, resourceNotFound } from './refusals.js';
import { mayRead, readAction, readable, registryBody } from './registries.js';
import { runQuery } from './resource-graph.js';

/** What Resource Manager shows. */
export interface ArmContext {
  readonly entra: Entra;
  readonly roles: Roles;
  readonly registries: Registries;
  readonly vaults: Vaults;
}

const permissionsSuffix = '/providers/microsoft.authorization/permissions';
const assignmentsSuffix = '/providers/microsoft.authorization/roleassignments';
const registriesSuffix = '/providers/microsoft.containerregistry/registries';

/** The service behind management.azure.com and its sovereign sisters. */
export function armService(context: ArmContext): Service {
  return async (call) => {
    const principal = await authenticate(call, context.entra);
    if (!call.query.get('api-version')) {
      throw refusal(400, 'MissingApiVersionParameter', 'The query lacks api-version.');
    }
    const path = decodeURI(call.path).replace(/\/+$/, '');
    const lower = path.toLowerCase();
    if (call.method === 'POST' && lower === '/providers/microsoft.resourcegraph/resources') {
      return resourceGraph(call, principal, context);
    }
    if (call.method !== 'GET') throw resourceNotFound(path);
    if (lower.endsWith(permissionsSuffix)) {
      return permissions(path.slice(0, -permissionsSuffix.length), principal, context);
    }
    if (lower.endsWith(assignmentsSuffix)) {
      const scope = path.slice(0, -assignmentsSuffix.length);
      return assignments(scope, call.query.get('$filter') ?? '', principal, context);
    }
    if (lower.endsWith(registriesSuffix)) {
      return listRegistries(lower.slice(0, -registriesSuffix.length), principal, context);
    }
    return registry(path, principal, context);
  };
}

async function authenticate(call: Call, entra: Entra): Promise<Principal> {
  const cloud = cloudOfArm(call.host);
  const challenge = `https://${cloud?.authorities[0] ?? ''}/`;
  const deny = (code: string, message: string): Error =>
    refusal(401, code, message, {
      'www-authenticate': `Bearer authorization_uri="${challenge}", error="invalid_token"`,
    });
  const token = bearerOf(call);
  if (token === undefined) throw deny('AuthenticationFailed', 'The request has no bearer token.');
  const check = await entra.checkAccessToken(token, cloud?.armAudiences ?? []);
  if (!check.ok) {
    const expired = check.reason === 'expired';
    throw deny(
      expired ? 'ExpiredAuthenticationToken' : 'InvalidAuthenticationToken',
      `The access token is refused: ${check.reason}.`,
    );
  }
  call.caller = check.principal.clientId;
  return check.principal;
}

/** Every principal of the tenant may ask for its own permissions, even if it has none. */
function permissions(id: string, principal: Principal, { roles, ...all }: ArmContext): Answer {
  if (!exists(id, principal, all)) throw resourceNotFound(id);
  const value = roles.covering(principal.objectId, id).map(({ role }) => ({
    actions: role.actions,
    notActions: role.notActions,
    dataActions: role.dataActions,
    notDataActions: role.notDataActions,
  }));
  return { status: 200, body: { value } };
}

/** Those of one principal on a scope and above it. */
function assignments(
  scope: string,
  filter: string,
  principal: Principal,
  { roles }: ArmContext,
): Answer {
  const action = 'Microsoft.Authorization/roleAssignments/read';
  if (roles.action(principal.objectId, action, scope) === 'none') {
    throw authorizationFailed(principal.clientId, action, scope);
  }
  const [, principalId] = /^atScope\(\) and assignedTo\('([^']*)'\)$/.exec(filter) ?? [];
  if (principalId === undefined) {
    throw refusal(400, 'UnsupportedFilter', `The emulator does not understand '${filter}'.`);
  }
  const definitions = '/providers/Microsoft.Authorization/roleDefinitions';
  const value = roles.covering(principalId, scope).map(({ id, role, scope: on }) => ({
    id: `${on}/providers/Microsoft.Authorization/roleAssignments/${id}`,
    properties: { scope: on, principalId, roleDefinitionId: `${definitions}/${role.id}` },
  }));
  return { status: 200, body: { value } };
}

function exists(
  id: string,
  principal: Principal,
  { registries, vaults }: Pick<ArmContext, 'registries' | 'vaults'>,
): boolean {
  const wanted = id.toLowerCase();
  return [...registries.list(), ...vaults.list()]
    .filter(({ tenantId }) => tenantId === principal.tenantId)
    .some((resource) => `${resource.id.toLowerCase()}/`.startsWith(`${wanted}/`));
}

function listRegistries(
  scope: string,
  principal: Principal,
  { registries, roles }: ArmContext,
): Answer {
  const value = readable(principal, registries, roles)
    .filter(({ id }) => id.toLowerCase().startsWith(`${scope}/`))
    .map(registryBody);
  return { status: 200, body: { value } };
}

function registry(id: string, principal: Principal, context: ArmContext): Answer {
  const found = context.registries
    .list()
    .find((r) => r.id.toLowerCase() === id.toLowerCase() && r.tenantId === principal.tenantId);
  // The right is asked for before existence: a caller without it cannot tell the two apart.
  const granted =
    found === undefined
      ? context.roles.action(principal.objectId, readAction, id) !== 'none'
      : mayRead(principal, found, context.roles);
  if (!granted) throw authorizationFailed(principal.clientId, readAction, id);
  if (found === undefined) throw resourceNotFound(id);
  return { status: 200, body: registryBody(found) };
}

function resourceGraph(call: Call, principal: Principal, context: ArmContext): Answer {
  const query = text(jsonObjectOf(call)?.query);
  if (query === undefined) throw refusal(400, 'BadRequest', 'The body lacks the query.');
  const { roles } = context;
  const vaults = context.vaults
    .list()
    .filter(
      ({ id, tenantId }) =>
        tenantId === principal.tenantId &&
        roles.action(principal.objectId, 'Microsoft.KeyVault/vaults/read', id) !== 'none',
    )
    .map(({ id, name }) => ({ type: 'Microsoft.KeyVault/vaults', id, name }));
  const mine = [...readable(principal, context.registries, roles).map(registryBody), ...vaults];
  const data = runQuery(query, mine);
  return {
    status: 200,
    body: {
      totalRecords: data.length,
      count: data.length,
      data,
      facets: [],
      resultTruncated: 'false',
    },
  };
}
