/** Sign-ins that fail, services that cannot be reached, vaults and registries that say no. */
import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import type { ProductHost } from '../product.js';
import { credentialsOf, newPrivateKey, type Scenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { expectRefused, type Expected, type FailingRun } from './refused.js';

const { stack, scenario } = await setUp();
const context = await stack.makeImageContext('identity');

type Change = Partial<Pick<FailingRun, 'inputs' | 'env'>>;

interface Case extends Expected {
  readonly title: string;
  /** What makes the run fail. */
  readonly change: (scenario: Scenario) => Change | Promise<Change>;
  readonly hosts?: readonly ProductHost[];
}

const everywhere: readonly ProductHost[] = ['action', 'task', 'cli'];

/** A principal of its own that may push and sign, so that it can be spoilt. */
const another = () => scenario.registry.principal('AcrPush', 'AcrImageSigner');

const cases: readonly Case[] = [
  {
    title: 'a wrong secret',
    change: () => ({ inputs: { 'client-secret': 'not-the-secret-of-this-client' } }),
    code: 'CREDENTIAL_REJECTED',
    message: /refused the client secret of application [0-9a-f-]{36} \(AADSTS7000215\)/,
    remedy: /the value of the secret, not its ID/,
    hosts: everywhere,
  },
  {
    title: 'an expired secret',
    change: async () => {
      const principal = await another();
      await stack.azure.expireSecrets(principal.clientId);
      return { inputs: credentialsOf(principal) };
    },
    code: 'CREDENTIAL_REJECTED',
    message: /The client secret of application [0-9a-f-]{36} has expired/,
    remedy: /Make a new secret, or use federation/,
  },
  {
    title: 'a disabled application',
    change: async () => {
      const principal = await another();
      await stack.azure.setApplicationEnabled(principal.clientId, false);
      return { inputs: credentialsOf(principal) };
    },
    code: 'CREDENTIAL_REJECTED',
    message: /Application [0-9a-f-]{36} is disabled/,
    remedy: /Ask an administrator/,
  },
  {
    title: 'an unknown client',
    change: () => ({ inputs: { 'client-id': randomUUID() } }),
    code: 'CREDENTIAL_REJECTED',
    message: /There is no application [0-9a-f-]{36} in tenant [0-9a-f-]{36}/,
    remedy: /Check client ID and tenant ID/,
  },
  {
    title: 'a tenant that does not exist',
    change: () => ({ inputs: { 'tenant-id': randomUUID() } }),
    code: 'TENANT_NOT_FOUND',
    message: /Entra ID does not know the tenant [0-9a-f-]{36}/,
    remedy: /Check the tenant ID/,
    hosts: everywhere,
  },
  {
    title: 'a tenant that has not got the client',
    change: async () => ({
      inputs: { 'tenant-id': (await stack.azure.createTenant()).tenantId },
    }),
    code: 'CREDENTIAL_REJECTED',
    message: /There is no application [0-9a-f-]{36} in tenant/,
    remedy: /Check client ID and tenant ID/,
  },
  {
    title: 'a principal of another tenant than the registry',
    change: async () => {
      const { tenantId } = await stack.azure.createTenant();
      const otherPrincipal = await stack.azure.createServicePrincipal({ tenantId });
      return { inputs: credentialsOf(otherPrincipal) };
    },
    code: 'REGISTRY_LOGIN_REFUSED',
    message: /refused the login of [0-9a-f-]{36} \(status 401/,
    remedy: /the registry is in another tenant than the principal/,
  },
  {
    title: 'a federated subject that nobody trusts',
    change: async () => {
      const { requestUrl, requestToken } = await stack.azure.createGitHubOidc({
        subject: 'repo:contoso/app:pull_request',
      });
      await stack.azure.addFederatedCredential(scenario.signer.clientId, {
        issuer: 'https://token.actions.githubusercontent.com',
        subject: 'repo:contoso/app:ref:refs/heads/main',
        audience: 'api://AzureADTokenExchange',
      });
      return {
        inputs: { 'client-secret': undefined },
        env: {
          ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
        },
      };
    },
    code: 'FEDERATION_REFUSED',
    message: /repo:contoso\/app:pull_request/,
    remedy: /a federated credential with exactly this issuer, subject and audience/,
    hosts: ['action'],
  },
  {
    title: 'nothing that proves the client',
    change: () => ({ inputs: { 'client-secret': undefined } }),
    code: 'CREDENTIAL_MISSING',
    message: /Nothing proves that this run is the service principal [0-9a-f-]{36}/,
    remedy: /Set client-?secret or client-?certificate/i,
    hosts: ['task', 'cli'],
  },
  {
    title: 'Entra ID cannot be reached',
    change: async () => {
      const { tenantId } = await stack.azure.createTenant();
      const target = `login\\.microsoftonline\\.com/${tenantId}/`;
      await stack.failNext({ target, times: 1000, failure: { kind: 'cut' } });
      return { inputs: { 'tenant-id': tenantId } };
    },
    code: 'ENTRA_UNREACHABLE',
    message: /Entra ID at https:\/\/login\.microsoftonline\.com cannot be reached/,
    remedy: /Check the network and the proxy of this machine \(HTTPS_PROXY, NO_PROXY\)/,
  },
  {
    title: 'the proxy is not there',
    change: () => ({ env: { HTTPS_PROXY: 'http://127.0.0.1:9' } }),
    code: 'ENTRA_UNREACHABLE',
    message: /Entra ID at https:\/\/login\.microsoftonline\.com cannot be reached/,
    remedy: /HTTPS_PROXY/,
  },
  {
    title: 'a registry that does not exist',
    change: () => ({ inputs: { registry: `${uniqueName('no')}.azurecr.io` } }),
    code: 'REGISTRY_UNREACHABLE',
    message: /Registry no\w+\.azurecr\.io cannot be reached/,
    remedy: /Check/,
  },
  {
    title: 'a registry that cannot be reached',
    change: async () => {
      const { loginServer } = await stack.azure.createRegistry({ name: uniqueName('down') });
      await stack.failNext({ target: loginServer, times: 1000, failure: { kind: 'cut' } });
      return { inputs: { registry: loginServer } };
    },
    code: 'REGISTRY_UNREACHABLE',
    message: /Registry down\w+\.azurecr\.io cannot be reached/,
    remedy: /firewall and private endpoint/,
  },
  {
    title: 'a registry that is none of Azure',
    change: () => ({ inputs: { registry: 'registry.contoso.example' } }),
    code: 'INPUT_INVALID',
    message: /"registry\.contoso\.example" is not a login server .*no token was sent to it/,
    remedy: /contoso\.azurecr\.io/,
    hosts: everywhere,
  },
  {
    title: 'a vault that cannot be reached',
    change: () => ({
      inputs: { 'signing-key': `https://${uniqueName('no')}.vault.azure.net/keys/team-app` },
    }),
    code: 'VAULT_UNREACHABLE',
    message: /no\w+\.vault\.azure\.net/,
    remedy: /Check the name of the vault/,
    hosts: everywhere,
  },
  {
    title: 'a vault that forbids the key',
    change: async ({ vault }) => ({
      inputs: { ...credentialsOf(await another()), 'signing-key': await vault.key() },
    }),
    code: 'VAULT_FORBIDDEN',
    message: /Key Vault forbids reading https:\/\/vault\w+\.vault\.azure\.net\/keys\/key\w+/,
    remedy:
      /az role assignment create --role "Key Vault Crypto User" --assignee [0-9a-f-]{36} --scope \/subscriptions\/\S+\/vaults\/vault\w+/,
    hosts: everywhere,
  },
  {
    title: 'a vault that forbids the secret',
    change: async ({ vault }) => ({
      inputs: { ...credentialsOf(await another()), 'signing-key': await vault.secretKey() },
    }),
    code: 'VAULT_FORBIDDEN',
    message: /Key Vault forbids reading https:\/\/vault\w+\.vault\.azure\.net\/secrets\/secret\w+/,
    remedy:
      /az role assignment create --role "Key Vault Secrets User" --assignee [0-9a-f-]{36} --scope \/subscriptions\/\S+\/vaults\/vault\w+/,
  },
  {
    title: 'a vault that goes by access policies, and has none for the principal',
    change: async () => {
      const name = uniqueName('vault');
      await stack.azure.createVault({ name, accessPolicies: true });
      const { kid } = await stack.azure.createKey({ vault: name, name: 'app', kty: 'EC' });
      return { inputs: { 'signing-key': kid } };
    },
    code: 'VAULT_FORBIDDEN',
    message: /Key Vault forbids reading https:\/\/vault\w+\.vault\.azure\.net\/keys\/app/,
    remedy: /az keyvault set-policy --name vault\w+ --object-id [0-9a-f-]{36} --key-permissions/,
  },
  {
    title: 'a secret whose passphrase is forbidden',
    change: async ({ vault }) => {
      const name = uniqueName('vault');
      await stack.azure.createVault({ name });
      await stack.azure.setSecret({ vault: name, name: 'passphrase', value: 'open sesame' });
      return {
        inputs: {
          'signing-key': await vault.secret(newPrivateKey()),
          'signing-key-passphrase': `https://${name}.vault.azure.net/secrets/passphrase`,
        },
      };
    },
    code: 'VAULT_FORBIDDEN',
    message: /forbids reading https:\/\/vault\w+\.vault\.azure\.net\/secrets\/passphrase/,
    remedy: /--role "Key Vault Secrets User"/,
  },
];

const runs = cases.flatMap(({ hosts = ['cli'], ...rest }) =>
  hosts.map((host) => ({ host, ...rest })),
);

describe('a run that cannot sign in', () => {
  it.concurrent.each(runs)('is refused on the $host: $title', async (run) => {
    const { inputs, env } = await run.change(scenario);
    await expectRefused(
      scenario,
      {
        host: run.host,
        docker: 'docker20',
        inputs: {
          repository: scenario.repository(),
          tags: '1.0',
          context,
          ...(await makeKeys(scenario)),
          ...inputs,
        },
        ...(env && { env }),
      },
      run,
    );
  });
});
