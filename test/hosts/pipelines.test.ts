import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalAt, startSample, useSample } from './start.js';

useSample();

let agent: Record<string, string> = {};

beforeAll(async () => {
  agent = {
    AGENT_TEMPDIRECTORY: await mkdtemp(path.join(tmpdir(), 'pipelines-')),
    AGENT_VERSION: '4.248.0',
    SYSTEM_DEBUG: 'true',
    INPUT_REGISTRY: 'contoso.azurecr.io',
    INPUT_REPOSITORY: 'team/app',
    INPUT_TAGS: '1.0\nlatest',
    INPUT_SIGNINGKEYPASSPHRASE: 's3cret-passphrase',
  };
});

afterAll(async () => {
  await rm(agent.AGENT_TEMPDIRECTORY ?? '', { recursive: true });
});

/** Everything but the masks and task-lib's own account of itself. */
function told(stdout: readonly string[]): readonly string[] {
  const own = /^##vso\[task\.(setsecret\]|debug\](?!details))/;
  return stdout.filter((line) => !own.test(line));
}

describe('the task', () => {
  it('prints groups, secrets, outputs and warnings as an agent reads them', async () => {
    const { code, stdout } = await startSample('task', agent);
    expect(code).toBe(0);
    const lines = told(stdout);
    const summary = lines.find((line) => line.startsWith('##vso[task.uploadsummary]')) ?? '';
    expect(lines).toEqual([
      '##[group]Build ##vso [task.debug]x',
      'tags 1.0 latest',
      '##vso [task.setvariable variable=a]b',
      ': :error::x',
      '## [group]y',
      'key *** and password ***',
      '##[endgroup]',
      '##vso[task.issue type=warning;source=CustomerScript;]careful%0A50%AZP25 done',
      '##vso[task.debug]details of ***',
      '##vso[task.setvariable variable=digest;isOutput=true;issecret=false;]sha256:abc',
      '##vso[task.setvariable variable=signedTags;isOutput=true;issecret=false;]1.0,latest',
      summary,
      '##vso[task.settaskvariable variable=foldersToRemove;issecret=false;]["/tmp/acr-content-trust-docker-AbCd12"]',
    ]);
    expect(await readFile(summary.slice('##vso[task.uploadsummary]'.length), 'utf8')).toBe(
      '## Signed ***',
    );
    const secrets = stdout.filter((line) => line.startsWith('##vso[task.setsecret]'));
    expect(secrets).toContain('##vso[task.setsecret]s3cret-passphrase');
    expect(secrets).toContain('##vso[task.setsecret]bGluZS1vbmUtb2Yta2V5');
    expect(secrets).toContain('##vso[task.setsecret]bGluZS10d28tb2Yta2V5');
  });

  it('prints no secret before it is masked, with system.debug on', async () => {
    const { stdout } = await startSample('task', agent);
    const rest = stdout.filter((line) => !line.startsWith('##vso[task.setsecret]'));
    expect(rest.join('\n')).not.toContain('s3cret-passphrase');
    expect(rest.join('\n')).not.toContain('bGluZS1vbmUtb2Yta2V5');
  });

  it('reports a failure once', async () => {
    const { code, stdout } = await startSample('task', { ...agent, SAMPLE: 'fails' });
    const message =
      'PUSH_FAILED: Push of ***%0A##vso [task.complete]x failed%0ATry again;%0Athen ask.%0AMore about it: https://github.com/acr-content-trust/acr-content-trust/blob/v1/docs/troubleshooting.md#push_failed';
    expect(
      stdout.filter((line) => line.includes('PUSH_FAILED') && !line.includes('[task.debug]')),
    ).toEqual([
      expect.stringMatching(/^##vso\[task\.issue type=error;source=TaskInternal;/),
      `##vso[task.complete result=Failed;]${message}`,
    ]);
    expect(stdout.join('\n')).not.toContain('result=Succeeded');
    expect(code).toBe(1);
  });

  it('names inputs in a failure as the task has them', async () => {
    const { stdout } = await startSample('task', { ...agent, SAMPLE: 'namesInputs' });
    expect(stdout.join('\n')).toContain(
      'BUILD_FAILED: `buildArguments` has "no-cache".%0AUse `engine: native`, or set `baseImages` to ignore. See `docker buildx ls`.%0A',
    );
  });

  it.each(['throwsText', 'crashes', 'neverEnds'])('fails when the run %s', async (scenario) => {
    const { stdout } = await startSample('task', { ...agent, SAMPLE: scenario });
    expect(
      stdout.filter((line) => line.startsWith('##vso[task.complete result=Failed;]')),
    ).toHaveLength(1);
  });

  it('fails when the run is cancelled, after it has cleaned up', async () => {
    const { code, stdout } = await startSample(
      'task',
      { ...agent, SAMPLE: 'waits' },
      [],
      signalAt('waiting', 'SIGINT'),
    );
    expect(code).toBe(130);
    expect(stdout).toContain('cleaned up');
    expect(stdout.at(-1)).toBe(
      '##vso[task.complete result=Failed;]INTERRUPTED: The run was stopped by SIGINT before it was done.%0ARun it again.%0AMore about it: https://github.com/acr-content-trust/acr-content-trust/blob/v1/docs/troubleshooting.md#interrupted',
    );
  });

  it('leaves no input in the environment of child processes', async () => {
    const { stdout } = await startSample('task', { ...agent, SAMPLE: 'environment' });
    expect(stdout).toContain('inputs left: .');
  });
});

describe('inputs that the task does not have', () => {
  it('are warned of, with our names, but not variables of the pipeline', async () => {
    const { code, stdout } = await startSample('task', {
      ...agent,
      SAMPLE: 'environment',
      INPUT_DOCKERREGISTRYENDPOINT: 'a connection',
      INPUT_ADDPIPELINEDATA: '',
      INPUT_FROM_A_VARIABLE: 'x',
      VSTS_PUBLIC_VARIABLES: '["input.from.a.variable","other"]',
      INPUT_NONSENSE: 's3cret-passphrase',
    });
    expect(code).toBe(0);
    expect(stdout.filter((line) => line.includes('type=warning'))).toEqual([
      expect.stringContaining(
        'Input "dockerRegistryEndpoint" is not known here and was ignored. Use containerRegistry instead.',
      ),
      expect.stringContaining(
        'Input "NONSENSE" is not known here and was ignored. Check its name.',
      ),
    ]);
  });
});

describe('a service connection', () => {
  const principal = {
    ENDPOINT_AUTH_PARAMETER_arm_SERVICEPRINCIPALID: 'client',
    ENDPOINT_AUTH_PARAMETER_arm_TENANTID: 'tenant',
    ENDPOINT_DATA_arm_ENVIRONMENT: 'AzureUSGovernment',
  };
  const secret = 'k3y-of-the-principal';
  const token = 'system-access-token';

  const connect = async (env: Record<string, string>) =>
    startSample('task', { ...agent, SAMPLE: 'connection', INPUT_AZURESUBSCRIPTION: 'arm', ...env });

  it.each([
    [
      'a secret',
      {
        ENDPOINT_AUTH_SCHEME_arm: 'ServicePrincipal',
        ENDPOINT_AUTH_PARAMETER_arm_SERVICEPRINCIPALKEY: secret,
      },
      '{"identity":{"kind":"secret","tenantId":"tenant","clientId":"client","clientSecret":"***"},"cloud":"AzureUSGovernment"}',
    ],
    [
      'a secret and no scheme',
      { ENDPOINT_AUTH_PARAMETER_arm_SERVICEPRINCIPALKEY: secret },
      '{"identity":{"kind":"secret","tenantId":"tenant","clientId":"client","clientSecret":"***"},"cloud":"AzureUSGovernment"}',
    ],
    [
      'a certificate',
      {
        ENDPOINT_AUTH_SCHEME_arm: 'ServicePrincipal',
        ENDPOINT_AUTH_PARAMETER_arm_AUTHENTICATIONTYPE: 'spnCertificate',
        ENDPOINT_AUTH_PARAMETER_arm_SERVICEPRINCIPALCERTIFICATE: `-----BEGIN PRIVATE KEY-----\n${secret.replaceAll('-', '')}\n-----END PRIVATE KEY-----\n`,
      },
      '{"identity":{"kind":"certificate","tenantId":"tenant","clientId":"client","certificate":"***\\n"},"cloud":"AzureUSGovernment"}',
    ],
    [
      'workload identity federation',
      {
        ENDPOINT_AUTH_SCHEME_arm: 'WorkloadIdentityFederation',
        ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: token,
        SYSTEM_OIDCREQUESTURI: 'https://dev.azure.com/oidc',
      },
      '{"identity":{"kind":"pipelines","tenantId":"tenant","clientId":"client","serviceConnectionId":"arm","accessToken":"***","oidcRequestUri":"https://dev.azure.com/oidc"},"cloud":"AzureUSGovernment"}',
    ],
    [
      'a managed identity',
      { ENDPOINT_AUTH_SCHEME_arm: 'ManagedServiceIdentity', ENDPOINT_DATA_arm_MSICLIENTID: 'msi' },
      '{"identity":{"kind":"managed-identity","clientId":"msi"},"cloud":"AzureUSGovernment"}',
    ],
  ])('with %s is read, its secret masked first', async (_, env, expected) => {
    const { stdout } = await connect({ ...principal, ...env });
    expect(stdout).toContain(expected);
    const unmasked = stdout.filter((line) => !line.startsWith('##vso[task.setsecret]')).join('\n');
    expect(unmasked).not.toContain(secret);
    expect(unmasked).not.toContain(token);
  });

  it.each([
    ['another scheme', { ENDPOINT_AUTH_SCHEME_arm: 'UsernamePassword' }, 'CREDENTIAL_INVALID'],
    ['no secret', { ENDPOINT_AUTH_SCHEME_arm: 'ServicePrincipal' }, 'CREDENTIAL_MISSING'],
    [
      'no request address for tokens',
      {
        ENDPOINT_AUTH_SCHEME_arm: 'WorkloadIdentityFederation',
        ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: token,
      },
      'CREDENTIAL_MISSING',
    ],
  ])('with %s is refused', async (_, env, code) => {
    const { stdout } = await connect({ ...principal, ...env });
    expect(stdout.at(-1)).toMatch(new RegExp(`^##vso\\[task.complete result=Failed;\\]${code}: `));
  });
});

describe('a Docker Registry service connection', () => {
  it('is read, its secret masked first, and what is wrong with another said under its own name', async () => {
    const password = 'p4ss-of-the-builder';
    const { stdout } = await startSample('task', {
      ...agent,
      INPUT_AZURESUBSCRIPTION: 'arm',
      INPUT_CONTAINERREGISTRY: 'hub',
      ENDPOINT_AUTH_PARAMETER_hub_REGISTRY: 'https://contoso.azurecr.io',
      ENDPOINT_AUTH_PARAMETER_hub_USERNAME: 'builder',
      ENDPOINT_AUTH_PARAMETER_hub_PASSWORD: password,
    });
    expect(stdout.at(-1)).toMatch(/CREDENTIAL_MISSING: Input "azureSubscription" /);
    expect(stdout).toContain(`##vso[task.setsecret]${password}`);
    // As Docker's own configuration has it.
    const form = Buffer.from(`builder:${password}`).toString('base64');
    expect(stdout).toContain(`##vso[task.setsecret]${form}`);
    const unmasked = stdout.filter((line) => !line.startsWith('##vso[task.setsecret]'));
    expect(unmasked.join('\n')).not.toContain(password);
  });
});
