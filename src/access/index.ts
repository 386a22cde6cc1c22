/** Who a run is to Azure and to registries. */
export {
  createAccess,
  type Access,
  type AzureAccess,
  type ScopedTrustServer,
  type Session,
} from './access.js';
export { connectionTo } from './choose-identity.js';
export type {
  AccessConfiguration,
  HostIdentity,
  NamedPrincipal,
  RegistryConnection,
} from './host.js';
export type { AccessRun } from './run.js';
export { signatureStore } from './signature-store.js';
