import { describe, expect, it } from 'vitest';

import { explainTokenFailure } from '../../src/azure/credential-errors.js';
import { clouds } from '../../src/azure/index.js';
import type { Identity } from '../../src/azure/index.js';
import { TrustError } from '../../src/errors.js';
import { fakeHttp } from '../registry/fake-http.js';

const explain = (thrown: unknown, identity: Identity, status = 200) =>
  explainTokenFailure(thrown, {
    identity,
    cloud: clouds.AzureCloud,
    scope: 'https://vault.azure.net/.default',
    http: fakeHttp(() => ({ status })).http,
  });

const unavailable = Object.assign(new Error('EnvironmentCredential is unavailable. tok-secret'), {
  name: 'CredentialUnavailableError',
});

describe('a failure to sign in', () => {
  it('with nothing to sign in with names the inputs and the sources tried', async () => {
    const error = await explain(unavailable, { kind: 'default' });
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.remedy).toContain('client-secret');
    expect(error.remedy).toContain('Azure CLI');
    expect(error.message).toContain('tried EnvironmentCredential');
    expect(error.message).not.toContain('tok-secret');
  });

  it('without the managed identity says so', async () => {
    const error = await explain(unavailable, { kind: 'managed-identity' });
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('managed identity');
  });

  it('of a found credential is explained by its code', async () => {
    const thrown = new Error('invalid_client: AADSTS7000222: expired');
    expect((await explain(thrown, { kind: 'default' })).code).toBe('CREDENTIAL_REJECTED');
  });

  it('that was cancelled is an interruption', async () => {
    const thrown = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect((await explain(thrown, { kind: 'default' })).code).toBe('INTERRUPTED');
  });

  it('that is one of ours stays as it is', async () => {
    const ours = new TrustError('CREDENTIAL_INVALID', 'x', { remedy: 'y' });
    expect(await explain(ours, { kind: 'default' })).toBe(ours);
  });

  it('that nobody foresaw repeats only its kind', async () => {
    const ids = { tenantId: 'contoso.com', clientId: 'c' };
    const identity: Identity = { kind: 'secret', ...ids, clientSecret: 's' };
    const error = await explain(new Error('server_error: {"token":"tok-secret"}'), identity);
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('answered no token (server_error)');
    expect(error.message + String(error.cause)).not.toContain('tok-secret');
    expect((await explain(new Error('x'), identity, 502)).message).toContain('status 502');
  });
});
