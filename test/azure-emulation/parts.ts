/** Everything one emulator knows, put together once; services and control work on the same parts. */
import { createRegistries } from './acr/registries.js';
import type { Registries } from './acr/registries.js';
import { createRegistryTokens } from './acr/tokens.js';
import type { RegistryTokens } from './acr/tokens.js';
import { createClock } from './core/clock.js';
import type { Clock } from './core/clock.js';
import { createFaults } from './core/faults.js';
import type { Faults } from './core/faults.js';
import { guid } from './core/ids.js';
import { createRequestLog } from './core/request-log.js';
import type { RequestLog } from './core/request-log.js';
import type { Tenant } from './entra/directory.js';
import { createEntra } from './entra/entra.js';
import type { Entra } from './entra/entra.js';
import { createVaults } from './key-vault/vaults.js';
import type { Vaults } from './key-vault/vaults.js';
import { createGitHubJobs } from './oidc/github.js';
import type { GitHubJobs } from './oidc/github.js';
import { createServiceConnections } from './oidc/pipelines.js';
import type { ServiceConnections } from './oidc/pipelines.js';
import { createTimestampAuthority, type TimestampAuthority } from './timestamp/authority.js';
import { createRoles } from './roles/assignments.js';
import type { Roles } from './roles/assignments.js';

/** The parts of an emulator. */
export interface EmulatorParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly entra: Entra;
  /** The tenant that everything belongs to unless another is named. */
  readonly homeTenant: Tenant;
  readonly gitHubJobs: GitHubJobs;
  readonly serviceConnections: ServiceConnections;
  readonly roles: Roles;
  readonly vaults: Vaults;
  readonly registries: Registries;
  readonly registryTokens: RegistryTokens;
  readonly timestampAuthority: TimestampAuthority;
  /** ARM id of the resource group that holds every resource. */
  readonly resourceGroup: string;
}

/** Makes the parts of an emulator that is empty but for one tenant in the public cloud. */
export function createParts(registryAudience: string): EmulatorParts {
  const clock = createClock();
  const entra = createEntra(clock);
  return {
    clock,
    faults: createFaults(),
    log: createRequestLog(),
    entra,
    homeTenant: entra.directory.addTenant('public'),
    gitHubJobs: createGitHubJobs(),
    serviceConnections: createServiceConnections(entra.issuers),
    roles: createRoles(),
    vaults: createVaults(),
    registries: createRegistries(),
    registryTokens: createRegistryTokens(clock, registryAudience),
    timestampAuthority: createTimestampAuthority(clock.now()),
    resourceGroup: `/subscriptions/${guid()}/resourceGroups/trust`,
  };
}
