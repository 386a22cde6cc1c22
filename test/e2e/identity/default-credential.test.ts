/** Agents that are neither GitHub's nor Azure Pipelines': what DefaultAzureCredential finds there. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
import { expectFailure } from '../expectations.js';
import { setUp } from '../set-up.js';
import { expectSigns, nobody, runAs } from './signs.js';

const { stack, scenario } = await setUp();

describe('without inputs that name a principal', () => {
  it('the variables AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET do', async () => {
    const { clientId, tenantId, clientSecret } = scenario.signer;
    await expectSigns(scenario, {
      host: 'cli',
      inputs: nobody,
      env: {
        AZURE_CLIENT_ID: clientId,
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_SECRET: clientSecret,
      },
    });
  });

  it('the workload identity of a cluster does', async () => {
    const { clientId, tenantId } = scenario.signer;
    const issuer = 'https://oidc.contoso-cluster.example/1';
    const subject = 'system:serviceaccount:ci:agent';
    const audience = 'api://AzureADTokenExchange';
    await stack.azure.addFederatedCredential(clientId, { issuer, subject, audience });
    const { token } = await stack.azure.issueFederatedToken({ issuer, subject });
    const file = path.join(stack.info.folder, 'federated-token');
    await writeFile(file, token, { mode: 0o600 });
    await expectSigns(scenario, {
      host: 'cli',
      inputs: nobody,
      env: {
        AZURE_CLIENT_ID: clientId,
        AZURE_TENANT_ID: tenantId,
        AZURE_FEDERATED_TOKEN_FILE: file,
        AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
      },
    });
  });

  it('a wrong secret in them is told as such', async () => {
    const { clientId, tenantId } = scenario.signer;
    const result = await runAs(scenario, scenario.repository(), {
      host: 'cli',
      inputs: nobody,
      env: {
        AZURE_CLIENT_ID: clientId,
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_SECRET: 'not-the-secret',
      },
    });
    expectFailure(result, { code: 'CREDENTIAL_REJECTED', message: /secret/i });
  });
});
