/**
 * A run's standing with Azure and registries: who it is, one login for each registry, and tokens that
 * are renewed as they age. The only way to them. Nobody is asked before the first use.
 */
import type { TokenCredential } from '@azure/core-auth';
import {
  createCredential,
  isRegistryHost,
  type Cloud,
  type Identity,
  type Principal,
} from '../azure/index.js';
import { TrustError, isTrustError } from '../errors.js';
import { startInBackground } from '../concurrency.js';
import { createHttpClient, type HttpClient } from '../http/index.js';
import { limits } from '../limits.js';
import {
  createBlobReader,
  createRegistryAccess,
  createRegistryClient,
  findDockerLogin,
  gunOf,
  registryEndpointOf,
  trustEndpointOf,
  type ImageReference,
  type ReadBlob,
  type RegistryAccess,
  type RegistryClient,
  type RegistryClientOptions,
  type RegistryCredential,
} from '../registry/index.js';
import { dockerEnvironment, userDockerConfig, type DockerLogin } from '../docker/index.js';
import { createTrustServer } from '../trust/index.js';
import { agent } from '../version.js';
import { chooseCloud, chooseIdentity, connectionTo } from './choose-identity.js';
import type { AccessConfiguration, AccessPorts, PasswordLogin } from './host.js';
import { openRenewingLogin } from './renewing-login.js';

/** Who the run is to Azure. Nobody has been asked yet. */
export interface AzureAccess {
  readonly cloud: Cloud;
  readonly http: HttpClient;
  /** For Key Vault and Azure Resource Manager. */
  readonly credential: TokenCredential;
}

/** A registry, and where the trust data of its repositories is. */
interface RegistryPlace {
  readonly registry: string;
  /** Origin of the trust server, such as `https://contoso.azurecr.io`. */
  readonly trustServer: string;
}

/** A trust server of its own for the images of one registry. */
export interface ScopedTrustServer {
  readonly registry: string;
  readonly url: string;
}

type Actions = 'pull' | 'pull,push';

/** A registry that the run is logged in to, or that serves it without a login. */
export interface Session extends AzureAccess {
  /** Whom the registry knows; empty for a login by user name, an existing one and without one. */
  readonly principal: Principal;
  /** User name of a login that is not the principal's own, where it has one. */
  readonly account: string | undefined;
  /** Access to the registry's own API. */
  readonly registry: RegistryAccess;
  /** What further clients of the registry are made of. */
  readonly client: RegistryClientOptions;
  readonly images: RegistryClient;
  readonly readBlob: ReadBlob;
  /** Origin of the trust server. */
  readonly trustServer: string;
  /** Access to the trust server. */
  readonly trust: RegistryAccess;
  /** Says what will be done with an image and its trust data, so that one token is asked for both. */
  readonly expect: (
    image: { readonly repository: string; readonly gun: string },
    actions: { readonly image: Actions; readonly trust: Actions | undefined },
  ) => void;
  /** The login to hand to Docker, fresh; undefined where Docker has its own or needs none. */
  readonly dockerLogin: () => Promise<DockerLogin | undefined>;
  /** Access to another registry or trust server, as Docker's own login or anonymously. */
  readonly accessTo: (registryHost: string, endpoint: string) => Promise<RegistryAccess>;
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
   * Who the run is to a registry, and where Azure Resource Manager is asked about it: the principal of the
   * service connection to it, if there is one, otherwise as `azure`.
   * @throws {TrustError} as azure.
   */
  registryAzure(registry: string): AzureAccess;
  /**
   * What the run signs in with.
   * @throws {TrustError} CREDENTIAL_MISSING where nothing proves the principal of the inputs.
   */
  identity(): Identity;
  /** Begins to log in to a registry, so that it is under way while the run does something else; logs nothing. */
  beginSession(registry: string): void;
  /**
   * Logs in to a registry, once.
   * @throws {TrustError} whatever keeps the run from logging in.
   */
  session(place: RegistryPlace): Promise<Session>;
  /**
   * Access to a registry that images are read from, opened once. Azure registries get the run's
   * identity, others what Docker knows of them; a registry that serves anyone needs neither.
   * @param named the trust server that the inputs name, whichever registry it is for.
   * @param manifest tag or digest of what is read, where no trust data is.
   * @throws {TrustError} whatever keeps the run from reading.
   */
  sessionToRead(
    image: ReadImage,
    named: ScopedTrustServer | undefined,
    manifest?: string,
  ): Promise<Session>;
  /** For a run that asks the registry for nothing: Docker keeps the logins that it has. */
  withoutLogin(place: RegistryPlace): Session;
}

/** An image that is read, and may be public. */
type ReadImage = Pick<ImageReference, 'host' | 'repository'>;

/** Opens the access of a run. */
export function createAccess(configuration: AccessConfiguration, context: AccessPorts): Access {
  const { log, secrets, clock, signal, environment } = context;
  let http: HttpClient | undefined;
  const opened: { readonly identity: Identity; readonly access: AzureAccess }[] = [];
  const logins = new Map<string, Promise<OwnLogin>>();
  const readers = new Map<string, Promise<Session>>();
  let own: Identity | undefined;
  const identity = (): Identity => (own ??= chooseIdentity(configuration.principal, context));
  const azureAs = (identity: Identity, host: string | undefined): AzureAccess => {
    const cloud = chooseCloud(configuration.cloud, host, context);
    const known = opened.find((one) => one.identity === identity && one.access.cloud === cloud);
    if (known) return known.access;
    http ??= createHttpClient({ userAgent: agent, environment, log });
    const credential = createCredential(identity, { cloud, http, secrets, clock, log });
    const access = { cloud, http, credential };
    opened.push({ identity, access });
    return access;
  };
  const azure = (host: string | undefined): AzureAccess => azureAs(identity(), host);
  const registryAzure = (registry: string): AzureAccess => {
    const login = connectionTo(registry, context.identity)?.login;
    return login && login.kind !== 'password' ? azureAs(login, registry) : azure(registry);
  };
  const open = (place: RegistryPlace, login: OwnLogin, isTrustServerNamed = true): Session =>
    sessionOf(place, isTrustServerNamed, context, azure(place.registry), login);
  const told = new Set<OwnLogin>();
  const tell = (login: OwnLogin): OwnLogin => {
    if (login.words !== undefined && !told.has(login)) log.info(login.words);
    told.add(login);
    return login;
  };
  const logIn = async (registry: string): Promise<OwnLogin> => tell(await beginLogIn(registry));
  const beginLogIn = (registry: string): Promise<OwnLogin> => {
    const known = logins.get(registry);
    if (known) return known;
    const connected = connectionTo(registry, context.identity)?.login;
    const login =
      connected?.kind === 'password'
        ? Promise.resolve(passwordLogin(registry, connected))
        : configuration.registryLogin === 'existing'
          ? requireExistingLogin(registry, context)
          : azureLogin(registry, registryAzure(registry), context);
    logins.set(registry, login);
    return login;
  };
  /** Whether trust data is for everyone: images may be while it is not. */
  const servesAnyone = async (
    anonymous: Session,
    image: ReadImage,
    manifest: string | undefined,
  ): Promise<boolean> => {
    const { trustServer: url, trust, images } = anonymous;
    try {
      if (manifest === undefined) {
        const server = createTrustServer({ url, gun: gunOf(image), ...trust });
        await server.fetchRole('root', { maxBytes: limits.rootBytes, signal });
      } else {
        await images.getManifest(image.repository, manifest);
      }
      return true;
    } catch (error) {
      if (isTrustError(error, 'REGISTRY_LOGIN_REFUSED')) return false;
      throw error;
    }
  };
  const openReader = async (
    image: ReadImage,
    named: ScopedTrustServer | undefined,
    manifest: string | undefined,
  ): Promise<Session> => {
    const registry = image.host;
    const isNamed = named?.registry === registry;
    const trustServer = isNamed ? named.url : `https://${trustEndpointOf(registry)}`;
    const openAs = (login: OwnLogin): Session => open({ registry, trustServer }, login, isNamed);
    const anonymous = openAs(noLogin);
    const openAnonymous = (): Session => {
      log.info(`${registry}  without a login`);
      return anonymous;
    };
    const known = logins.get(registry);
    if (known) return openAs(tell(await known));
    if (connectionTo(registry, context.identity)) return openAs(await logIn(registry));
    if (configuration.registryLogin === 'existing' || !isRegistryHost(registry)) {
      const existing = await existingLogin(registry, context);
      return existing ? openAs(tell(existing)) : openAnonymous();
    }
    // If nobody said who to be, nobody need be asked where anyone is served.
    const isUnnamed = identity().kind === 'default';
    if (isUnnamed && (await servesAnyone(anonymous, image, manifest))) return openAnonymous();
    try {
      return openAs(await logIn(registry));
    } catch (error) {
      // A registry of another tenant does not know us, and may be public nevertheless.
      if (isUnnamed || !isTrustError(error, 'REGISTRY_LOGIN_REFUSED')) throw error;
      if (await servesAnyone(anonymous, image, manifest)) return openAnonymous();
      throw error;
    }
  };
  return {
    azure,
    registryAzure,
    identity,
    beginSession: (registry) => {
      // Who the run is may be refused at once: that is for whoever needs the session.
      void startInBackground(Promise.resolve().then(() => beginLogIn(registry)));
    },
    session: async (place) => open(place, await logIn(place.registry)),
    sessionToRead: (image, named, manifest) => {
      const reader = readers.get(image.host) ?? openReader(image, named, manifest);
      readers.set(image.host, reader);
      return reader;
    },
    withoutLogin: (place) => open(place, noLogin),
  };
}

interface OwnLogin extends Pick<Session, 'principal' | 'account' | 'dockerLogin'> {
  readonly credential: RegistryCredential;
  /** What the log says of it. */
  readonly words?: string;
}

const noLogin: OwnLogin = {
  credential: { kind: 'anonymous' },
  principal: {},
  account: undefined,
  dockerLogin: () => Promise.resolve(undefined),
};

/** Nobody is asked before the first use. */
function sessionOf(
  { registry, trustServer }: RegistryPlace,
  isTrustServerNamed: boolean,
  context: AccessPorts,
  azure: AzureAccess,
  { credential, principal, account, dockerLogin }: OwnLogin,
): Session {
  const { secrets, clock } = context;
  const common = { http: azure.http, secrets, clock };
  const host = registryEndpointOf(registry);
  // The token service of Azure's registries is known: they need not be asked for it.
  const known = isRegistryHost(host) ? { realm: `https://${host}/oauth2/token` } : {};
  const access = createRegistryAccess({ ...common, ...known, host, credential });
  const trustHost = new URL(trustServer).host;
  // The token service of a trust server that the user named may be the registry's.
  const allowed = isTrustServerNamed ? { allowedRealmHosts: [host] } : {};
  const client = { host, ...access };
  const trust =
    trustHost === host
      ? access
      : createRegistryAccess({ ...common, host: trustHost, credential, ...allowed });
  return {
    ...azure,
    principal,
    account,
    dockerLogin,
    registry: access,
    client,
    images: createRegistryClient(client),
    readBlob: createBlobReader(client),
    trustServer,
    trust,
    expect: ({ repository, gun }, actions) => {
      const isTogether = trust === access && actions.trust !== undefined;
      access.expect(
        `repository:${repository}:${actions.image}`,
        ...(isTogether ? [`repository:${gun}:${actions.trust}`] : []),
      );
    },
    accessTo: async (registryHost, endpoint) =>
      registryHost === registry
        ? access
        : createRegistryAccess({
            ...common,
            host: endpoint,
            credential: (await dockerLoginOf(registryHost, context)) ?? noLogin.credential,
          }),
  };
}

async function azureLogin(
  registry: string,
  { credential, cloud, http }: AzureAccess,
  { secrets, clock, signal }: AccessPorts,
): Promise<OwnLogin> {
  const login = await openRenewingLogin(
    { loginServer: registry, credential, cloud, http, secrets, signal },
    clock,
  );
  const { clientId, objectId } = login.principal;
  const words = `${registry}  as ${clientId ?? objectId ?? 'the signed-in principal'}`;
  return { ...login, account: undefined, words };
}

/** User name and password of a connection, which Docker is given as well. */
function passwordLogin(registry: string, { username, password }: PasswordLogin): OwnLogin {
  return {
    words: `${registry}  with the service connection's login of ${username}`,
    principal: {},
    account: username,
    credential: { kind: 'basic', username, password },
    dockerLogin: () => Promise.resolve({ username, password }),
  };
}

/** Docker's own login, if it has one. */
async function existingLogin(
  registry: string,
  context: AccessPorts,
): Promise<OwnLogin | undefined> {
  const credential = await dockerLoginOf(registry, context);
  if (!credential) return undefined;
  const account = credential.kind === 'basic' ? credential.username : undefined;
  const whose = account === undefined ? '' : ` of ${account}`;
  const words = `${registry}  with the existing Docker login${whose}`;
  return { ...noLogin, credential, account, words };
}

async function requireExistingLogin(registry: string, context: AccessPorts): Promise<OwnLogin> {
  const login = await existingLogin(registry, context);
  if (login) return login;
  throw new TrustError('CREDENTIAL_MISSING', `Docker has no login for ${registry}.`, {
    remedy: `Log in with "docker login ${registry}" before this step, or leave ${context.nameInput('registry-login')} out to log in with the principal of this run.`,
  });
}

/** Docker's own login for a registry, or undefined. */
function dockerLoginOf(
  host: string,
  { exec, environment, secrets, signal, homeDirectory, platform }: AccessPorts,
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
