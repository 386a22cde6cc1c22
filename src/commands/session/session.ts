/**
 * A run's standing with Azure and the registry: who it is, and tokens for the registry, the trust
 * server and other registries, made fresh when they age.
 */
import type { TokenCredential } from '@azure/core-auth';
import {
  createCredential,
  roleAssignmentCommand,
  type Cloud,
  type Principal,
} from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import { createHttpClient, type HttpClient } from '../../http/index.js';
import type { InputValues } from '../../inputs/index.js';
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
import { openRegistryAndTrust } from './registry-and-trust.js';
import { openRenewingLogin, type DockerLogin } from './renewing-login.js';

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
  readonly dockerLogin: () => Promise<DockerLogin | undefined>;
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
  const { log, secrets, clock, environment } = context;
  const http = createHttpClient({ userAgent: `acr-content-trust/${version}`, environment, log });
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
  const own =
    configuration.registryLogin === 'existing'
      ? await existingLogin(registry, context)
      : await azureLogin(registry, azure, context);
  return sessionOf(configuration, context, azure, own);
}

/** For a run that asks the registry for nothing: Docker keeps the logins that it has. */
export function openWithoutLogin(
  configuration: Pick<Configuration, 'image' | 'trustServer'>,
  context: RunContext,
  azure: AzureAccess,
): Session {
  return sessionOf(configuration, context, azure, {
    credential: { kind: 'anonymous' },
    principal: {},
    account: undefined,
    dockerLogin: () => Promise.resolve(undefined),
  });
}

function sessionOf(
  configuration: Pick<Configuration, 'image' | 'trustServer'>,
  context: RunContext,
  { cloud, http, credential }: AzureAccess,
  own: OwnLogin,
): Session {
  const { registry } = configuration.image;
  const { secrets, clock } = context;
  const common = { http, secrets, clock };
  const { registry: access, trust } = openRegistryAndTrust({
    ...common,
    host: registry,
    credential: own.credential,
    trustUrl: configuration.trustServer,
    isTrustServerNamed: true,
  });
  return {
    cloud,
    http,
    credential,
    principal: own.principal,
    account: own.account,
    registry: access,
    images: createRegistryClient({ host: registry, ...access }),
    trust,
    dockerLogin: own.dockerLogin,
    accessTo: async (registryHost, endpoint) =>
      registryHost === registry
        ? access
        : createRegistryAccess({
            ...common,
            host: endpoint,
            credential: (await dockerLoginOf(registryHost, context)) ?? { kind: 'anonymous' },
          }),
  };
}

interface OwnLogin extends Pick<Session, 'principal' | 'account' | 'dockerLogin'> {
  readonly credential: RegistryCredential;
}

async function azureLogin(
  registry: string,
  { credential, cloud, http }: AzureAccess,
  { log, secrets, clock, signal }: RunContext,
): Promise<OwnLogin> {
  const login = await openRenewingLogin(
    { loginServer: registry, credential, cloud, http, secrets, signal },
    clock,
  );
  const { clientId, objectId } = login.principal;
  log.info(`${registry}  as ${clientId ?? objectId ?? 'the signed-in principal'}`);
  return { ...login, account: undefined };
}

async function existingLogin(registry: string, context: RunContext): Promise<OwnLogin> {
  const credential = await requireDockerLogin(registry, context);
  const account = credential.kind === 'basic' ? credential.username : undefined;
  const whose = account === undefined ? '' : ` of ${account}`;
  context.log.info(`${registry}  with the existing Docker login${whose}`);
  return { credential, principal: {}, account, dockerLogin: () => Promise.resolve(undefined) };
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
