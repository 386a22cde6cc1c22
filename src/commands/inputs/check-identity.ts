/**
 * Which credentials go together, before any of them is used. What would leave open who the run is, is an
 * error that names both; what is never read beside something else is no error.
 */
import { cloudByAuthority, cloudByName } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import type { HostContext } from '../context.js';
import type { identityInputs, PrincipalInputs } from './identity.js';
import type { Read } from './read.js';

type IdentityRead = Read<typeof identityInputs>;

/** Of each of these no more than one says who the run is, or proves it. */
const alternatives: readonly {
  readonly input: 'azure-subscription' | keyof PrincipalInputs;
  readonly others: readonly (keyof PrincipalInputs)[];
  readonly remedy: string;
}[] = [
  {
    input: 'azure-subscription',
    others: [
      'client-id',
      'managed-identity',
      'tenant-id',
      'client-secret',
      'client-certificate',
      'client-certificate-password',
    ],
    remedy: 'Sign in with the service connection or with a principal of its own, not with both.',
  },
  {
    input: 'managed-identity',
    others: [
      'client-id',
      'tenant-id',
      'client-secret',
      'client-certificate',
      'client-certificate-password',
    ],
    remedy: 'Sign in with the managed identity or with a service principal, not with both.',
  },
  {
    input: 'client-secret',
    others: ['client-certificate', 'client-certificate-password'],
    remedy: 'Give the secret or the certificate of the service principal, not both.',
  },
];

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Notes what is wrong with the inputs that say who the run is. */
export function checkIdentity(read: IdentityRead, host: HostContext['identity'] = {}): void {
  const { values, conflict, nameInput } = read;
  for (const { input, others, remedy } of alternatives) {
    const other = others.find((name) => values[name] !== undefined);
    if (values[input] === undefined || other === undefined) continue;
    conflict(other, `is set, and so is "${nameInput(input)}"`, remedy);
  }
  checkProof(read);
  checkForm(read);
  checkCloud(read, host);
  checkVariables(read, host);
}

/** What proves a principal comes with its names. */
function checkProof({ values, add, conflict, has, nameInput }: IdentityRead): void {
  const password = 'client-certificate-password';
  if (values[password] !== undefined && !values['client-certificate'] && !has(password)) {
    conflict(
      password,
      `is set, and "${nameInput('client-certificate')}" is not`,
      'Give the certificate that it opens, or leave it out.',
    );
  }
  const proof = (['client-secret', 'client-certificate'] as const).find(
    (name) => values[name] !== undefined,
  );
  for (const name of ['client-id', 'tenant-id'] as const) {
    if (proof === undefined || values[name] !== undefined) continue;
    const problem = `is not set, but "${nameInput(proof)}" is`;
    add({ input: name, problem, code: 'INPUT_MISSING' });
  }
}

const managedIdentityId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i;

function checkForm({ values, add }: IdentityRead): void {
  const { 'client-id': clientId, 'tenant-id': tenantId, 'managed-identity': managed } = values;
  if (clientId !== undefined && !guid.test(clientId)) {
    add({ input: 'client-id', problem: 'is not a GUID', code: 'INPUT_INVALID' });
  }
  if (tenantId !== undefined && !guid.test(tenantId) && !/^[\w-]+(\.[\w-]+)+$/.test(tenantId)) {
    add({
      input: 'tenant-id',
      problem: 'is neither a GUID nor a domain name',
      code: 'INPUT_INVALID',
    });
  }
  if (managed === undefined || managed === 'system') return;
  if (!guid.test(managed) && !managedIdentityId.test(managed)) {
    add({
      input: 'managed-identity',
      problem: 'is neither `system`, an object ID (a GUID), nor the resource ID of an identity',
      code: 'INPUT_INVALID',
      remedy:
        'See the identities with: az identity list --query "[].{id:id, principalId:principalId}" --output table',
    });
  }
}

/** The cloud of a service connection is not up to anybody else. */
function checkCloud(
  { values, conflict, nameInput }: IdentityRead,
  { serviceConnection }: HostContext['identity'],
): void {
  const { cloud } = values;
  if (cloud === 'auto') return;
  const own = knownCloud(serviceConnection?.cloud);
  if (own === undefined || own === cloud) return;
  conflict(
    'cloud',
    `is ${cloud}, and the service connection of "${nameInput('azure-subscription')}" is of ${own}`,
    `Leave ${nameInput('cloud')} out, or name a service connection of ${cloud}.`,
  );
}

function knownCloud(name: string | undefined): string | undefined {
  try {
    return name === undefined ? undefined : cloudByName(name).name;
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return undefined;
  }
}

/**
 * Variables that Azure's libraries read, held against inputs that leave to them who the run is, or that
 * name one managed identity while they name another. Inputs that prove a principal are never mixed with
 * variables, which may be there for another tool.
 */
function checkVariables(read: IdentityRead, host: HostContext['identity']): void {
  const { values, environment, conflict, nameInput } = read;
  const { 'client-id': clientId, 'tenant-id': tenantId, cloud } = values;
  const isProven = values['client-secret'] !== undefined || !!values['client-certificate'];
  if (host.serviceConnection || isProven || values['azure-subscription'] !== undefined) return;
  const differ = (input: 'client-id' | 'tenant-id' | 'cloud', variable: string, text: string) => {
    conflict(
      input,
      `is ${values[input] ?? ''}, and the variable ${variable} is ${text}`,
      `Leave ${nameInput(input)} out, or unset ${variable} for this step.`,
    );
  };
  const client = environment.AZURE_CLIENT_ID ?? '';
  if (clientId !== undefined && tenantId === undefined && differs(clientId, client)) {
    differ('client-id', 'AZURE_CLIENT_ID', client);
  }
  // From here on it is the variables that say who the run is.
  if (clientId !== undefined || values['managed-identity'] !== undefined) return;
  const tenant = environment.AZURE_TENANT_ID ?? '';
  if (tenantId !== undefined && differs(tenantId, tenant)) {
    differ('tenant-id', 'AZURE_TENANT_ID', tenant);
  }
  const { registryConnection } = host;
  const isConnected = registryConnection && registryConnection.login.kind !== 'password';
  if (isConnected && tenantId === undefined) return;
  if (cloud === 'auto') return;
  const authority = environment.AZURE_AUTHORITY_HOST ?? '';
  const named = cloudByAuthority(authority)?.name;
  if (named !== undefined && named !== cloud) {
    differ('cloud', 'AZURE_AUTHORITY_HOST', authority);
  }
}

/** Whether two names are of different principals or tenants: a GUID and a domain may mean the same. */
function differs(given: string, variable: string): boolean {
  return (
    variable !== '' &&
    guid.test(given) === guid.test(variable) &&
    given.toLowerCase() !== variable.toLowerCase()
  );
}
