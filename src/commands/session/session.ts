/**
 * A run's standing with Azure and the registry: who it is, and tokens for the registry, the trust
 * server and other registries, made fresh when they age.
 */
import type { TokenCredential } from '@azure/core-auth';
import {
  createCredential,
  loginToRegistry,
  registryTokenUser,
  roleAssignmentCommand,
  type Cloud,
  type Principal,
} from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import { createHttpClient, type HttpClient } from '../../http/index.js';
import type { InputValues } from '../../inputs/index.js';
import { limits } from '../../limits.js';
import {
  createRegistryAccess,
  createRegistryClient,
  findDockerLogin,
  grantedActions,
  type RegistryAccess,
  type RegistryClient,
  type RegistryCredential,
} from '../../registry/index.js';
import { dockerEnvironment } from '../../docker/index.js';
import { version } from '../../version.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { chooseCloud, chooseIdentity } from './identity.js';
import { userDockerConfig } from './docker-home.js';

/** Who the run is to Azure. Nobody has been asked yet. */
export interface AzureAccess {
  readonly cloud: Cloud;
  readonly http: HttpClient;
  /** For Key Vault and Azure Resource Manager. */
  readonly credential: TokenCredential;
}

/** What the phases of a run share. */
export interface Session extends AzureAccess {
  /** Whom the registry knows; empty for an existing login. */
  readonly principal: Principal;
  /** User name of an existing login, where it has one. */
  readonly account: string | undefined;
  /** Access to the registry's own API. */
  readonly registry: RegistryAccess;
  readonly images: RegistryClient;
  /** Access to the trust server for our repository. */
  readonly trust: RegistryAccess;
  /** The login to hand to Docker, fresh; undefined where Docker has its own. */
  dockerLogin(): Promise<{ readonly username: string; readonly password: string } | undefined>;
  /** Access to another registry or trust server, as Docker's own login or anonymously. */
  accessTo(registryHost: string, endpoint: string): Promise<RegistryAccess>;
}

/**
 * Makes the credential, which is asked for a token only when it is used.
 * @throws {TrustError} where the inputs name no usable identity or cloud.
 */
export function openAzure(
  configuration: Pick<Configuration, 'cloud' | 'image'>,
  inputs: InputValues,
  context: RunContext,
): AzureAccess {
  const { log, secrets, clock } = context;
  const http = createHttpClient({ userAgent: `acr-content-trust/${version}`, log });
  const cloud = chooseCloud(configuration.cloud, configuration.image.registry, context);
  const identity = chooseIdentity(inputs, context);
  const credential = createCredential(identity, { cloud, http, secrets, clock });
  return { cloud, http, credential };
}

/**
 * Logs in. The credential for Key Vault is made even for an existing registry login, but asked
 * for a token only when it is used.
 * @throws {TrustError} whatever keeps the run from logging in.
 */
export async function openSession(
  configuration: Pick<Configuration, 'cloud' | 'image' | 'registryLogin' | 'trustServer'>,
  inputs: InputValues,
  context: RunContext,
  azure = openAzure(configuration, inputs, context),
): Promise<Session> {
  const { registry } = configuration.image;
  const { log, secrets, clock, signal } = context;
  const { cloud, http, credential } = azure;

  const login = async (): Promise<Login> => {
    const made = await loginToRegistry({
      loginServer: registry,
      credential,
      cloud,
      http,
      secrets,
      signal,
    });
    return { refreshToken: made.refreshToken, principal: made.principal, madeAt: clock() };
  };
  const existing =
    configuration.registryLogin === 'existing'
      ? await requireDockerLogin(registry, context)
      : undefined;
  let current = existing ? undefined : await login();
  log.info(describe(registry, current?.principal, existing));
  const fresh = async (): Promise<string> => {
    const ageMs = clock().getTime() - (current?.madeAt.getTime() ?? 0);
    if (!current || ageMs > limits.registryLoginMs) current = await login();
    return current.refreshToken;
  };
  const own: RegistryCredential = existing ?? { kind: 'refresh-token', token: fresh };
  const access = (host: string, mine: RegistryCredential): RegistryAccess =>
    createRegistryAccess({ host, http, credential: mine, secrets, clock });
  const registryAccess = access(registry, own);
  const trustHost = new URL(configuration.trustServer).host;

  return {
    cloud,
    http,
    credential,
    principal: current?.principal ?? {},
    account: existing?.kind === 'basic' ? existing.username : undefined,
    registry: registryAccess,
    images: createRegistryClient({ host: registry, ...registryAccess }),
    trust:
      trustHost === registry
        ? registryAccess
        : createRegistryAccess({
            host: trustHost,
            http,
            credential: own,
            secrets,
            clock,
            // The user named this trust server for the registry, so its token service is theirs.
            allowedRealmHosts: [registry],
          }),
    dockerLogin: async () =>
      existing ? undefined : { username: registryTokenUser, password: await fresh() },
    accessTo: async (registryHost, endpoint) =>
      registryHost === registry
        ? registryAccess
        : access(endpoint, (await dockerLoginOf(registryHost, context)) ?? { kind: 'anonymous' }),
  };
}

interface Login {
  readonly refreshToken: string;
  readonly principal: Principal;
  readonly madeAt: Date;
}

function describe(
  registry: string,
  principal: Principal | undefined,
  existing: RegistryCredential | undefined,
): string {
  if (existing) {
    return `${registry}  with the existing Docker login${
      existing.kind === 'basic' ? ` of ${existing.username}` : ''
    }`;
  }
  return `${registry}  as ${principal?.clientId ?? principal?.objectId ?? 'the signed-in principal'}`;
}

/** Docker's own login for a registry, if it has one. */
export function dockerLoginOf(
  host: string,
  { exec, environment, secrets, signal, homeDirectory, platform }: RunContext,
): Promise<RegistryCredential | undefined> {
  return findDockerLogin({
    configDir: userDockerConfig({ environment, homeDirectory, platform }),
    host,
    exec,
    env: dockerEnvironment(environment, { windows: platform === 'win32' }),
    secrets,
    signal,
  });
}

async function requireDockerLogin(host: string, context: RunContext): Promise<RegistryCredential> {
  const login = await dockerLoginOf(host, context);
  if (login) return login;
  throw new TrustError('CREDENTIAL_MISSING', `Docker has no login for ${host}.`, {
    remedy: `Log in with "docker login ${host}" before this step, or leave ${context.nameInput('registry-login')} out to log in with the principal of this run.`,
  });
}

/**
 * Checks that the run may push images, as far as the registry's token says so.
 * @throws {TrustError} PUSH_NOT_AUTHORIZED with the command that mends it
 */
export async function requirePush(
  { registry, principal }: Session,
  { image, registryId }: Configuration,
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
