/** What ARM knows of a registry, and whether such a registry can hold signatures at all. */
import { TrustError } from '../errors.js';
import { isRecord } from '../http/index.js';
import { parseRegistryId, readFromArm } from './arm.js';
import type { ArmAccess } from './arm.js';

/** Properties that decide about content trust; undefined where ARM does not say. */
interface RegistryProperties {
  readonly loginServer: string | undefined;
  /** `Basic`, `Standard` or `Premium`. */
  readonly sku: string | undefined;
  /** `enabled` or `disabled`. */
  readonly trustPolicy: string | undefined;
  /** `LegacyRegistryPermissions` or `AbacRepositoryPermissions`. */
  readonly roleAssignmentMode: string | undefined;
  readonly publicNetworkAccess: string | undefined;
}

/** The properties, or why they are not known. */
type RegistryPropertiesAnswer =
  | { readonly state: 'read'; readonly properties: RegistryProperties }
  | { readonly state: 'not checked'; readonly why: string };

const apiVersion = '2025-11-01';

/** Needs the action `registries/read`, which AcrPush and AcrImageSigner do not include. */
export async function readRegistryProperties(
  access: ArmAccess,
  registryId: string,
): Promise<RegistryPropertiesAnswer> {
  const answer = await readFromArm(
    access,
    `${parseRegistryId(registryId)}?api-version=${apiVersion}`,
  );
  if (answer.state === 'not checked') {
    return answer;
  }
  const sku = member(answer.body, 'sku');
  const properties = member(answer.body, 'properties');
  const trustPolicy = member(member(properties, 'policies'), 'trustPolicy');
  return {
    state: 'read',
    properties: {
      loginServer: text(properties.loginServer)?.toLowerCase(),
      sku: text(sku.name),
      trustPolicy: text(trustPolicy.status),
      roleAssignmentMode: text(properties.roleAssignmentMode),
      publicNetworkAccess: text(properties.publicNetworkAccess),
    },
  };
}

/**
 * Why a registry with these properties cannot hold signatures; undefined when nothing speaks
 * against it. Switching content trust off and on is never advised: it deletes all trust data.
 */
export function contentTrustObstacle(properties: RegistryProperties): TrustError | undefined {
  const { loginServer = 'The registry', sku, trustPolicy, roleAssignmentMode } = properties;
  if (trustPolicy !== undefined && trustPolicy.toLowerCase() !== 'enabled') {
    return unavailable(`${loginServer} has content trust disabled`);
  }
  if (sku !== undefined && sku.toLowerCase() !== 'premium') {
    return unavailable(`${loginServer} is of tier ${sku}; content trust needs Premium`);
  }
  return roleAssignmentMode?.toLowerCase() === 'abacrepositorypermissions'
    ? unavailable(`${loginServer} uses repository permissions (ABAC), which cannot sign`)
    : undefined;
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
