/** What ARM knows of a registry, and whether such a registry can hold signatures at all. */
import { TrustError } from '../errors.js';
import { isRecord } from '../json.js';
import { parseRegistryId, readFromArm, type ArmAccess, type ArmAnswer } from './arm.js';

/** Properties that decide about signing and access; undefined where ARM does not say. */
export interface RegistryProperties {
  readonly loginServer: string | undefined;
  /** `Basic`, `Standard` or `Premium`. */
  readonly sku: string | undefined;
  /** `enabled` or `disabled`. */
  readonly trustPolicy: string | undefined;
  /** `LegacyRegistryPermissions` or `AbacRepositoryPermissions`. */
  readonly roleAssignmentMode: string | undefined;
  /** `Enabled` or `Disabled`. */
  readonly publicNetworkAccess: string | undefined;
  /** What happens to addresses that no rule names: `Allow` or `Deny`. */
  readonly networkDefault: string | undefined;
  /** Whether its storage is encrypted with a key of the customer: `enabled` or `disabled`. */
  readonly customerKey: string | undefined;
  readonly adminUserEnabled: boolean | undefined;
  readonly anonymousPullEnabled: boolean | undefined;
  /** Whether a registry login takes tokens for Resource Manager: `enabled` or `disabled`. */
  readonly armAuthentication: string | undefined;
}

const apiVersion = '2025-11-01';

/** Needs the action `registries/read`, which AcrPush and AcrImageSigner do not include. */
export async function readRegistryProperties(
  access: ArmAccess,
  registryId: string,
): Promise<ArmAnswer<{ readonly properties: RegistryProperties }>> {
  const answer = await readFromArm(
    access,
    `${parseRegistryId(registryId)}?api-version=${apiVersion}`,
  );
  if (answer.state === 'not checked') {
    return answer;
  }
  const sku = member(answer.body, 'sku');
  const properties = member(answer.body, 'properties');
  const policies = member(properties, 'policies');
  const { adminUserEnabled, anonymousPullEnabled } = properties;
  return {
    state: 'read',
    properties: {
      loginServer: text(properties.loginServer)?.toLowerCase(),
      sku: text(sku.name),
      trustPolicy: text(member(policies, 'trustPolicy').status),
      roleAssignmentMode: text(properties.roleAssignmentMode),
      publicNetworkAccess: text(properties.publicNetworkAccess),
      networkDefault: text(member(properties, 'networkRuleSet').defaultAction),
      customerKey: text(member(properties, 'encryption').status),
      adminUserEnabled: typeof adminUserEnabled === 'boolean' ? adminUserEnabled : undefined,
      anonymousPullEnabled:
        typeof anonymousPullEnabled === 'boolean' ? anonymousPullEnabled : undefined,
      armAuthentication: text(member(policies, 'azureADAuthenticationAsArmPolicy').status),
    },
  };
}

/** Whether roles are assigned by repository (ABAC): AcrPull and AcrPush then have no effect. */
export function usesRepositoryPermissions({
  roleAssignmentMode,
}: Pick<RegistryProperties, 'roleAssignmentMode'>): boolean {
  return roleAssignmentMode?.toLowerCase() === 'abacrepositorypermissions';
}

/** A property that content trust depends on. */
export type TrustProperty = 'trustPolicy' | 'sku' | 'roleAssignmentMode';

/**
 * Why a registry with these properties cannot hold signatures, by property; empty when nothing speaks
 * against it. Switching content trust off and on is never advised: it deletes all trust data.
 */
export function contentTrustObstacles(
  properties: RegistryProperties,
): ReadonlyMap<TrustProperty, TrustError> {
  const { loginServer = 'The registry', sku, trustPolicy } = properties;
  const obstacles = new Map<TrustProperty, TrustError>();
  if (trustPolicy !== undefined && trustPolicy.toLowerCase() !== 'enabled') {
    obstacles.set('trustPolicy', unavailable(`${loginServer} has content trust disabled`));
  }
  if (sku !== undefined && sku.toLowerCase() !== 'premium') {
    const why = `${loginServer} is of tier ${sku}; content trust needs Premium`;
    obstacles.set('sku', unavailable(why));
  }
  if (usesRepositoryPermissions(properties)) {
    const why = `${loginServer} uses repository permissions (ABAC), which cannot sign`;
    obstacles.set('roleAssignmentMode', unavailable(why));
  }
  return obstacles;
}

function unavailable(message: string): TrustError {
  return new TrustError('CONTENT_TRUST_UNAVAILABLE', message, {
    remedy:
      'Use a Premium registry that already has content trust. Since 31 May 2026 it cannot be ' +
      'enabled where it never was; sign with Notation there. Do not disable content trust ' +
      'anywhere you want to keep it: that deletes all trust data for good.',
  });
}

function member(
  object: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = object[name];
  return isRecord(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
