/**
 * Checks of what Azure Resource Manager knows of a registry. Most principals that sign may not read it,
 * so that not being told is no failure.
 */
import {
  contentTrustObstacles,
  findRegistryId,
  readRegistryPermissions,
  readRegistryProperties,
  usesRepositoryPermissions,
  roleMissing,
  type ArmAccess,
  type PermissionAnswer,
  type Principal,
  type RegistryProperties,
  type TrustProperty,
} from '../azure/index.js';
import { startInBackground } from '../concurrency.js';
import { registryNameOf } from '../http/index.js';
import {
  needing,
  NotSeen,
  observed,
  pass,
  unknown,
  warn,
  type Check,
  type Observation,
  type Purpose,
} from './check.js';

/** A registry, and who asks Resource Manager about it. */
export interface RegistryResource {
  readonly host: string;
  /** Looked for by the login server where it is not known. */
  readonly registryId: string | undefined;
  readonly access: ArmAccess;
  readonly purpose: Purpose;
  /** Who is logged in to the registry; undefined for a login that is not the run's own. */
  readonly principal: Promise<Principal> | undefined;
  /** The sign-in as the identity of the run. */
  readonly signIn: Promise<unknown>;
  readonly nameInput: (name: string) => string;
}

/** What is known of the resource, for the checks that judge by it. */
export interface KnownProperties {
  readonly checks: readonly Check[];
  /** @throws {NotSeen} (the promise) why they are not known. */
  readonly properties: Promise<RegistryProperties>;
}

/** One check of the roles, and one that has a finding for each property. */
export function propertyChecks(resource: RegistryResource): KnownProperties {
  const { host } = resource;
  const id = startInBackground(idOf(resource));
  const properties = startInBackground(readProperties(resource, id));
  const common = { area: 'registry', subject: host } as const;
  return {
    properties,
    checks: [
      {
        ...common,
        check: 'properties',
        look: async () => judgeProperties(await properties, resource),
      },
      ...(resource.principal
        ? [
            {
              ...common,
              check: 'roles',
              look: async () => judgeRoles(await id, properties, resource),
            },
          ]
        : []),
    ],
  };
}

async function idOf(resource: RegistryResource): Promise<string> {
  const { host, registryId, access, signIn, nameInput } = resource;
  await needing('the sign-in', signIn);
  if (registryId !== undefined) return registryId;
  const found = await findRegistryId(access, host);
  if (found.state === 'found') return found.registryId;
  throw new NotSeen(
    found.why,
    `Set ${nameInput('registry-id')} to have the roles of this principal checked:\naz acr show --name ${registryNameOf(host)} --query id --output tsv\nFor tier, policies and network rules let a person with the role Reader on the registry run doctor, for example with the login of Azure CLI.`,
  );
}

async function readProperties(
  { access, host }: RegistryResource,
  id: Promise<string>,
): Promise<RegistryProperties> {
  const answer = await readRegistryProperties(access, await id);
  if (answer.state === 'not checked') {
    throw new NotSeen(
      `this principal may not read the properties of ${host}: ${answer.why}`,
      'Let a person with the role Reader on the registry run doctor, for example with the login of Azure CLI. The pipeline needs no such role.',
    );
  }
  const { properties } = answer;
  const { loginServer } = properties;
  if (loginServer === undefined || loginServer === host) return properties;
  throw new NotSeen(
    `the resource ID is of ${loginServer}, not of ${host}`,
    `Correct the resource ID:\naz acr show --name ${registryNameOf(host)} --query id --output tsv`,
  );
}

function judgeProperties(
  properties: RegistryProperties,
  { host, purpose }: RegistryResource,
): readonly Observation[] {
  const name = registryNameOf(host);
  const obstacles = contentTrustObstacles(properties);
  const needed = (check: string, property: TrustProperty, value: string): Observation => {
    const obstacle = obstacles.get(property);
    if (obstacle)
      return { ...observed(obstacle, purpose.isSigning && purpose.isDct ? 'fail' : 'warn'), check };
    return properties[property] === undefined ? { ...unsaid, check } : pass(value, { check });
  };
  const { sku = '', roleAssignmentMode = '' } = properties;
  return [
    needed('tier', 'sku', sku),
    needed('content trust policy', 'trustPolicy', 'enabled'),
    needed('role assignment mode', 'roleAssignmentMode', roleAssignmentMode),
    lookAtCustomerKey(properties),
    lookAtNetwork(properties),
    ...lookAtAccess(properties, name),
  ];
}

const unsaid = unknown('Azure Resource Manager does not say');

function lookAtCustomerKey({ customerKey }: RegistryProperties): Observation {
  const check = 'customer-managed key';
  if (customerKey === undefined) return { ...unsaid, check };
  if (customerKey.toLowerCase() !== 'enabled') return pass('none', { check });
  return warn(
    'used: such a registry cannot have content trust, and lists Notary Project signatures in tags',
    'Use a registry without a customer-managed key. It is chosen when a registry is created, and cannot be removed.',
    { check },
  );
}

function lookAtNetwork({ publicNetworkAccess, networkDefault }: RegistryProperties): Observation {
  const check = 'network rules';
  if (publicNetworkAccess?.toLowerCase() === 'disabled') {
    return pass('private endpoints only: runs need a network that reaches one', { check });
  }
  if (networkDefault?.toLowerCase() === 'deny') {
    return pass('selected addresses only: each machine that runs must be among them', { check });
  }
  return publicNetworkAccess === undefined ? { ...unsaid, check } : pass('all networks', { check });
}

function lookAtAccess(
  { adminUserEnabled, anonymousPullEnabled, armAuthentication }: RegistryProperties,
  name: string,
): readonly Observation[] {
  const [admin, anonymous, arm] = ['admin user', 'anonymous pull', 'authentication as ARM'];
  return [
    adminUserEnabled === undefined
      ? { ...unsaid, check: admin }
      : adminUserEnabled
        ? warn(
            'enabled: one password for all, which pushes and can never sign',
            `If nobody logs in with it, switch it off:\naz acr update --name ${name} --admin-enabled false`,
            { check: admin },
          )
        : pass('disabled', { check: admin }),
    anonymousPullEnabled === undefined
      ? { ...unsaid, check: anonymous }
      : pass(anonymousPullEnabled ? 'enabled: images are public' : 'disabled', {
          check: anonymous,
        }),
    armAuthentication === undefined
      ? { ...unsaid, check: arm }
      : pass(
          armAuthentication.toLowerCase() === 'enabled'
            ? 'enabled: the registry takes tokens for Resource Manager, too'
            : 'disabled: the registry takes tokens for registries only, as this product asks for',
          { check: arm },
        ),
  ];
}

async function judgeRoles(
  registryId: string,
  properties: Promise<RegistryProperties>,
  { host, access, purpose, principal }: RegistryResource,
): Promise<readonly Observation[]> {
  const permissions = await readRegistryPermissions(access, registryId);
  const who = (await principal?.catch(() => undefined)) ?? {};
  const known = await properties.catch(() => undefined);
  if (known && usesRepositoryPermissions(known)) {
    return [
      unknown(
        'the registry uses repository permissions (ABAC) and ignores AcrPull and AcrPush; what its own tokens allow is said at the repositories',
      ),
    ];
  }
  const isNeeded = {
    pull: true,
    push: purpose.isSigning,
    sign: purpose.isSigning && purpose.isDct,
  };
  const place = { registryId, registry: host, principal: who };
  const judge = (right: 'pull' | 'push' | 'sign', answer: PermissionAnswer): Observation => {
    const check = `role to ${right}`;
    switch (answer.state) {
      case 'granted':
        return pass('assigned', { check });
      case 'not checked':
        return { ...unknown(answer.why), check };
      case 'missing':
        return isNeeded[right]
          ? { ...observed(roleMissing(right, place)), check }
          : pass('not assigned, and not needed for what was asked', { check });
    }
  };
  return (['pull', 'push', 'sign'] as const).map((right) => judge(right, permissions[right]));
}
