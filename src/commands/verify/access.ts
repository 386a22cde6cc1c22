/**
 * Access to every registry that images come from. Azure registries get the run's identity, others
 * what Docker knows of them, and none gets more than it asks for: what is public is read without.
 */
import type { TokenCredential } from '@azure/core-auth';
import { createCredential, isRegistryHost, type Identity } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import { createHttpClient } from '../../http/index.js';
import type { InputValues } from '../inputs/values.js';
import { limits } from '../../limits.js';
import {
  createBlobReader,
  createRegistryClient,
  gunOf,
  registryEndpointOf,
  trustEndpointOf,
  type ReadBlob,
  type RegistryAccess,
  type RegistryClient,
  type RegistryClientOptions,
  type RegistryCredential,
} from '../../registry/index.js';
import { createTrustServer } from '../../trust/index.js';
import { version } from '../../version.js';
import type { RunContext } from '../context.js';
import { chooseCloud, chooseIdentity } from '../access/identity.js';
import { openRegistryAndTrust } from '../access/registry-and-trust.js';
import { openRenewingLogin, type DockerLogin } from '../access/renewing-login.js';
import { dockerLoginOf } from '../access/access.js';
import type { VerifyConfiguration } from './configuration.js';

/** One registry and its trust server. */
export interface HostAccess {
  /** What further clients of the registry are made of. */
  readonly client: RegistryClientOptions;
  readonly images: RegistryClient;
  readonly readBlob: ReadBlob;
  readonly trustUrl: string;
  readonly trust: RegistryAccess;
  /** The login to hand to Docker; undefined where Docker has its own or needs none. */
  readonly dockerLogin: () => Promise<DockerLogin | undefined>;
}

/** Access to all of them. */
export interface Access {
  /** For Key Vault, in the cloud of the registry `host`. */
  readonly credential: (host: string) => TokenCredential;
  /** Opened once a host; `repository` is what the first question is about. @throws {TrustError} */
  readonly to: (host: string, repository: string) => Promise<HostAccess>;
}

interface Connection {
  readonly endpoint: string;
  readonly registry: RegistryAccess;
  readonly trustUrl: string;
  readonly trust: RegistryAccess;
}

interface Login {
  readonly credential: RegistryCredential;
  readonly dockerLogin: () => Promise<DockerLogin | undefined>;
}

const noLogin = (): Promise<undefined> => Promise.resolve(undefined);

/** @throws {TrustError} CREDENTIAL_MISSING when client and tenant are named and nothing proves them. */
export function createAccess(
  {
    cloud,
    registryLogin,
    trustServer,
  }: Pick<VerifyConfiguration, 'cloud' | 'registryLogin' | 'trustServer'>,
  inputs: InputValues,
  context: RunContext,
): Access {
  const { secrets, clock, signal, environment, log } = context;
  const http = createHttpClient({ userAgent: `acr-content-trust/${version}`, environment, log });
  const identity: Identity = chooseIdentity(inputs, context);
  const credentials = new Map<string, TokenCredential>();
  const hosts = new Map<string, Promise<HostAccess>>();

  const credential = (host: string): TokenCredential => {
    const chosen = chooseCloud(cloud, host, context);
    const made =
      credentials.get(chosen.name) ??
      createCredential(identity, { cloud: chosen, http, secrets, clock });
    credentials.set(chosen.name, made);
    return made;
  };
  const connect = (host: string, own: RegistryCredential): Connection => {
    const endpoint = registryEndpointOf(host);
    const isTrustServerNamed = trustServer?.registry === host;
    const trustUrl = isTrustServerNamed ? trustServer.url : `https://${trustEndpointOf(host)}`;
    const common = { host: endpoint, credential: own, http, secrets, clock };
    return {
      endpoint,
      trustUrl,
      ...openRegistryAndTrust({ ...common, trustUrl, isTrustServerNamed }),
    };
  };
  /** Whether trust data is for everyone: images may be while it is not. */
  const servesAnyone = async (host: string, repository: string): Promise<boolean> => {
    const { trustUrl, trust } = connect(host, { kind: 'anonymous' });
    const server = createTrustServer({ url: trustUrl, gun: gunOf({ host, repository }), ...trust });
    try {
      await server.fetchRole('root', { maxBytes: limits.rootBytes, signal });
      return true;
    } catch (error) {
      if (isTrustError(error, 'REGISTRY_LOGIN_REFUSED')) return false;
      throw error;
    }
  };
  const azureLogin = async (host: string): Promise<Login> => {
    const login = await openRenewingLogin(
      {
        loginServer: host,
        credential: credential(host),
        cloud: chooseCloud(cloud, host, context),
        http,
        secrets,
        signal,
      },
      clock,
    );
    const { clientId, objectId } = login.principal;
    log.info(`${host}  as ${clientId ?? objectId ?? 'the signed-in principal'}`);
    return login;
  };
  const anonymous = (host: string): Login => {
    log.info(`${host}  without a login`);
    return { credential: { kind: 'anonymous' }, dockerLogin: noLogin };
  };
  const choose = async (host: string, repository: string): Promise<Login> => {
    if (registryLogin === 'existing' || !isRegistryHost(host)) {
      const existing = await dockerLoginOf(host, context);
      if (!existing) return anonymous(host);
      log.info(`${host}  with the existing Docker login`);
      return { credential: existing, dockerLogin: noLogin };
    }
    if (identity.kind === 'default') {
      // Nobody said who to be, so nobody need be asked where anyone is served.
      return (await servesAnyone(host, repository)) ? anonymous(host) : azureLogin(host);
    }
    try {
      return await azureLogin(host);
    } catch (error) {
      // A registry of another tenant knows nothing of us, and may be public all the same.
      if (!isTrustError(error, 'REGISTRY_LOGIN_REFUSED')) throw error;
      if (await servesAnyone(host, repository)) return anonymous(host);
      throw error;
    }
  };
  const openHost = async (host: string, repository: string): Promise<HostAccess> => {
    const { credential: own, dockerLogin } = await choose(host, repository);
    const { endpoint, registry, trustUrl, trust } = connect(host, own);
    const client = { host: endpoint, ...registry };
    return {
      client,
      images: createRegistryClient(client),
      readBlob: createBlobReader(client),
      trustUrl,
      trust,
      dockerLogin,
    };
  };
  return {
    credential,
    to: (host, repository) => {
      const opened = hosts.get(host) ?? openHost(host, repository);
      hosts.set(host, opened);
      return opened;
    },
  };
}
