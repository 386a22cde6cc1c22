/**
 * A run's standing with Azure and registries: who it is, one login for each registry, and tokens that
 * are renewed as they age. The only way to them. Nobody is asked before the first use.
 */
import type { TokenCredential } from '@azure/core-auth';
import { createCredential, type Cloud, type CloudName, type Principal } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import { createHttpClient, type HttpClient } from '../../http/index.js';
import {
  createRegistryAccess,
  createRegistryClient,
  findDockerLogin,
  type RegistryAccess,
  type RegistryClient,
  type RegistryCredential,
} from '../../registry/index.js';
import { dockerEnvironment } from '../../docker/index.js';
import { version } from '../../version.js';
import type { Ports } from '../context.js';
import { userDockerConfig } from './docker-home.js';
import { chooseCloud, chooseIdentity, type IdentityInputs } from './identity.js';
import { openRegistryAndTrust } from './registry-and-trust.js';
import { openRenewingLogin, type DockerLogin } from './renewing-login.js';

/** Who the run is to Azure. Nobody has been asked yet. */
export interface AzureAccess {
  readonly cloud: Cloud;
  readonly http: HttpClient;
  /** For Key Vault and Azure Resource Manager. */
  readonly credential: TokenCredential;
}

/** A registry, and where the trust data of its repositories is. */
export interface RegistryPlace {
  readonly registry: string;
  /** Origin of the trust server, such as `https://contoso.azurecr.io`. */
  readonly trustServer: string;
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
  /** Access to the trust server. */
  readonly trust: RegistryAccess;
  /** The login to hand to Docker, fresh; undefined where Docker has its own. */
  readonly dockerLogin: () => Promise<DockerLogin | undefined>;
  /** Access to another registry or trust server, as Docker's own login or anonymously. */
  accessTo(registryHost: string, endpoint: string): Promise<RegistryAccess>;
}

/** Access of one run. */
export interface Access {
  /**
   * Who the run is to Azure.
   * @param host a registry or vault, which tells the cloud where neither inputs nor host do.
   * @throws {TrustError} where the inputs name no usable identity or cloud.
   */
  azure(host: string | undefined): AzureAccess;
  /**
   * Logs in to a registry, once.
   * @throws {TrustError} whatever keeps the run from logging in.
   */
  session(place: RegistryPlace): Promise<Session>;
  /** For a run that asks the registry for nothing: Docker keeps the logins that it has. */
  withoutLogin(place: RegistryPlace): Session;
}

/** What decides how a run signs in. */
export interface AccessConfiguration {
  readonly cloud: CloudName | 'auto';
  readonly registryLogin: 'azure' | 'existing';
  readonly identity: IdentityInputs;
}

/** Opens the access of a run. */
export function createAccess(configuration: AccessConfiguration, context: Ports): Access {
  const { log, secrets, clock, environment } = context;
  let http: HttpClient | undefined;
  const clouds = new Map<CloudName, AzureAccess>();
  const logins = new Map<string, Promise<OwnLogin>>();
  const azure = (host: string | undefined): AzureAccess => {
    const cloud = chooseCloud(configuration.cloud, host, context);
    const known = clouds.get(cloud.name);
    if (known) return known;
    http ??= createHttpClient({ userAgent: `acr-content-trust/${version}`, environment, log });
    const identity = chooseIdentity(configuration.identity, context);
    const credential = createCredential(identity, { cloud, http, secrets, clock });
    const made = { cloud, http, credential };
    clouds.set(cloud.name, made);
    return made;
  };
  const logIn = (registry: string): Promise<OwnLogin> =>
    configuration.registryLogin === 'existing'
      ? existingLogin(registry, context)
      : azureLogin(registry, azure(registry), context);
  return {
    azure,
    session: async (place) => {
      const { registry } = place;
      const login = logins.get(registry) ?? logIn(registry);
      logins.set(registry, login);
      return sessionOf(place, context, azure(registry), await login);
    },
    withoutLogin: (place) =>
      sessionOf(place, context, azure(place.registry), {
        credential: { kind: 'anonymous' },
        principal: {},
        account: undefined,
        dockerLogin: () => Promise.resolve(undefined),
      }),
  };
}

function sessionOf(
  { registry, trustServer }: RegistryPlace,
  context: Ports,
  azure: AzureAccess,
  { credential, principal, account, dockerLogin }: OwnLogin,
): Session {
  const { secrets, clock } = context;
  const common = { http: azure.http, secrets, clock };
  const { registry: access, trust } = openRegistryAndTrust({
    ...common,
    host: registry,
    credential,
    trustUrl: trustServer,
    isTrustServerNamed: true,
  });
  return {
    ...azure,
    principal,
    account,
    registry: access,
    images: createRegistryClient({ host: registry, ...access }),
    trust,
    dockerLogin,
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
  { log, secrets, clock, signal }: Ports,
): Promise<OwnLogin> {
  const login = await openRenewingLogin(
    { loginServer: registry, credential, cloud, http, secrets, signal },
    clock,
  );
  const { clientId, objectId } = login.principal;
  log.info(`${registry}  as ${clientId ?? objectId ?? 'the signed-in principal'}`);
  return { ...login, account: undefined };
}

async function existingLogin(registry: string, context: Ports): Promise<OwnLogin> {
  const credential = await requireDockerLogin(registry, context);
  const account = credential.kind === 'basic' ? credential.username : undefined;
  const whose = account === undefined ? '' : ` of ${account}`;
  context.log.info(`${registry}  with the existing Docker login${whose}`);
  return { credential, principal: {}, account, dockerLogin: () => Promise.resolve(undefined) };
}

/** Docker's own login for a registry, if it has one. */
export function dockerLoginOf(
  host: string,
  { exec, environment, secrets, signal, homeDirectory, platform }: Ports,
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

async function requireDockerLogin(host: string, context: Ports): Promise<RegistryCredential> {
  const login = await dockerLoginOf(host, context);
  if (login) return login;
  throw new TrustError('CREDENTIAL_MISSING', `Docker has no login for ${host}.`, {
    remedy: `Log in with "docker login ${host}" before this step, or leave ${context.nameInput('registry-login')} out to log in with the principal of this run.`,
  });
}

/** What logging in depended on, as long as commands read their inputs themselves. */
export interface LoginConfiguration {
  readonly cloud: CloudName | 'auto';
  readonly registryLogin: 'azure' | 'existing';
}
