/** Tokens of the host in place of secrets: OpenID Connect of GitHub and of Azure Pipelines. */
import { beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, stateOf } from '../expectations.js';
import { setUp } from '../set-up.js';
import { makePrincipalCertificate } from './certificate.js';
import { connectionVariables } from './service-connection.js';
import { expectSigns, nobody, runAs } from './signs.js';

const { stack, scenario } = await setUp();
const subject = 'repo:contoso/app:ref:refs/heads/main';

beforeAll(async () => {
  await stack.azure.addFederatedCredential(scenario.signer.clientId, {
    issuer: 'https://token.actions.githubusercontent.com',
    subject,
    audience: 'api://AzureADTokenExchange',
  });
});

const oidc = { 'client-secret': undefined };

/** What the runner gives a job with the permission `id-token: write`. */
async function gitHubJob(of: string): Promise<Record<string, string>> {
  const { requestUrl, requestToken } = await stack.azure.createGitHubOidc({ subject: of });
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  };
}

describe('OpenID Connect on GitHub', () => {
  it('signs in with client and tenant alone', async () => {
    await expectSigns(scenario, { host: 'action', inputs: oidc, env: await gitHubJob(subject) });
  });

  it('explains the missing permission "id-token: write"', async () => {
    const repository = scenario.repository();
    const before = await stateOf(scenario, repository);
    const result = await runAs(scenario, repository, { host: 'action', inputs: oidc });
    expectFailure(result, {
      code: 'CREDENTIAL_MISSING',
      message: /may not ask GitHub for an OpenID Connect token/,
      remedy: /id-token: write.*fork/,
    });
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('names the subject that the application does not trust', async () => {
    const env = await gitHubJob('repo:contoso/app:pull_request');
    const result = await runAs(scenario, scenario.repository(), {
      host: 'action',
      inputs: oidc,
      env,
    });
    expectFailure(result, {
      code: 'FEDERATION_REFUSED',
      message: /repo:contoso\/app:pull_request/,
    });
  });
});

const connectionId = '7b0c1d3e-6a0f-4d57-9a55-0d3c6c1f2b11';

const viaConnection = (id: string) => ({ ...nobody, 'azure-subscription': id });

describe('a service connection of Azure Pipelines', () => {
  it('signs in by its secret', async () => {
    await expectSigns(scenario, {
      host: 'task',
      inputs: viaConnection(connectionId),
      env: connectionVariables(scenario.signer, connectionId, 'ServicePrincipal', {
        authenticationType: 'spnKey',
        serviceprincipalkey: scenario.signer.clientSecret,
      }),
    });
  });

  it('signs in by its certificate', async () => {
    const { certificate, plain } = makePrincipalCertificate('');
    await stack.azure.addClientCertificate(scenario.signer.clientId, certificate);
    await expectSigns(scenario, {
      host: 'task',
      inputs: viaConnection(connectionId),
      env: connectionVariables(scenario.signer, connectionId, 'ServicePrincipal', {
        authenticationType: 'spnCertificate',
        servicePrincipalCertificate: plain,
      }),
    });
  });

  it.each(['20', '24'] as const)(
    'signs in by workload identity federation (Node %s)',
    async (node) => {
      const connection = await stack.azure.createServiceConnection({
        name: `contoso/shop/production-${node}`,
        clientId: scenario.signer.clientId,
      });
      await expectSigns(scenario, {
        host: 'task',
        node,
        inputs: viaConnection(connection.id),
        env: {
          ...connectionVariables(scenario.signer, connection.id, 'WorkloadIdentityFederation', {}),
          ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION: 'OAuth',
          ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: connection.accessToken,
          SYSTEM_OIDCREQUESTURI: connection.oidcRequestUri,
        },
      });
    },
  );

  it('is not mixed with a principal of its own', async () => {
    const result = await runAs(scenario, scenario.repository(), {
      host: 'task',
      inputs: { 'azure-subscription': connectionId },
      env: connectionVariables(scenario.signer, connectionId, 'ServicePrincipal', {
        serviceprincipalkey: scenario.signer.clientSecret,
      }),
    });
    expectFailure(result, { code: 'INPUT_CONFLICT', message: /azureSubscription/ });
  });
});

describe('a Docker Registry service connection', () => {
  const registryId = '0f2a4c6e-8b1d-4e3f-9a55-7c9d1b3e5f60';

  it('to an Azure registry names it, and signs in to the vault as well', async () => {
    const { loginServer } = scenario.registry;
    await expectSigns(scenario, {
      host: 'task',
      inputs: { ...nobody, registry: undefined, 'container-registry': registryId },
      env: {
        ...connectionVariables(scenario.signer, registryId, 'ServicePrincipal', {
          loginServer,
          serviceprincipalkey: scenario.signer.clientSecret,
        }),
        [`ENDPOINT_DATA_${registryId}_REGISTRYTYPE`]: 'ACR',
      },
    });
  });
});
