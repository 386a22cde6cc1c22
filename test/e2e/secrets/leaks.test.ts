/**
 * Nothing that is secret is to be found after a run, wherever one looks: every host and every kind
 * of credential and key, runs that succeed and runs that fail, all with debug output on. The one
 * exception are the commands that tell a host what to mask; a secret stands nowhere else in a log,
 * and so not before them either.
 */
import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makePrincipalCertificate } from '../identity/certificate.js';
import { expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import type { ProductHost } from '../product.js';
import { newPrivateKey } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { findLeaks, keySecrets, type KnownSecret, type Trace } from './forms.js';
import { runRecorded, type Recorded, type RecordedRun } from './runs.js';

const { stack, scenario } = await setUp();
const secrets: KnownSecret[] = [];
const traces: Trace[] = [];

const keep = (name: string, value: string): string => {
  secrets.push({ name, value });
  return value;
};

keep('client secret', scenario.signer.clientSecret);

/** A key in a vault secret, encrypted if there is a passphrase. */
async function storedKey(passphrase?: string): Promise<string> {
  const plain = newPrivateKey();
  secrets.push(...keySecrets('signing key', plain));
  if (passphrase === undefined) return scenario.vault.secret(plain);
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return scenario.vault.secret(createPrivateKey(plain).export(options).toString());
}

const dockerfile = (...instructions: string[]): string =>
  [
    'FROM scratch',
    'COPY busybox /bin/busybox',
    'COPY marker /marker',
    'SHELL ["/bin/busybox", "sh", "-c"]',
    ...instructions,
    'CMD ["/bin/busybox", "cat", "/marker"]',
  ].join('\n');

/** A recorded run whose traces are looked through at the end. */
async function record(
  { inputs, ...run }: RecordedRun,
  instructions: readonly string[] = [],
): Promise<Recorded & { readonly repository: string }> {
  const repository = scenario.repository();
  const context = await stack.makeImageContext(repository, {
    dockerfile: dockerfile(...instructions),
  });
  const recorded = await runRecorded(scenario, {
    ...run,
    inputs: { repository, tags: '1.0', context, ...inputs },
  });
  traces.push(...recorded.traces);
  return { ...recorded, repository };
}

async function expectSignedBy({ result, repository }: Awaited<ReturnType<typeof record>>) {
  expectSuccess(result);
  await expectSigned(scenario, repository, {
    tags: ['1.0'],
    digest: result.outputs.digest ?? 'no digest',
  });
}

async function gitHubJob(): Promise<Record<string, string>> {
  const subject = `repo:contoso/app:ref:refs/heads/${scenario.repository()}`;
  await stack.azure.addFederatedCredential(scenario.signer.clientId, {
    issuer: 'https://token.actions.githubusercontent.com',
    subject,
    audience: 'api://AzureADTokenExchange',
  });
  const { requestUrl, requestToken } = await stack.azure.createGitHubOidc({ subject });
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: keep('request token of GitHub', requestToken),
  };
}

async function federatedConnection(): Promise<{ id: string; env: Record<string, string> }> {
  const { clientId, tenantId } = scenario.signer;
  const name = `contoso/shop/${scenario.repository().replaceAll('/', '-')}`;
  const connection = await stack.azure.createServiceConnection({ name, clientId });
  const { id, accessToken, oidcRequestUri } = connection;
  return {
    id,
    env: {
      [`ENDPOINT_AUTH_SCHEME_${id}`]: 'WorkloadIdentityFederation',
      [`ENDPOINT_AUTH_PARAMETER_${id}_SERVICEPRINCIPALID`]: clientId,
      [`ENDPOINT_AUTH_PARAMETER_${id}_TENANTID`]: tenantId,
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: keep(
        'System.AccessToken',
        accessToken,
      ),
      SYSTEM_OIDCREQUESTURI: oidcRequestUri,
    },
  };
}

const hosts: readonly ProductHost[] = ['action', 'task', 'cli'];

describe('a run that succeeds', () => {
  it.each(hosts)('with encrypted keys for the docker engine (%s)', async (host) => {
    const own = keep('passphrase', `pass phrase/${host} +1`);
    const stored = keep('stored passphrase', `stored passphrase ${host} & more`);
    const run = await record({
      title: `docker engine, ${host}`,
      host,
      docker: 'docker20',
      inputs: {
        engine: 'docker',
        'signing-key': await storedKey(own),
        'signing-key-passphrase': own,
        'root-key': await storedKey(stored),
        'root-key-passphrase': await scenario.vault.secret(stored),
      },
    });
    await expectSignedBy(run);
    // Docker did get the key, opened by a passphrase of this run that only this child knew.
    const pushes = run.calls.filter(({ args }) => args[0] === 'push');
    expect(pushes.map(({ keyFiles }) => keyFiles.length)).toEqual([1]);
    const passphrase = pushes[0]?.environment.DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE ?? '';
    expect(passphrase.length).toBeGreaterThan(20);
    keep('passphrase of the run', passphrase);
    const elsewhere = run.calls.filter(({ args }) => args[0] !== 'push');
    expect(elsewhere.filter((call) => JSON.stringify(call).includes(passphrase))).toEqual([]);
    const logs = run.traces.filter(({ where }) => !where.includes('environment of docker push'));
    expect(findLeaks([{ name: 'passphrase of the run', value: passphrase }], logs)).toEqual([]);
    secrets.pop();
  });

  it('signed in by OpenID Connect of GitHub, with a build secret', async () => {
    const token = 'npm_0123456789+abc/def';
    const recorded = await record(
      {
        title: 'OpenID Connect',
        host: 'action',
        docker: 'docker26',
        dockerConfig: await stack.makeDockerConfig({ buildx: true }),
        env: { ...(await gitHubJob()), NPM_TOKEN: token },
        inputs: {
          'client-secret': undefined,
          builder: 'buildx',
          secrets: 'id=npm,env=NPM_TOKEN',
          'signing-key': await storedKey(),
          'root-key': await scenario.vault.key(),
        },
      },
      ['RUN --mount=type=secret,id=npm /bin/busybox test -s /run/secrets/npm'],
    );
    await expectSignedBy(recorded);
    // A build secret is for Docker: its environment may hold it, and nothing else.
    const others = recorded.traces.filter(({ where }) => !where.includes('environment of docker'));
    expect(findLeaks([{ name: 'build secret', value: token }], others)).toEqual([]);
  });

  it('signed in by workload identity federation of Azure Pipelines', async () => {
    const { id, env } = await federatedConnection();
    await expectSignedBy(
      await record({
        title: 'workload identity federation',
        host: 'task',
        docker: 'docker20',
        env,
        inputs: {
          ...{ 'client-id': undefined, 'tenant-id': undefined, 'client-secret': undefined },
          'azure-subscription': id,
          'signing-key': await scenario.vault.key(),
          'root-key': await storedKey(),
        },
      }),
    );
  });

  it.each(hosts)('signed in by an encrypted certificate (%s)', async (host) => {
    const password = keep('certificate password', `certificate pass/word ${host}?`);
    const { certificate, encrypted } = makePrincipalCertificate(password);
    const key = encrypted.replace(certificate, '');
    secrets.push(...keySecrets('key of the certificate', key, password));
    await stack.azure.addClientCertificate(scenario.signer.clientId, certificate);
    await expectSignedBy(
      await record({
        title: `certificate, ${host}`,
        host,
        docker: 'docker20',
        inputs: {
          'client-secret': undefined,
          'client-certificate': encrypted,
          'client-certificate-password': password,
          ...(await makeKeys(scenario)),
        },
      }),
    );
  });
});

describe.each(hosts)('a run that fails (%s)', (host) => {
  it('by a wrong client secret', async () => {
    const { result } = await record({
      title: `wrong secret, ${host}`,
      host,
      docker: 'docker20',
      inputs: {
        'client-secret': keep('wrong client secret', `wrong/secret+${host}~0123456789`),
        'signing-key': await scenario.vault.key(),
      },
    });
    expectFailure(result, { code: 'CREDENTIAL_REJECTED', message: /secret/i });
  });

  it('by a wrong passphrase', async () => {
    const { result } = await record({
      title: `wrong passphrase, ${host}`,
      host,
      docker: 'docker20',
      inputs: {
        'signing-key': await storedKey(keep('right passphrase', `right passphrase of ${host}`)),
        'signing-key-passphrase': keep('wrong passphrase', `wrong passphrase of ${host}`),
        'root-key': await scenario.vault.key(),
      },
    });
    expectFailure(result, { code: 'KEY_PASSPHRASE_WRONG', message: /passphrase/i });
  });

  it('in its build, with the docker engine', async () => {
    const { result } = await record(
      {
        title: `failing build, ${host}`,
        host,
        docker: 'docker20',
        inputs: {
          engine: 'docker',
          'signing-key': await storedKey(),
          'root-key': await storedKey(),
        },
      },
      ['RUN /bin/busybox env; exit 7'],
    );
    expectFailure(result, { code: 'BUILD_FAILED', message: /exit code/ });
  });
});

describe('after all these runs', () => {
  it('none of their secrets and no token is found anywhere', async () => {
    const issued = await stack.azure.issuedTokens();
    expect(issued.length).toBeGreaterThan(50);
    const tokens = issued.map((value, index) => ({ name: `token ${index}`, value }));
    expect(secrets.length).toBeGreaterThan(50);
    expect(findLeaks([...secrets, ...tokens], traces)).toEqual([]);
  });

  it('no key file and no private configuration is left', () => {
    const kept = traces.filter(({ where }) =>
      /acr-content-trust-docker-|\.key$|config\.json$|\.pem$/.test(where),
    );
    expect(kept.map(({ where }) => where)).toEqual([]);
  });

  it('what is no secret is found in every kind of trace, so the search is one', () => {
    const { clientId } = scenario.signer;
    const { loginServer } = scenario.registry;
    const known = [
      { name: 'client', value: clientId },
      { name: 'registry', value: loginServer },
      { name: 'folder', value: stack.info.folder },
    ];
    const found = findLeaks(known, traces);
    for (const expected of [
      'client in certificate, task: standard output',
      'client in certificate, cli: standard error',
      'registry in certificate, action: outputs',
      'registry in certificate, cli: summary',
      'registry in certificate, cli: arguments of docker push',
      'folder in docker engine, cli: environment of docker push',
    ]) {
      expect(found).toContain(expected);
    }
    expect(found.filter((line) => /^registry in .*report.*json$/.test(line))).not.toEqual([]);
  });

  it('a secret is found in each of its forms, in the midst of other text', () => {
    const value = 'pass word/+~?>1';
    const forms = {
      plain: `a ${value} b`,
      url: `a=${encodeURIComponent(value)}&b`,
      basic: Buffer.from(`user:${value}`).toString('base64'),
      basicOfLonger: Buffer.from(`users1:${value}`).toString('base64'),
      ofTwo: Buffer.from(`us:${value}\n`).toString('base64url'),
    };
    const texts = Object.entries(forms).map(([where, text]) => ({ where, text }));
    expect(findLeaks([{ name: 'it', value }], texts)).toEqual(
      Object.keys(forms).map((where) => `it in ${where}`),
    );
  });
});
