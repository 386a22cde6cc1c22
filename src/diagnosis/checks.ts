/** Which checks are made of what is given, and what each of them is handed. */
import { versions } from 'node:process';
import {
  explainRefusal,
  explainVersion,
  openChainSigner,
  openNamedKey,
  resolvePins,
  type NamedKey,
} from '../azure/index.js';
import { startInBackground } from '../concurrency.js';
import { calendarChecks } from './calendar.js';
import { notGiven, type Check, type Purpose } from './check.js';
import { dockerChecks } from './docker.js';
import { identityChecks } from './identity.js';
import { keyChecks } from './keys.js';
import { addressesOf, networkChecks, proxyIn, type Host } from './network.js';
import { registryChecks } from './registry.js';
import { propertyChecks } from './registry-properties.js';
import { surroundingsChecks } from './surroundings.js';
import { tagChecks } from './tags.js';
import { timestampChecks } from './timestamp.js';
import { trustChecks } from './trust.js';
import { trustedCertificateChecks } from './trusted-certificates.js';
import { dockerEnvironment, openDocker } from '../docker/index.js';
import type { Machine } from '../ports.js';
import type { SignatureKinds } from '../image-signing/index.js';
import type { NamedRepository } from '../repositories/index.js';
import type { PinReference } from '../signing/index.js';
import { isTrustError } from '../errors.js';
import { createTrustServer, type Pin } from '../trust/index.js';
import type { NamedCertificates } from '../verification/index.js';
import {
  connectionTo,
  type AccessRun,
  type AzureAccess,
  type HostIdentity,
  type Session,
} from '../access/index.js';

/** What is to be looked at. */
export interface DiagnosisRequest extends SignatureKinds {
  readonly registries: readonly RegistryPlace[];
  readonly registryId: string | undefined;
  readonly registryLogin: 'azure' | 'existing';
  readonly engine: 'native' | 'docker';
  /** Those that were given; may be none. */
  readonly tags: readonly string[];
  readonly signingKey: NamedKey | undefined;
  readonly rootKey: NamedKey | undefined;
  readonly pins: readonly PinReference[];
  /** Undefined where none are named. */
  readonly trustedCertificates: NamedCertificates | undefined;
  readonly withinDays: number;
}

/** A registry with those of its repositories that are looked at. */
export interface RegistryPlace {
  readonly host: string;
  readonly trustServer: string;
  readonly repositories: readonly NamedRepository[];
}

/** What looking needs of a run. */
export interface DiagnosisRun extends AccessRun, Machine {
  readonly identity: HostIdentity;
}

/** What the checks of a run share; everything is under way, and nobody waits for it yet. */
interface Shared {
  readonly configuration: DiagnosisRequest;
  readonly purpose: Purpose;
  readonly azure: AzureAccess;
  readonly signIn: Promise<unknown>;
  readonly pins: Promise<readonly Pin[]>;
  readonly keys: readonly OpeningKey[];
  readonly run: DiagnosisRun;
}

/** The checks of what is given, and for what is not a word each. */
export function checksOf(configuration: DiagnosisRequest, run: DiagnosisRun): readonly Check[] {
  const vaults = vaultHosts(configuration);
  let azure: AzureAccess;
  try {
    azure = run.access.azure(configuration.registries[0]?.host ?? vaults[0]);
  } catch (error) {
    if (!isTrustError(error)) throw error;
    // Without an identity nobody can be asked, and all else is as it is.
    const known = [...configuration.registries.map(({ host }) => host), ...vaults];
    return [
      ...machineChecks(configuration, known, run),
      { area: 'identity', check: 'kind', look: () => Promise.reject(error) },
    ];
  }
  const hosts = hostsOf(configuration, azure, run);
  const { signingKey, isDct, notaryProject, trustedCertificates } = configuration;
  const timestamp = notaryProject?.timestamp;
  const isNotaryProject = notaryProject !== undefined;
  const identity = identityChecks({
    ...run,
    ...azure,
    identity: () => run.access.identity(),
    isNeeded: isIdentityNeeded(configuration, run),
    isConnection:
      run.identity.serviceConnection !== undefined ||
      run.identity.registryConnection?.login === run.access.identity(),
  });
  const shared: Shared = {
    configuration,
    purpose: { isSigning: signingKey !== undefined, isDct, isNotaryProject },
    azure,
    signIn: identity.signIn,
    pins: startInBackground(resolvePins(configuration.pins, azure, run)),
    keys: openKeys(configuration, azure, run),
    run,
  };
  return [
    ...machineChecks(
      configuration,
      hosts.map(({ host }) => host),
      run,
    ),
    ...networkChecks(hosts, {
      ...run,
      http: azure.http,
      resolve: addressesOf(run.environment),
      proxyOf: proxyIn(run.environment),
    }),
    ...identity.checks,
    ...configuration.registries.flatMap((place) => placeChecks(place, shared)),
    ...shared.keys.flatMap((key) =>
      keyChecks({
        ...key,
        isNotaryProject,
        withinDays: configuration.withinDays,
        clock: run.clock,
      }),
    ),
    ...(timestamp
      ? timestampChecks({
          ...run,
          url: timestamp.url,
          readRoots: () => timestamp.roots.read(run),
          http: azure.http,
          withinDays: configuration.withinDays,
        })
      : []),
    ...(trustedCertificates
      ? trustedCertificateChecks({
          ...run,
          read: () => trustedCertificates.read(run),
          withinDays: configuration.withinDays,
        })
      : []),
    ...missingInputs(configuration, run),
  ];
}

function machineChecks(
  { engine }: DiagnosisRequest,
  hosts: readonly string[],
  run: DiagnosisRun,
): readonly Check[] {
  const { environment, platform, clock } = run;
  const forDocker = dockerEnvironment(environment, { windows: platform === 'win32' });
  return [
    ...surroundingsChecks({ environment, clock, nodeVersion: versions.node, hosts }),
    ...dockerChecks({ capabilities: openDocker(forDocker, run), engine }),
  ];
}

function missingInputs(
  { registries, signingKey }: DiagnosisRequest,
  { nameInput }: DiagnosisRun,
): readonly Check[] {
  const [first] = registries;
  return [
    ...(first ? [] : [notGiven('registry', 'registry', 'registry', nameInput)]),
    ...(first && first.repositories.length > 0
      ? []
      : [notGiven('trust data', 'trust data', 'repository', nameInput)]),
    ...(signingKey ? [] : [notGiven('keys', 'signing key', 'signing-key', nameInput)]),
  ];
}

/** The vaults of the keys, secrets and certificates that are named. */
function vaultHosts({
  signingKey,
  rootKey,
  pins,
  notaryProject,
  trustedCertificates,
}: DiagnosisRequest): readonly string[] {
  const named = [
    signingKey?.reference,
    rootKey?.reference,
    ...pins.map((pin) => ('reference' in pin ? pin.reference : undefined)),
    notaryProject?.chain,
    ...(notaryProject?.timestamp?.roots.references ?? []),
    ...(trustedCertificates?.references ?? []),
  ];
  const urls = named.flatMap((one) => (one && 'vaultUrl' in one ? [one.vaultUrl] : []));
  return [...new Set(urls.map((url) => new URL(url).host))];
}

/** Whether anything that is given is reached with the identity of the run. */
function isIdentityNeeded(configuration: DiagnosisRequest, run: DiagnosisRun): boolean {
  const { registries } = configuration;
  const isForRegistry = registries.some(({ host }) => isPrincipals(host, configuration, run));
  return isForRegistry || vaultHosts(configuration).length > 0;
}

/** Whether the login to a registry is that of a principal, rather than a user name. */
function isPrincipals(
  host: string,
  { registryLogin }: DiagnosisRequest,
  run: DiagnosisRun,
): boolean {
  const isPassword = connectionTo(host, run.identity)?.login.kind === 'password';
  return registryLogin === 'azure' && !isPassword;
}

function hostsOf(
  configuration: DiagnosisRequest,
  { cloud }: AzureAccess,
  run: DiagnosisRun,
): readonly Host[] {
  const { registries } = configuration;
  const trustHosts = registries.flatMap(({ host, trustServer }) => {
    const other = new URL(trustServer).host;
    return other === host ? [] : [other];
  });
  return [
    {
      host: new URL(cloud.authorityHost).host,
      what: 'Microsoft Entra ID',
      code: isIdentityNeeded(configuration, run) ? 'ENTRA_UNREACHABLE' : undefined,
      path: '/common/v2.0/.well-known/openid-configuration',
    },
    { host: new URL(cloud.armEndpoint).host, what: 'Azure Resource Manager', code: undefined },
    ...registries.map(({ host }): Host => ({
      host,
      what: 'the registry',
      code: 'REGISTRY_UNREACHABLE',
      path: '/v2/',
    })),
    ...[...new Set(trustHosts)].map((host): Host => ({
      host,
      what: 'the trust server',
      code: 'TRUST_SERVER_UNREACHABLE',
    })),
    ...vaultHosts(configuration).map((host): Host => ({
      host,
      what: 'the key vault',
      code: 'VAULT_UNREACHABLE',
      path: '/healthstatus',
    })),
  ];
}

type OpeningKey = Pick<Parameters<typeof keyChecks>[0], 'check' | 'reference' | 'opened' | 'chain'>;

function openKeys(
  configuration: DiagnosisRequest,
  { credential }: AzureAccess,
  run: DiagnosisRun,
): readonly OpeningKey[] {
  const { signingKey, rootKey, isDct, notaryProject } = configuration;
  const open = (
    check: string,
    key: NamedKey | undefined,
    isUsed: boolean,
  ): readonly OpeningKey[] => {
    if (!key) return [];
    const { reference } = key;
    const options = { ...run, chainInput: run.nameInput('certificate-chain') };
    return [
      {
        check,
        reference,
        opened: isUsed ? startInBackground(openNamedKey(key, { credential }, run)) : undefined,
        chain:
          reference.kind === 'vault-certificate' && check === 'signing key'
            ? startInBackground(
                openChainSigner(reference, notaryProject?.chain, credential, options),
              )
            : undefined,
      },
    ];
  };
  return [...open('signing key', signingKey, isDct), ...open('root key', rootKey, true)];
}

/** As the input names it, or the service connection to this registry. */
function registryIdOf(
  registry: string,
  { registryId }: DiagnosisRequest,
  { identity }: DiagnosisRun,
): string | undefined {
  return registryId ?? connectionTo(registry, identity)?.registryId;
}

function placeChecks(place: RegistryPlace, shared: Shared): readonly Check[] {
  const { configuration, purpose, azure, signIn, run } = shared;
  const { host, repositories, trustServer } = place;
  const { tags } = configuration;
  const { nameInput, signal } = run;
  const registryId = registryIdOf(host, configuration, run);
  const login = startInBackground(run.access.session({ registry: host, trustServer }));
  const resource = propertyChecks({
    host,
    registryId,
    purpose,
    nameInput,
    signIn,
    access: { ...run.access.registryAzure(host), signal },
    principal: isPrincipals(host, configuration, run)
      ? startInBackground(login.then(({ principal }) => principal))
      : undefined,
  });
  const trust = purpose.isDct
    ? repositories.map((repository) => trustOf(repository, login, shared))
    : [];
  return [
    ...registryChecks({
      ...{ host, repositories, registryId, purpose, login, signal, nameInput },
      cloud: azure.cloud.name,
    }),
    ...resource.checks,
    ...trust.flatMap(({ checks }) => checks),
    ...repositories.flatMap((repository, index) =>
      tagChecks({ ...repository, tags, reading: trust[index]?.reading, login, signal }),
    ),
    ...calendarChecks({
      host,
      now: run.clock(),
      properties: resource.properties,
      isServed: Promise.all(trust.map(({ isOn }) => isOn)).then((seen) => seen.find(Boolean)),
      purpose,
    }),
  ];
}

function trustOf(
  named: NamedRepository,
  login: Promise<Session>,
  { configuration, purpose, azure, pins, keys, run }: Shared,
) {
  const { gun, registry, repository, trustServer } = named;
  const { withinDays } = configuration;
  const registryId = registryIdOf(registry, configuration, run);
  const tags = configuration.tags.length > 0 ? configuration.tags : ['latest'];
  const server = startInBackground(
    login.then(({ trust }) => createTrustServer({ url: trustServer, gun, ...trust, log: run.log })),
  );
  const keyOf = (check: string) => {
    const key = keys.find((one) => one.check === check);
    if (!key?.opened) return undefined;
    const { reference, opened } = key;
    return { reference, signer: startInBackground(opened.then(({ signer }) => signer)) };
  };
  return trustChecks({
    ...run,
    gun,
    registry,
    repository,
    server,
    pins,
    signingKey: keyOf('signing key'),
    rootKey: keyOf('root key'),
    tags,
    withinDays,
    purpose,
    explain: async (key, given, body) => {
      const session = await login;
      const image = { registry, repository, gun, tags };
      const refused = { ...key, server: await server, pins: given, tags };
      return explainRefusal({ registryId, image }, session, () =>
        explainVersion(refused, azure, run, body),
      );
    },
  });
}
