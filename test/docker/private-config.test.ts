import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createPrivateConfig,
  privateConfigPrefix,
  removePrivateConfig,
  writeTrustKeys,
} from '../../src/docker/index.js';
import { failureOf, temporaryFolder } from './support/scripted-docker.js';

const login = {
  registry: 'contoso.azurecr.io',
  username: '00000000-0000-0000-0000-000000000000',
  password: 'refresh:token',
};
const userFile = {
  auths: {
    'https://contoso.azurecr.io': { auth: 'b2xk' },
    'https://index.docker.io/v1/': { auth: 'aHVi' },
  },
  credsStore: 'desktop',
  credHelpers: { 'gcr.io': 'gcloud', 'contoso.azurecr.io': 'acr-env' },
  HttpHeaders: { 'X-Team': 'a' },
  proxies: { default: { httpProxy: 'http://p' } },
  currentContext: 'build',
  aliases: { builder: 'buildx' },
  unknownToUs: [1],
};

function userFolder(file: unknown = userFile): { temp: string; user: string } {
  const temp = temporaryFolder();
  const user = join(temp, 'user');
  for (const folder of [
    'cli-plugins',
    'contexts/meta',
    'tls/other.example',
    'trust/private',
    'buildx',
  ]) {
    mkdirSync(join(user, folder), { recursive: true });
  }
  writeFileSync(join(user, 'trust/private/theirs.key'), 'theirs');
  writeFileSync(join(user, 'tls/other.example/ca.crt'), 'their CA');
  writeFileSync(join(user, 'ca.pem'), 'engine CA');
  writeFileSync(join(user, 'cli-plugins/docker-x'), 'plugin');
  writeFileSync(join(user, 'config.json'), typeof file === 'string' ? file : JSON.stringify(file));
  return { temp, user };
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const mode = (path: string): number => statSync(path).mode & 0o777;

describe('a private Docker configuration', () => {
  it('replaces the login of our registry and keeps everything else', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp, login });
    expect(json(join(config.path, 'config.json'))).toEqual({
      ...userFile,
      auths: {
        'https://index.docker.io/v1/': { auth: 'aHVi' },
        'contoso.azurecr.io': {
          auth: Buffer.from(`${login.username}:refresh:token`).toString('base64'),
        },
      },
      // An empty helper means: look in this file. credsStore stays for all other registries.
      credHelpers: { 'gcr.io': 'gcloud', 'contoso.azurecr.io': '' },
    });
    expect(basename(config.path).startsWith(privateConfigPrefix)).toBe(true);
    expect(mode(config.path)).toBe(0o700);
    expect(mode(join(config.path, 'config.json'))).toBe(0o600);
    expect(config.env).toEqual({ DOCKER_CONFIG: config.path, BUILDX_CONFIG: join(user, 'buildx') });
  });

  it('has a login of Docker Hub where Docker looks for it', async () => {
    const { temp, user } = userFolder();
    const hub = { registry: 'docker.io', username: 'contoso', password: 'token' };
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp, login: hub });
    const key = 'https://index.docker.io/v1/';
    expect(json(join(config.path, 'config.json'))).toMatchObject({
      auths: { [key]: { auth: Buffer.from('contoso:token').toString('base64') } },
      credHelpers: { [key]: '' },
    });
  });

  it('reaches plugins, contexts, certificates and TLS files of the user, but not the trust store', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp, login });
    const read = (path: string): string => readFileSync(join(config.path, path), 'utf8');
    expect(read('cli-plugins/docker-x')).toBe('plugin');
    expect(read('ca.pem')).toBe('engine CA');
    expect(read('tls/other.example/ca.crt')).toBe('their CA');
    expect(existsSync(join(config.path, 'contexts/meta'))).toBe(true);
    expect(readdirSync(join(config.path, 'trust'))).toEqual([]);
    expect(lstatSync(join(config.path, 'tls')).isSymbolicLink()).toBe(false);
  });

  it('removes itself and nothing of the user, twice if need be', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp, login });
    await writeTrustKeys(config, [{ keyId: 'a'.repeat(64), text: 'key' }]);
    await config.dispose();
    await config.dispose();
    expect(existsSync(config.path)).toBe(false);
    expect(readFileSync(join(user, 'cli-plugins/docker-x'), 'utf8')).toBe('plugin');
    expect(readFileSync(join(user, 'trust/private/theirs.key'), 'utf8')).toBe('theirs');
    expect(json(join(user, 'config.json'))).toEqual(userFile);
    expect(readdirSync(temp)).toEqual(['user']);
  });

  it('leaves the logins alone where an existing login is to be used', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp });
    expect(json(join(config.path, 'config.json'))).toEqual(userFile);
  });

  it('needs no configuration of the user', async () => {
    const temp = temporaryFolder();
    const config = await createPrivateConfig({
      userConfig: join(temp, 'none'),
      tempDirectory: temp,
      login,
    });
    expect(json(join(config.path, 'config.json'))).toMatchObject({
      credHelpers: { 'contoso.azurecr.io': '' },
    });
  });

  it('takes the logins of DOCKER_AUTH_CONFIG, ours winning', async () => {
    const { temp, user } = userFolder();
    const authConfig = JSON.stringify({
      auths: { 'ghcr.io': { auth: 'Z2g=' }, 'contoso.azurecr.io': { auth: 'other' } },
    });
    const config = await createPrivateConfig({
      userConfig: user,
      tempDirectory: temp,
      login,
      authConfig,
    });
    expect(json(join(config.path, 'config.json'))).toMatchObject({
      auths: {
        'ghcr.io': { auth: 'Z2g=' },
        'contoso.azurecr.io': {
          auth: Buffer.from(`${login.username}:refresh:token`).toString('base64'),
        },
      },
      credHelpers: { 'ghcr.io': '', 'contoso.azurecr.io': '', 'gcr.io': 'gcloud' },
    });
  });

  it.each([
    ['no JSON', '{"auths": {"x": {"auth": "c2VjcmV0"}}'],
    ['no object', '[]'],
    ['a section that is no object', '{"auths": []}'],
  ])('refuses a config.json with %s, without quoting it', async (_, file) => {
    const { temp, user } = userFolder(file);
    const error = await failureOf(
      createPrivateConfig({ userConfig: user, tempDirectory: temp, login }),
    );
    expect(error).toMatchObject({ code: 'INPUT_INVALID' });
    expect(error.message).not.toContain('c2VjcmV0');
    expect(readdirSync(temp)).toEqual(['user']);
  });

  it('leaves nothing behind when it fails half-way', async () => {
    const { temp, user } = userFolder();
    const failing = createPrivateConfig({
      userConfig: user,
      tempDirectory: temp,
      login,
      onCreated: () => {
        throw new Error('stopped');
      },
    });
    await expect(failing).rejects.toThrow('stopped');
    expect(readdirSync(temp)).toEqual(['user']);
  });

  it('copies files and joins folders on Windows, where links need a privilege', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({
      userConfig: user,
      tempDirectory: temp,
      login,
      windows: true,
    });
    expect(lstatSync(join(config.path, 'ca.pem')).isFile()).toBe(true);
    expect(readFileSync(join(config.path, 'cli-plugins/docker-x'), 'utf8')).toBe('plugin');
    await config.dispose();
    expect(existsSync(join(user, 'cli-plugins/docker-x'))).toBe(true);
  });
});

describe('what a killed run left behind', () => {
  it('is removed by its path, and gone is fine', async () => {
    const { temp, user } = userFolder();
    const { path } = await createPrivateConfig({ userConfig: user, tempDirectory: temp, login });
    await removePrivateConfig(path);
    await removePrivateConfig(path);
    expect(existsSync(path)).toBe(false);
  });

  it.each(['user', `${privateConfigPrefix}Abc123`, `${privateConfigPrefix}../user`])(
    'is not removed when it is not ours: %s',
    async (name) => {
      const { temp } = userFolder();
      const path = join(temp, name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'precious'), '');
      expect(await failureOf(removePrivateConfig(path))).toMatchObject({ code: 'UNEXPECTED' });
      expect(existsSync(join(path, 'precious'))).toBe(true);
    },
  );
});

describe("Docker's key store", () => {
  it('takes keys as files only we can read', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp });
    const keyId = 'b'.repeat(64);
    await writeTrustKeys(config, [{ keyId, text: 'PEM' }]);
    const file = join(config.path, 'trust/private', `${keyId}.key`);
    expect(mode(file)).toBe(0o600);
    expect(mode(join(config.path, 'trust/private'))).toBe(0o700);
  });

  it('refuses a key ID that is a path, and a folder that is not ours', async () => {
    const { temp, user } = userFolder();
    const config = await createPrivateConfig({ userConfig: user, tempDirectory: temp });
    expect(
      await failureOf(writeTrustKeys(config, [{ keyId: '../../x', text: 'PEM' }])),
    ).toMatchObject({
      code: 'UNEXPECTED',
    });
    const theirs = { ...config, path: user };
    expect(
      await failureOf(writeTrustKeys(theirs, [{ keyId: 'c'.repeat(64), text: 'PEM' }])),
    ).toMatchObject({ code: 'UNEXPECTED' });
    expect(readdirSync(join(user, 'trust/private'))).toEqual(['theirs.key']);
  });
});
