/** What a principal may do in its registry: asked beforehand, and explained where it was refused. */
import type { TokenCredential } from '@azure/core-auth';
import { TrustError, isTrustError } from '../errors.js';
import type { HttpClient, TokenSource } from '../http/index.js';
import type { Log } from '../ports.js';
import type { Cloud } from './clouds.js';
import { grantedActions } from './granted-actions.js';
import { readRegistryPermissions, type RegistryPermissions } from './permissions.js';
import { isGuid } from './identity.js';
import type { Principal } from './principal.js';
import { contentTrustObstacles, readRegistryProperties } from './registry-properties.js';
import { roleAssignmentCommand } from './role-assignment.js';

/** A registry, and its resource ID where the inputs name it. */
interface RegistryWithId {
  readonly registryId: string | undefined;
  readonly image: { readonly registry: string };
}

/** A principal that is logged in to the registry. */
interface LoggedIn {
  readonly principal: Principal;
  /** User name of a login that is not the principal's own. */
  readonly account: string | undefined;
}

/** What Azure Resource Manager says before the run, if the principal may ask it. */
export async function checkRegistry(
  { registryId, image: { registry } }: RegistryWithId,
  {
    cloud,
    credential,
    http,
    principal,
  }: Pick<LoggedIn, 'principal'> & {
    readonly cloud: Cloud;
    readonly credential: TokenCredential;
    readonly http: HttpClient;
  },
  { signal, log }: { readonly signal: AbortSignal; readonly log: Pick<Log, 'info'> },
): Promise<void> {
  if (registryId === undefined) return;
  const access = { cloud, credential, http, signal };
  const [properties, permissions] = await Promise.all([
    readRegistryProperties(access, registryId),
    readRegistryPermissions(access, registryId),
  ]);
  const [obstacle] =
    properties.state === 'read' ? contentTrustObstacles(properties.properties).values() : [];
  if (obstacle) throw obstacle;
  for (const right of ['push', 'sign'] as const) {
    const answer = permissions[right];
    if (answer.state === 'not checked') log.info(`${right} permission not checked: ${answer.why}`);
    if (answer.state === 'missing') throw roleMissing(right, { registryId, registry, principal });
  }
}

const roleFor = { pull: 'AcrPull', push: 'AcrPush', sign: 'AcrImageSigner' } as const;

/** The error for a principal whose roles on the registry lack a right. */
export function roleMissing(
  right: keyof RegistryPermissions,
  {
    registryId,
    registry,
    principal: { clientId, objectId },
  }: Pick<LoggedIn, 'principal'> & {
    readonly registryId: string | undefined;
    readonly registry: string;
  },
): TrustError {
  const codes = {
    pull: 'REGISTRY_LOGIN_REFUSED',
    push: 'PUSH_NOT_AUTHORIZED',
    sign: 'SIGNER_NOT_AUTHORIZED',
  } as const;
  const command = roleAssignmentCommand(roleFor[right], registryId, clientId ?? objectId);
  return new TrustError(
    codes[right],
    `The principal has no role on ${registry} that lets it ${right} images.`,
    { remedy: `Assign it, then run again: ${command}` },
  );
}

/** Completes a refusal of the trust server with its likely cause and the command that corrects it. */
export async function explainRefusal<T>(
  { registryId, image: { registry } }: RegistryWithId,
  { principal, account }: LoggedIn,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isTrustError(error, 'SIGNER_NOT_AUTHORIZED', 'REGISTRY_LOGIN_REFUSED')) throw error;
    const problem = accountProblem(account, registry);
    // No role helps a login that can never sign.
    const command =
      problem === '' && error.code === 'SIGNER_NOT_AUTHORIZED'
        ? ` Run: ${roleAssignmentCommand('AcrImageSigner', registryId, principal.clientId ?? principal.objectId)}`
        : '';
    throw new TrustError(error.code, `${error.message}${problem === '' ? '' : `.${problem}`}`, {
      remedy: `${error.remedy}${command}`,
      cause: error,
    });
  }
}

/** Logins that can never sign, whatever roles are assigned. */
function accountProblem(account: string | undefined, registry: string): string {
  if (account === undefined || isGuid(account)) return '';
  return account.toLowerCase() === registry.split('.')[0]
    ? ` The login is the registry's admin account, which cannot sign.`
    : ` The login ${account} is not a service principal; a repository-scoped token cannot sign.`;
}

/**
 * Checks that the run may push images, if the registry's token says what it may.
 * @throws {TrustError} PUSH_NOT_AUTHORIZED with the command that gives the right.
 */
export async function requirePush(
  {
    registry,
    principal,
  }: Pick<LoggedIn, 'principal'> & { readonly registry: { readonly token: TokenSource } },
  { image, registryId }: RegistryWithId & { readonly image: { readonly repository: string } },
): Promise<void> {
  const granted = await grantedRights(registry, image.repository);
  if (!granted || granted.has('push')) return;
  throw pushNotAuthorized({ image, registryId }, principal);
}

/**
 * What the registry's own token lets the principal do with a repository or its trust data, of pull and
 * push; undefined for a token that does not say.
 * @param name the repository, or for its trust data the name with the registry.
 */
export async function grantedRights(
  registry: { readonly token: TokenSource },
  name: string,
): Promise<ReadonlySet<string> | undefined> {
  const token = await registry.token(`repository:${name}:pull,push`);
  const granted = token === undefined ? undefined : grantedActions(token);
  return granted && (granted.get(name) ?? new Set());
}

/** The error for a principal whose token does not let it push. */
export function pushNotAuthorized(
  { image, registryId }: RegistryWithId & { readonly image: { readonly repository: string } },
  { clientId, objectId }: Principal,
): TrustError {
  const command = roleAssignmentCommand('AcrPush', registryId, clientId ?? objectId);
  return new TrustError(
    'PUSH_NOT_AUTHORIZED',
    `${image.registry} does not let this principal push to ${image.repository}.`,
    { remedy: `Assign the role AcrPush, then run again: ${command}` },
  );
}
