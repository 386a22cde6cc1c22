/** Principals, registries and keys without the right to sign: each told apart before the build. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { createScenario, credentialsOf, type Scenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { expectRefused, type Expected, type FailingRun } from './refused.js';

const { stack, scenario } = await setUp();
const context = await stack.makeImageContext('rights');

const everywhere: readonly ProductHost[] = ['action', 'task', 'cli'];

async function refuse(
  { inputs, ...options }: Partial<FailingRun>,
  expected: Expected,
  on = scenario,
): Promise<void> {
  await expectRefused(
    on,
    {
      docker: 'docker20',
      inputs: {
        repository: on.repository(),
        tags: '1.0',
        context,
        'signing-key': await on.vault.key(),
        'root-key': await on.vault.key(),
        ...inputs,
      },
      ...options,
    },
    expected,
  );
}

/** A principal with these roles on the registry, who may use keys and secrets of the vault. */
async function member(...roles: readonly string[]): Promise<Principal> {
  const principal = await scenario.registry.principal(...roles);
  for (const role of ['Key Vault Crypto User', 'Key Vault Secrets User']) {
    await stack.azure.assignRole({
      principalId: principal.clientId,
      role,
      scope: scenario.vault.id,
    });
  }
  return principal;
}

/** The line that mends it, with what is known of its two variables. */
const line = (role: string, { clientId }: Principal, scope = '<registry resource ID>') =>
  new RegExp(
    `az role assignment create --scope ${scope.replace(/[.]/g, '\\.')} --role ${role} --assignee ${clientId}`,
  );

describe('a principal without a role', () => {
  it.concurrent.each(everywhere)('is told of a missing AcrPush on the %s', async (host) => {
    const principal = await member('AcrPull', 'AcrImageSigner');
    await refuse(
      { host, inputs: credentialsOf(principal) },
      {
        code: 'PUSH_NOT_AUTHORIZED',
        message: /reg\w+\.azurecr\.io does not let this principal push to team\/app\w+/,
        remedy: line('AcrPush', principal),
      },
    );
  });

  it.concurrent.each(everywhere)('is told of a missing AcrImageSigner on the %s', async (host) => {
    const principal = await member('AcrPush');
    await refuse(
      { host, inputs: credentialsOf(principal) },
      {
        code: 'SIGNER_NOT_AUTHORIZED',
        message: /reg\w+\.azurecr\.io refuses to accept trust data for \S+\/team\/app\w+/,
        remedy: line('AcrImageSigner', principal),
      },
    );
  });

  it.concurrent.each([
    ['AcrPush', 'PUSH_NOT_AUTHORIZED', ['AcrPull', 'AcrImageSigner']],
    ['AcrImageSigner', 'SIGNER_NOT_AUTHORIZED', ['AcrPush']],
  ] as const)('gets the whole line with registry-id: %s', async (missing, code, roles) => {
    const principal = await member(...roles);
    const { id } = scenario.registry;
    await refuse(
      { inputs: { ...credentialsOf(principal), 'registry-id': id } },
      { code, message: /azurecr\.io/, remedy: line(missing, principal, id) },
    );
  });

  it.concurrent('is told of both, where it has none', async () => {
    await refuse(
      { inputs: credentialsOf(await scenario.registry.principal()) },
      {
        code: 'REGISTRY_LOGIN_REFUSED',
        message: /refused the login of [0-9a-f-]{36} \(status 401/,
        remedy: /assign AcrPush and AcrImageSigner/,
      },
    );
  });

  it.concurrent('is told of AcrImageSigner by the docker engine too', async () => {
    const principal = await member('AcrPush');
    await refuse(
      {
        inputs: {
          ...credentialsOf(principal),
          engine: 'docker',
          'signing-key': await scenario.vault.secretKey(),
        },
      },
      {
        code: 'SIGNER_NOT_AUTHORIZED',
        message: /refuses to accept trust data/,
        remedy: line('AcrImageSigner', principal),
      },
    );
  });
});

describe('a registry that cannot hold signatures', () => {
  const standard = { contentTrust: false, sku: 'Standard' } as const;
  const abac = { roleAssignmentMode: 'AbacRepositoryPermissions' } as const;

  it.concurrent.each(everywhere)('is told by its trust server on the %s', async (host) => {
    const own = await createScenario(stack);
    await stack.azure.updateRegistry(own.registry.loginServer, { contentTrust: false });
    await refuse(
      { host },
      {
        code: 'CONTENT_TRUST_UNAVAILABLE',
        message: /reg\w+\.azurecr\.io does not accept trust data: content trust is not enabled/,
        remedy: /Premium tier and the registry policy "content trust"[^]*deletes the trust data/,
      },
      own,
    );
  });

  it.concurrent('is told by an answer 405 of its trust server', async () => {
    const own = await createScenario(stack);
    await stack.failNext({
      target: `${own.registry.loginServer}/v2/.*/_trust/`,
      times: 1000,
      failure: {
        kind: 'answer',
        status: 405,
        headers: { 'content-type': 'application/json' },
        body: '{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}',
      },
    });
    await refuse(
      {},
      {
        code: 'CONTENT_TRUST_UNAVAILABLE',
        message: /content trust is not enabled there \(405/,
        remedy: /Premium tier/,
      },
      own,
    );
  });

  it.concurrent.each([
    ['switched off', { contentTrust: false }, /has content trust disabled/],
    ['below Premium', standard, /has content trust disabled|is of tier Standard/],
    [
      'with repository permissions',
      abac,
      /uses repository permissions \(ABAC\), which cannot sign/,
    ],
  ])('is told by Azure Resource Manager: %s', async (_title, settings, message) => {
    const own = await createScenario(stack);
    const { loginServer, id } = own.registry;
    await stack.azure.assignRole({ principalId: own.signer.clientId, role: 'Reader', scope: id });
    // In ABAC mode other roles let a principal in.
    await stack.azure.assignRole({
      principalId: own.signer.clientId,
      role: 'Container Registry Repository Writer',
      scope: id,
    });
    await stack.azure.updateRegistry(loginServer, settings);
    const mark = await stack.requestMark();
    await refuse(
      { inputs: { 'registry-id': id } },
      {
        code: 'CONTENT_TRUST_UNAVAILABLE',
        message,
        remedy: /Use a Premium registry .*Do not disable content trust/,
      },
      own,
    );
    expect(await stack.requests({ since: mark, matching: `${loginServer}.*/_trust/` })).toEqual([]);
  });
});

describe('a login that can never sign', () => {
  const runWith = async (own: Scenario, username: string, password: string, expected: Expected) => {
    const { loginServer } = own.registry;
    const dockerConfig = await stack.makeDockerConfig({
      logins: { [loginServer]: { username, password } },
    });
    await refuse({ dockerConfig, inputs: { 'registry-login': 'existing' } }, expected, own);
  };

  it.concurrent('is recognised: the admin account', async () => {
    const name = `reg${Date.now()}admin`;
    const { loginServer, id, adminUsername, adminPassword } = await stack.azure.createRegistry({
      name,
      adminUserEnabled: true,
    });
    const registry = { ...scenario.registry, loginServer, id };
    const run: Scenario['run'] = ({ inputs, ...rest }) =>
      scenario.run({ ...rest, inputs: { registry: loginServer, ...inputs } });
    await runWith({ ...scenario, registry, run }, adminUsername, adminPassword, {
      code: 'SIGNER_NOT_AUTHORIZED',
      message: /The login is the registry's admin account, which cannot sign/,
      remedy: /service principal/,
    });
  });

  it.concurrent('is recognised: a repository-scoped token', async () => {
    const own = await createScenario(stack);
    const repository = own.repository();
    const { username, password } = await stack.azure.createRepositoryToken({
      loginServer: own.registry.loginServer,
      name: 'team-token',
      repositories: { [repository]: ['content/read', 'content/write', 'metadata/read'] },
    });
    await runWith({ ...own, repository: () => repository }, username, password, {
      code: 'REGISTRY_LOGIN_REFUSED',
      message:
        /The login team-token is not a service principal; a repository-scoped token cannot sign/,
      remedy: /Repository-scoped tokens cannot read trust data/,
    });
  });

  it.concurrent('is asked for where Docker has none', async () => {
    await refuse(
      { inputs: { 'registry-login': 'existing' } },
      {
        code: 'CREDENTIAL_MISSING',
        message: /Docker has no login for reg\w+\.azurecr\.io/,
        remedy: /docker login reg\w+\.azurecr\.io/,
      },
    );
  });
});

describe('a repository', () => {
  it.concurrent.each(everywhere)('without trust data needs a root key on the %s', async (host) => {
    await refuse(
      { host, inputs: { 'root-key': undefined } },
      {
        code: 'TRUST_DATA_MISSING',
        message: /\/team\/app\w+ has no trust data, and no root key is given/,
        remedy: /ask the owner of the keys to initialise it once[\s\S]*keys init --registry /,
      },
    );
  });

  it.concurrent('is not initialised by a root key that cannot sign', async () => {
    const { kid } = await stack.azure.createKey({
      vault: scenario.vault.name,
      name: 'p384-root',
      kty: 'EC',
      crv: 'P-384',
    });
    await refuse(
      { inputs: { 'root-key': kid } },
      {
        code: 'KEY_UNSUITABLE',
        message: /\/keys\/p384-root\/\w+ cannot sign content trust data/,
        remedy: /--curve P-256/,
      },
    );
  });

  describe('that others sign', () => {
    let repository: string;

    beforeAll(async () => {
      repository = scenario.repository();
      await pushByDocker(scenario, repository, '0.9');
      const keys = {
        ...(await makeKeys(scenario)),
      };
      const inputs = { command: 'sign', repository, tags: '0.9', ...keys };
      expectSuccess(await scenario.run({ host: 'cli', inputs }));
    });

    it.concurrent.each(everywhere)('takes no other key, as the %s says', async (host) => {
      await refuse(
        { host, inputs: { repository, engine: 'native' } },
        {
          code: 'KEY_NOT_AUTHORIZED',
          message: /may not sign the tag 1\.0 of \S+\/team\/app\w+/,
          remedy: /docker trust signer add/,
        },
      );
    });

    it.concurrent('takes no other key from the docker engine', async () => {
      await refuse(
        {
          inputs: {
            repository,
            engine: 'docker',
            'signing-key': await scenario.vault.secretKey(),
          },
        },
        {
          code: 'KEY_NOT_AUTHORIZED',
          message: /may not sign the tag 1\.0 of \S+\/team\/app\w+/,
          remedy: /docker trust signer add/,
        },
      );
    });
  });

  describe('with delegations', () => {
    /** As its owner sets it up: keys of `roles` by name; the snapshot key is the server's. */
    const delegated = async (roles: Readonly<Record<string, string>>) => {
      const repository = scenario.repository();
      const gun = `${scenario.registry.loginServer}/${repository}`;
      const trustDir = await stack.makeTrustDir();
      const notary = async (...args: string[]) => {
        const result = await stack.notary({
          ref: gun,
          login: scenario.signer.login,
          trustDir,
          args: () => args,
          env: {
            NOTARY_ROOT_PASSPHRASE: 'root passphrase',
            NOTARY_TARGETS_PASSPHRASE: 'targets passphrase',
            NOTARY_SNAPSHOT_PASSPHRASE: 'snapshot passphrase',
          },
        });
        expect(result.exitCode, result.output).toBe(0);
      };
      await notary('init', gun, '--publish');
      await notary('key', 'rotate', gun, 'snapshot', '--server-managed');
      for (const [role, pem] of Object.entries(roles)) {
        const file = path.join(trustDir, `${role.replace('/', '-')}.pub`);
        await writeFile(file, pem);
        await notary('delegation', 'add', gun, role, file, '--all-paths');
      }
      await notary('publish', gun);
      return repository;
    };

    const pair = () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        open: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      };
    };

    it.concurrent('names them to a key that is in none', async () => {
      const alice = pair().open;
      const repository = await delegated({ 'targets/alice': alice, 'targets/releases': alice });
      await refuse(
        { inputs: { repository } },
        {
          code: 'KEY_NOT_AUTHORIZED',
          message: /may not sign the tag 1\.0 [^]*targets\/alice[^]*targets\/releases/,
          remedy: /docker trust signer add/,
        },
      );
    });

    it.concurrent('refuses a key in a role that docker pull does not read', async () => {
      const bob = pair();
      const repository = await delegated({
        'targets/bob': bob.open,
        'targets/releases': pair().open,
      });
      await refuse(
        { inputs: { repository, 'signing-key': await scenario.vault.secret(bob.secret) } },
        {
          code: 'KEY_NOT_AUTHORIZED',
          message: /may sign the tag 1\.0 of .*but docker pull would not see it/,
          remedy: /targets\/releases, which docker pull reads/,
        },
      );
    });
  });
});
