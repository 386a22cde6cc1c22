/** Registries as ARM shows them, and only those a caller may read. */
import type { Registries, Registry } from '../acr/registries.js';
import type { Principal } from '../entra/entra.js';
import type { Roles } from '../roles/assignments.js';

/** The action that reading a registry needs; AcrPush and AcrImageSigner do not have it. */
export const readAction = 'Microsoft.ContainerRegistry/registries/read';

/** Tells whether `principal` may read `registry`. */
export function mayRead(principal: Principal, registry: Registry, roles: Roles): boolean {
  return (
    principal.tenantId === registry.tenantId &&
    roles.action(principal.objectId, readAction, registry.id) !== 'none'
  );
}

/** The registries of the caller's tenant that it may read. */
export function readable(
  principal: Principal,
  registries: Registries,
  roles: Roles,
): readonly Registry[] {
  return registries.list().filter((registry) => mayRead(principal, registry, roles));
}

/** The resource as ARM answers it. */
export function registryBody(registry: Registry): object {
  const { settings } = registry;
  return {
    type: 'Microsoft.ContainerRegistry/registries',
    id: registry.id,
    name: registry.name,
    location: 'westeurope',
    tags: {},
    sku: { name: settings.sku, tier: settings.sku },
    properties: {
      loginServer: registry.loginServer,
      provisioningState: 'Succeeded',
      adminUserEnabled: settings.adminUserEnabled,
      anonymousPullEnabled: settings.anonymousPullEnabled,
      publicNetworkAccess: settings.publicNetworkAccess,
      // Only the Premium tier has rules; a key of the customer can be given at creation only.
      ...(settings.sku === 'Premium' && {
        networkRuleSet: { defaultAction: settings.networkDefault, ipRules: [] },
      }),
      encryption: { status: settings.customerManagedKey ? 'enabled' : 'disabled' },
      roleAssignmentMode: settings.roleAssignmentMode,
      policies: {
        trustPolicy: { type: 'Notary', status: settings.contentTrust ? 'enabled' : 'disabled' },
        azureADAuthenticationAsArmPolicy: {
          status: settings.armAudienceEnabled ? 'enabled' : 'disabled',
        },
      },
    },
  };
}
