/**
 * An emulated Azure for tests: Entra ID, Key Vault, the token service of Azure Container Registry,
 * Resource Manager, a time stamping authority, and the OIDC endpoints of GitHub and Azure Pipelines. Real cryptography, real
 * role checks, real host names; it opens no port and keeps everything in memory.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { registryTokenService } from './acr/token-service.js';
import { registryTokenIssuer } from './acr/tokens.js';
import { armService } from './arm/service.js';
import { createControl } from './control/index.js';
import type { AzureControl } from './control/index.js';
import type { Service } from './core/call.js';
import { cloudOfArm, cloudOfAuthority, clouds, vaultOfHost } from './core/clouds.js';
import { serve } from './core/transport.js';
import { entraService } from './entra/service.js';
import { keyVaultService } from './key-vault/service.js';
import { gitHubService, gitHubSuffix } from './oidc/github.js';
import { pipelinesHost, pipelinesService } from './oidc/pipelines.js';
import { createParts } from './parts.js';
import { timestampHost, timestampService } from './timestamp/service.js';

export type { AzureControl } from './control/index.js';
export type { NewRegistry } from './control/registries.js';
export type { RoleGrant, ServicePrincipal } from './control/identities.js';
export type { ImportedKey, NewKey, PublicKeyInfo } from './control/keys.js';
export type { Fault } from './core/faults.js';
export type { LoggedRequest } from './core/request-log.js';

/** Settings of an emulator. */
export interface AzureEmulatorOptions {
  /** `aud` of registry access tokens. Default: `azurecr.io`. */
  readonly registryTokenAudience?: string;
}

/** What docker-registry and notary-server are configured with to accept the access tokens. */
export interface RegistryTokenIssuer {
  readonly issuer: string;
  /** Their `service`. */
  readonly audience: string;
  /** Their `rootcertbundle`. */
  readonly certificatePem: string;
}

/** An emulated Azure. */
export interface AzureEmulator {
  /**
   * Serves a request to `host` (no scheme; a port is ignored) when that host is Azure's, GitHub's
   * OIDC or Azure Pipelines'; false when it is none of these. A vault that does not exist has its
   * connection cut, as its name would not resolve.
   */
  handle(host: string, req: IncomingMessage, res: ServerResponse): boolean;
  /** Serves `/oauth2/exchange` and `/oauth2/token` of a login server. */
  handleRegistryAuth(loginServer: string, req: IncomingMessage, res: ServerResponse): void;
  /** Tells whether `host` exists, registries included: a proxy refuses to connect to any other. */
  knows(host: string): boolean;
  /** Tells whether the registry exists and has content trust switched on. */
  trustAvailable(loginServer: string): boolean;
  /** Tells whether the registry exists and lists what refers to a manifest. */
  referrersAvailable(loginServer: string): boolean;
  /** Names for a server certificate that covers every host of {@link handle}. */
  readonly certificateNames: readonly string[];
  readonly tokenIssuer: RegistryTokenIssuer;
  readonly control: AzureControl;
}

/** Makes an emulator with one empty tenant. Takes some 300 ms, for three RSA keys. */
export function createAzureEmulator(options: AzureEmulatorOptions = {}): AzureEmulator {
  const audience = options.registryTokenAudience ?? 'azurecr.io';
  const parts = createParts(audience);
  const { entra, roles, vaults, registries, registryTokens, faults, log } = parts;
  const authority = entraService(entra);
  const vault = keyVaultService(vaults, entra, roles);
  const arm = armService({ entra, roles, registries, vaults });
  const gitHub = gitHubService(parts.gitHubJobs, entra.issuers);
  const pipelines = pipelinesService(parts.serviceConnections, entra.issuers);
  const timestamp = timestampService(parts.timestampAuthority, parts.clock);
  const registry = registryTokenService(registries, { entra, roles, tokens: registryTokens });

  const serviceOf = (host: string): Service | undefined => {
    if (cloudOfAuthority(host) !== undefined) return authority;
    if (cloudOfArm(host) !== undefined) return arm;
    if (vaultOfHost(host) !== undefined) return vault;
    if (host.endsWith(gitHubSuffix)) return gitHub;
    if (host === timestampHost) return timestamp;
    return host === pipelinesHost ? pipelines : undefined;
  };
  const start = (host: string, service: Service, req: IncomingMessage, res: ServerResponse) => {
    serve(host, service, { faults, log }, req, res).catch((error: unknown) => {
      // The client went away or sent too much: nobody is left to answer.
      res.destroy(error instanceof Error ? error : undefined);
    });
  };
  const knows = (host: string): boolean => {
    const name = bare(host);
    if (vaultOfHost(name) !== undefined) return vaults.byHost(name) !== undefined;
    return serviceOf(name) !== undefined || registries.byLoginServer(name) !== undefined;
  };
  return {
    handle: (host, req, res) => {
      const service = serviceOf(bare(host));
      if (service === undefined) return false;
      if (knows(host)) start(bare(host), service, req, res);
      else req.socket.destroy();
      return true;
    },
    handleRegistryAuth: (loginServer, req, res) => {
      start(bare(loginServer), registry, req, res);
    },
    knows,
    trustAvailable: (loginServer) =>
      registries.byLoginServer(bare(loginServer))?.settings.contentTrust === true,
    referrersAvailable: (loginServer) =>
      registries.byLoginServer(bare(loginServer))?.settings.customerManagedKey === false,
    certificateNames: [
      ...Object.values(clouds).flatMap(({ authorities, arm: armHost, vaultSuffix }) => [
        ...authorities,
        armHost,
        `*.${vaultSuffix}`,
      ]),
      `*${gitHubSuffix}`,
      pipelinesHost,
      timestampHost,
    ],
    tokenIssuer: {
      issuer: registryTokenIssuer,
      audience,
      certificatePem: registryTokens.key.certificatePem,
    },
    control: createControl(parts),
  };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
