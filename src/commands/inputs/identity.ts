/** The inputs of every command that say who the run is, and how it signs in. */
import type { NamedPrincipal } from '../../access/index.js';
import { parseRegistryId } from '../../azure/index.js';
import type { Input, Inputs, InputValues } from '../../inputs/index.js';
import type { Read } from './read.js';

/** Every command has them. */
export const identityInputs = {
  'azure-subscription': {
    type: 'text',
    group: 'identity',
    label: 'Azure service connection',
    taskAliases: ['azureServiceConnection'],
    help: 'Azure Resource Manager service connection (workload identity federation, secret or certificate) of the principal that pushes and signs.',
    hosts: ['task'],
    example: 'contoso-production',
  },
  'client-id': {
    type: 'text',
    group: 'identity',
    label: 'Client ID',
    help: 'Application (client) ID of the service principal. With `tenant-id` alone on GitHub, the workflow signs in by OpenID Connect and needs the permission `id-token: write`. Alone, it names a user-assigned managed identity. Without any of these and `managed-identity`, the sources of `DefaultAzureCredential` are used.',
    example: '11111111-2222-3333-4444-555555555555',
  },
  'managed-identity': {
    type: 'text',
    group: 'identity',
    label: 'Managed identity',
    help: 'A user-assigned managed identity of this machine by its resource ID or its object (principal) ID, where its client ID is not known; `system` for the system-assigned one. Instead of `client-id`.',
    example:
      '/subscriptions/0000/resourceGroups/build/providers/Microsoft.ManagedIdentity/userAssignedIdentities/signer',
  },
  'tenant-id': {
    type: 'text',
    group: 'identity',
    label: 'Tenant ID',
    help: 'Directory (tenant) ID of the service principal.',
    example: '66666666-7777-8888-9999-000000000000',
  },
  'client-secret': {
    type: 'text',
    group: 'identity',
    label: 'Client secret',
    help: 'Secret of the service principal.',
    secret: true,
    example: '(a secret variable)',
  },
  'client-certificate': {
    type: 'text',
    group: 'identity',
    label: 'Client certificate',
    help: 'Certificate of the service principal with its RSA private key: the path of a PEM or PKCS#12 (.pfx) file, or the text of one.',
    secret: true,
    references: ['path'],
    example: '/etc/acr/principal.pem',
  },
  'client-certificate-password': {
    type: 'text',
    group: 'identity',
    label: 'Password of the client certificate',
    help: 'Opens the private key of the client certificate if it is encrypted.',
    secret: true,
    example: '(a secret variable)',
  },
  cloud: {
    type: 'choice',
    group: 'identity',
    label: 'Azure cloud',
    help: 'The Azure cloud of principal and registry.',
    choices: {
      auto: "The service connection's cloud, otherwise the one the registry's name belongs to.",
      AzureCloud: 'Azure.',
      AzureChinaCloud: 'Azure operated by 21Vianet.',
      AzureUSGovernment: 'Azure Government.',
    },
    default: 'auto',
    example: 'AzureUSGovernment',
  },
} as const satisfies Inputs;

const containerRegistry = {
  type: 'text',
  group: 'identity',
  label: 'Docker Registry service connection',
  help: 'Docker Registry service connection, as `Docker@2` takes it: it names the registry, so that `registry` may be left out, and logs in to it. One of the type Azure Container Registry serves Key Vault as well, where nothing else names a principal; one with user name and password is for its registry alone.',
  hosts: ['task'],
  example: 'contoso',
} as const satisfies Input;

const registryLogin = {
  type: 'choice',
  group: 'identity',
  label: 'Registry login',
  help: 'How to log in to the registry.',
  choices: {
    azure: 'With a fresh registry token for the principal of the run.',
    existing: "With the login that the user's own Docker configuration has for the registry.",
  },
  default: 'azure',
  example: 'existing',
} as const satisfies Input;

/** How a command logs in to registries, if not as the principal of the run. */
export const registryLoginInputs = {
  'container-registry': containerRegistry,
  'registry-login': registryLogin,
} as const satisfies Inputs;

export const registryId = {
  type: 'text',
  group: 'advanced',
  label: 'Resource ID of the registry',
  help: 'Lets the run ask Azure Resource Manager up front whether the registry has content trust and the principal its roles, if the principal may read that. It also completes the role assignment commands in errors.',
  example:
    '/subscriptions/0000/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso',
} as const satisfies Input;

/** The resource ID of the registry, if it is set and can be read. */
export function readRegistryId({
  values,
  parse,
}: Read<{ readonly 'registry-id': typeof registryId }>): string | undefined {
  const text = values['registry-id'];
  return text === undefined ? undefined : parse('registry-id', () => parseRegistryId(text));
}

export type PrincipalInputs = Omit<
  InputValues<typeof identityInputs>,
  'azure-subscription' | 'cloud'
>;

export function readPrincipal(values: PrincipalInputs): NamedPrincipal {
  return {
    clientId: values['client-id'],
    tenantId: values['tenant-id'],
    clientSecret: values['client-secret'],
    certificate: values['client-certificate'],
    certificatePassword: values['client-certificate-password'],
    managedIdentity: values['managed-identity'],
  };
}
