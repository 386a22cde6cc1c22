/** `registry-login: existing`: the registry login of the user's own Docker, however it is kept. */
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../stack/index.js';
import { expectFailure } from '../expectations.js';
import { setUp } from '../set-up.js';
import { expectSigns, runAs } from './signs.js';

const { stack, scenario } = await setUp();

const existing = { 'registry-login': 'existing' };

/** A DOCKER_CONFIG with this config.json. */
async function dockerConfig(config: object): Promise<string> {
  const folder = await stack.makeDockerConfig();
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

/** An ACR refresh token, as `az acr login` leaves it behind. */
async function refreshToken(): Promise<string> {
  const { clientId, tenantId, clientSecret } = scenario.signer;
  const program = `
    const post = async (url, form) => {
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
      return answer.json();
    };
    const [registry, tenant, id, secret] = process.argv.slice(1);
    const entra = await post(
      'https://login.microsoftonline.com/' + tenant + '/oauth2/v2.0/token',
      {
        grant_type: 'client_credentials', client_id: id, client_secret: secret,
        scope: 'https://containerregistry.azure.net/.default',
      },
    );
    const { refresh_token } = await post('https://' + registry + '/oauth2/exchange', {
      grant_type: 'access_token', service: registry, access_token: entra.access_token,
    });
    process.stdout.write(refresh_token);`;
  const result = await run(
    stack.info.tools.node['24'],
    [
      '--input-type=module',
      ...['-e', program],
      ...[scenario.registry.loginServer, tenantId, clientId, clientSecret],
    ],
    { env: { ...stack.info.env, NODE_USE_ENV_PROXY: '1' } },
  );
  expect(result.exitCode, result.output).toBe(0);
  return result.stdout;
}

/** A credential helper that knows one login, in a folder of its own for the PATH. */
async function credentialHelper(
  name: string,
  login: { readonly Username: string; readonly Secret: string },
): Promise<{ readonly folder: string; readonly asked: () => Promise<string[]> }> {
  const parent = path.join(stack.info.folder, 'helpers');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'helper-'));
  const log = path.join(folder, 'asked');
  await writeFile(log, '');
  const file = path.join(folder, `docker-credential-${name}`);
  const { loginServer } = scenario.registry;
  const get = JSON.stringify({ ServerURL: loginServer, ...login });
  const list = JSON.stringify({ [loginServer]: login.Username });
  await writeFile(
    file,
    [
      '#!/bin/sh',
      'read -r server || true',
      `echo "$1 $server" >> ${log}`,
      `case $1 in get) echo '${get}' ;; list) echo '${list}' ;; esac`,
    ].join('\n'),
  );
  await chmod(file, 0o755);
  return { folder, asked: async () => (await readFile(log, 'utf8')).trim().split('\n') };
}

describe('an existing Docker login', () => {
  it('serves as user name and password in config.json', async () => {
    const { loginServer } = scenario.registry;
    const config = await stack.makeDockerConfig({
      logins: { [loginServer]: scenario.signer.login },
    });
    const { output } = await expectSigns(scenario, {
      host: 'cli',
      dockerConfig: config,
      inputs: existing,
    });
    expect(output).toContain(`with the existing Docker login of ${scenario.signer.clientId}`);
  });

  it('serves as an identity token, as "az acr login" leaves it', async () => {
    const config = await dockerConfig({
      auths: {
        [scenario.registry.loginServer]: {
          auth: Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64'),
          identitytoken: await refreshToken(),
        },
      },
    });
    await expectSigns(scenario, { host: 'action', dockerConfig: config, inputs: existing });
  });

  it.each(['credsStore', 'credHelpers'] as const)('serves from a helper in %s', async (kind) => {
    const { loginServer } = scenario.registry;
    const { username, password } = scenario.signer.login;
    const helper = await credentialHelper('team', { Username: username, Secret: password });
    const config = await dockerConfig(
      kind === 'credsStore' ? { credsStore: 'team' } : { credHelpers: { [loginServer]: 'team' } },
    );
    const {
      stack: { info },
    } = scenario;
    await expectSigns(scenario, {
      host: 'task',
      dockerConfig: config,
      inputs: existing,
      env: { PATH: [helper.folder, info.tools.dockerPath.docker20, '/usr/bin', '/bin'].join(':') },
    });
    // Both we and Docker itself ask, for exactly this registry.
    const asked = (await helper.asked()).filter((line) => line.startsWith('get '));
    expect(new Set(asked)).toEqual(new Set([`get ${loginServer}`]));
    expect(asked.length).toBeGreaterThan(1);
  });

  it('that is not there is an error which says how to get one', async () => {
    const result = await runAs(scenario, scenario.repository(), {
      host: 'cli',
      dockerConfig: await stack.makeDockerConfig(),
      inputs: existing,
    });
    expectFailure(result, {
      code: 'CREDENTIAL_MISSING',
      message: /Docker has no login for/,
      remedy: /docker login/,
    });
  });
});
