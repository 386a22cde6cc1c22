/** What a principal may do in its registry: asked beforehand, and explained where it was refused. */
import type { TokenCredential } from '@azure/core-auth';
import { TrustError, isTrustError } from '../errors.js';
import type { HttpClient, TokenSource } from '../http/index.js';
import type { Log } from '../ports.js';
import type { Cloud } from './clouds.js';
import { grantedActions } from './granted-actions.js';
import { readRegistryPermissions } from './permissions.js';
import type { Principal } from './principal.js';
import { contentTrustObstacle, readRegistryProperties } from './registry-properties.js';
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
  const obstacle =
    properties.state === 'read' ? contentTrustObstacle(properties.properties) : undefined;
  if (obstacle) throw obstacle;
  const assignee = principal.clientId ?? principal.objectId;
  for (const [name, answer, role] of [
    ['push', permissions.push, 'AcrPush'],
    ['sign', permissions.sign, 'AcrImageSigner'],
  ] as const) {
    if (answer.state === 'not checked') log.info(`${name} permission not checked: ${answer.why}`);
    if (answer.state !== 'missing') continue;
    throw new TrustError(
      name === 'push' ? 'PUSH_NOT_AUTHORIZED' : 'SIGNER_NOT_AUTHORIZED',
      `The principal has no role on ${registry} that lets it ${name} images.`,
      {
        remedy: `Assign it, then run again: ${roleAssignmentCommand(role, registryId, assignee)}`,
      },
    );
  }
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

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Logins that can never sign, whatever roles are assigned. */
function accountProblem(account: string | undefined, registry: string): string {
  if (account === undefined || guid.test(account)) return '';
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
  const token = await registry.token(`repository:${image.repository}:pull,push`);
  const granted = token === undefined ? undefined : grantedActions(token);
  if (!granted || granted.get(image.repository)?.has('push')) return;
  const assignee = principal.clientId ?? principal.objectId;
  throw new TrustError(
    'PUSH_NOT_AUTHORIZED',
    `${image.registry} does not let this principal push to ${image.repository}.`,
    {
      remedy: `Assign the role AcrPush, then run again: ${roleAssignmentCommand('AcrPush', registryId, assignee)}`,
    },
  );
}
