import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ExecutableNotFoundError } from '../../src/ports.js';
import type { ExecResult } from '../../src/ports.js';
import { findDockerLogin } from '../../src/registry/index.js';
import { jwt, rejection } from './fake-http.js';

const host = 'contoso.azurecr.io';
const tokenUser = '00000000-0000-0000-0000-000000000000';
const encode = (text: string): string => Buffer.from(text).toString('base64');

let configDir: string;
let masked: string[];
let calls: { file: string; args: readonly string[]; input: unknown }[];

beforeEach(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'docker-config-'));
  masked = [];
  calls = [];
});

afterEach(async () => {
  await rm(configDir, { recursive: true });
});

async function find(
  config: unknown,
  helper: Partial<ExecResult> | Error = new Error('no helper expected'),
  who = host,
) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(configDir, 'config.json'), text);
  return findDockerLogin({
    configDir,
    host: who,
    env: { PATH: '/bin' },
    secrets: { mask: (value) => masked.push(value) },
    exec: (file, args, options) => {
      calls.push({ file, args, input: options.input });
      return helper instanceof Error
        ? Promise.reject(helper)
        : Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...helper });
    },
  });
}

describe('a login in config.json', () => {
  it('has user name and password, colons included, and is masked', async () => {
    const auth = encode('me:pass:word');
    expect(await find({ auths: { [host]: { auth } } })).toEqual({
      kind: 'basic',
      username: 'me',
      password: 'pass:word',
    });
    expect(masked).toEqual([auth, 'pass:word']);
  });

  it('with an identity token is a refresh token', async () => {
    const entry = { auth: encode(`${tokenUser}:`), identitytoken: 'idt' };
    expect(await find({ auths: { [host]: entry } })).toEqual({
      kind: 'refresh-token',
      token: 'idt',
    });
    expect(masked).toEqual(['idt']);
  });

  it('by the registry’s token user is a refresh token only if the token is one', async () => {
    const login = async (token: string) =>
      find({ auths: { [host]: { auth: encode(`${tokenUser}:${token}`) } } });
    const refresh = jwt({ grant_type: 'refresh_token' });
    const access = jwt({ grant_type: 'access_token' });
    expect(await login(refresh)).toEqual({ kind: 'refresh-token', token: refresh });
    expect(await login(access)).toEqual({ kind: 'basic', username: tokenUser, password: access });
  });

  it.each([`https://${host}`, `https://${host}/v1/`])('is found under %s', async (key) => {
    expect(await find({ auths: { [key]: { auth: encode('me:pw') } } })).toMatchObject({
      username: 'me',
    });
  });

  it.each([`x${host}`, `${host}.evil.example`, `http://${host}`, `${host}:443`, 'azurecr.io'])(
    'of %s is not that of the registry',
    async (key) => {
      expect(await find({ auths: { [key]: { auth: encode('me:pw') } } })).toBeUndefined();
    },
  );

  it('of Docker Hub is found under its old address', async () => {
    const auths = { 'https://index.docker.io/v1/': { auth: encode('me:pw') } };
    expect(await find({ auths }, undefined, 'docker.io')).toMatchObject({ username: 'me' });
  });

  it.each([{}, { auths: {} }, { auths: { [host]: {} } }, { auths: [] }])(
    'is missing from %j',
    async (config) => {
      expect(await find(config)).toBeUndefined();
    },
  );

  it('is missing where there is no file', async () => {
    const query = { configDir: join(configDir, 'none'), host, env: {} };
    const unused = { exec: () => Promise.reject(new Error('unused')), secrets: { mask: () => 0 } };
    expect(await findDockerLogin({ ...query, ...unused })).toBeUndefined();
  });

  it.each(['{', '[]', '"text"'])('cannot be read from %j', async (text) => {
    expect((await rejection(find(text))).code).toBe('INPUT_INVALID');
  });
});

describe('a login behind a credential helper', () => {
  const stdout = JSON.stringify({ ServerURL: host, Username: 'me', Secret: 'pw' });

  it('is asked for with the host on standard input, never as an argument', async () => {
    const found = await find({ credsStore: 'pass', auths: { [host]: {} } }, { stdout });
    expect(found).toEqual({ kind: 'basic', username: 'me', password: 'pw' });
    expect(calls).toEqual([{ file: 'docker-credential-pass', args: ['get'], input: host }]);
    expect(masked).toEqual(['pw']);
  });

  it('of the host goes before the general one', async () => {
    await find({ credsStore: 'pass', credHelpers: { [host]: 'acr' } }, { stdout });
    expect(calls.map(({ file }) => file)).toEqual(['docker-credential-acr']);
  });

  it('may be an identity token', async () => {
    const answer = JSON.stringify({ Username: '<token>', Secret: 'idt' });
    expect(await find({ credsStore: 'pass' }, { stdout: answer })).toEqual({
      kind: 'refresh-token',
      token: 'idt',
    });
  });

  it('is missing when the helper does not know the host', async () => {
    const answer = { exitCode: 1, stdout: 'credentials not found in native keychain\n' };
    expect(await find({ credsStore: 'pass' }, answer)).toBeUndefined();
  });

  it.each([
    [{ exitCode: 1, stdout: 'gpg: locked s3cret' }, 'failed with exit code 1'],
    [{ stdout: 's3cret' }, 'something that is not a login'],
    [new ExecutableNotFoundError('docker-credential-pass'), 'no program'],
  ])('that cannot be had (%j) is a missing credential', async (answer, text) => {
    const error = await rejection(find({ credsStore: 'pass' }, answer));
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('s3cret');
  });

  it('whose name is no program name is not run', async () => {
    const error = await rejection(find({ credsStore: '../../bin/sh' }, { stdout }));
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(calls).toEqual([]);
  });
});
