/**
 * Answers that hold a secret and were cut or altered on their way. Whatever reads them fails without a
 * trace of the secret: in the error, behind it, or in the log.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  backupVaultObject,
  createCredential,
  loginToRegistry,
  openKey,
  readPassphrase,
  readSecretVersion,
  requestGitHubToken,
  setVaultSecret,
  clouds,
  type Identity,
} from '../../src/azure/index.js';
import { failureOf } from '../../src/report/failure.js';
import { createHttpClient, type HttpClient } from '../../src/http/index.js';
import { createTokenSource } from '../../src/registry/index.js';
import { parseKeyReference, type VaultSecretReference } from '../../src/signing/index.js';
import { startLoopback, type Loopback } from '../http/loopback.js';

const secret = randomBytes(300).toString('base64');
const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
const version = 'a'.repeat(32);
const secretUrl = 'https://contoso.vault.azure.net/secrets/app';
const tenantId = '11111111-2222-3333-4444-555555555555';
const ids = { tenantId, clientId: '11111111-2222-3333-4444-666666666666' };
const secrets = { mask: () => undefined };

let loopback: Loopback;
const lines: string[] = [];

/** Hosts that answer as the header of a request wants it; a vault first asks for a token. */
beforeAll(async () => {
  loopback = await startLoopback((host, req, res) => {
    req.resume();
    if (host.endsWith('.vault.azure.net') && req.headers.authorization === undefined) {
      const authorization = `https://login.microsoftonline.com/${tenantId}`;
      const resource = 'https://vault.azure.net';
      const challenge = `Bearer authorization="${authorization}", resource="${resource}"`;
      res.writeHead(401, { 'www-authenticate': challenge });
      res.end();
    } else if (req.url === '/v2/') {
      const realm = `https://${host}/oauth2/token`;
      res.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="${host}"` });
      res.end();
    } else {
      const how = Number(req.headers['x-how']);
      const { alter, contentType = 'application/json' } = alterations[how] ?? untouched;
      res.writeHead(200, { 'content-type': contentType });
      res.end(alter(String(req.headers['x-member'])));
    }
  });
  const tell = (line: string): void => void lines.push(line);
  const log = { debug: tell, info: tell };
  const http = createHttpClient({ userAgent: 'test/1', environment: process.env, log });
  const runs = alterations.flatMap((_alteration, how) =>
    readers.map(async ({ what, member, read }) => {
      const marked: HttpClient = (request) => {
        const marks = { 'x-how': String(how), 'x-member': member };
        return http({ ...request, headers: { ...request.headers, ...marks } });
      };
      outcomes.set(`${how} ${what}`, await read(marked).catch((error: unknown) => error));
    }),
  );
  await Promise.all(runs);
}, 60_000);

afterAll(async () => {
  await loopback.close();
});

/** What each reader threw at each alteration. */
const outcomes = new Map<string, unknown>();

const reference = parseKeyReference(secretUrl) as VaultSecretReference;
const signedIn = (http: HttpClient) => ({
  http,
  getToken: () => Promise.resolve({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }),
});
const tokenOf = (identity: Identity, http: HttpClient) =>
  createCredential(identity, { http, secrets }).getToken('https://vault.azure.net/.default');
const pipelines: Identity = {
  kind: 'pipelines',
  ...ids,
  serviceConnectionId: 'c',
  accessToken: 'access-token-of-the-job',
  oidcRequestUri: 'https://dev.azure.com/oidc',
};

/** Everything that reads a secret from an answer, and the member that holds it. */
const readers: readonly {
  readonly what: string;
  readonly member: string;
  readonly read: (http: HttpClient) => Promise<unknown>;
}[] = [
  {
    what: 'a secret',
    member: 'value',
    read: (http) => readSecretVersion(reference, signedIn(http)),
  },
  {
    what: 'a key in a secret',
    member: 'value',
    read: (http) =>
      openKey(reference, { credential: signedIn(http), passphraseInput: 'passphrase', secrets }),
  },
  {
    what: 'a passphrase',
    member: 'value',
    read: (http) =>
      readPassphrase(
        { passphrase: secretUrl, passphraseInput: 'passphrase' },
        { credential: signedIn(http), secrets },
      ),
  },
  {
    what: 'a secret that is about to be stored',
    member: 'value',
    read: (http) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const name = { vaultUrl: reference.vaultUrl, name: 'app' };
      return setVaultSecret(name, privateKey, signedIn(http), { secrets });
    },
  },
  {
    what: 'a backup',
    member: 'value',
    read: (http) => backupVaultObject(reference, signedIn(http)),
  },
  {
    what: 'a token of Entra ID',
    member: 'access_token',
    read: (http) => tokenOf({ kind: 'secret', ...ids, clientSecret: 'client-secret' }, http),
  },
  {
    what: 'a token of Azure Pipelines',
    member: 'oidcToken',
    read: (http) => tokenOf(pipelines, http),
  },
  {
    what: 'a token of GitHub',
    member: 'value',
    read: (http) =>
      requestGitHubToken({ requestUrl: 'https://token.test/', requestToken: 'r' }, 'api://x', http),
  },
  {
    what: 'a registry login',
    member: 'refresh_token',
    read: (http) =>
      loginToRegistry({
        loginServer: 'contoso.azurecr.io',
        credential: signedIn(http),
        cloud: clouds.AzureCloud,
        http,
        secrets,
      }),
  },
  {
    what: 'a registry token',
    member: 'access_token',
    read: (http) =>
      createTokenSource({
        host: 'contoso.azurecr.io',
        http,
        secrets,
        credential: { kind: 'refresh-token', token: 'refresh' },
      }).token('repository:app:pull'),
  },
];

const whole = (member: string): string =>
  JSON.stringify({
    [member]: pem,
    id: `${secretUrl}/${version}`,
    token_type: 'Bearer',
    expires_in: 3599,
    attributes: { enabled: true },
  });

interface Alteration {
  readonly how: string;
  readonly alter: (member: string) => string;
  readonly contentType?: string;
}

const untouched: Alteration = { how: 'untouched', alter: whole };

const alterations: readonly Alteration[] = [
  { how: 'cut in the middle of the secret', alter: (member) => whole(member).slice(0, 200) },
  { how: 'cut before its last character', alter: (member) => whole(member).slice(0, -1) },
  { how: 'with something behind it', alter: (member) => `${whole(member)}<script>x</script>` },
  { how: 'with a byte order mark', alter: (member) => `\ufeff${whole(member)}` },
  {
    how: 'in a web page',
    alter: (member) => `<html><body>${whole(member)}</body></html>`,
    contentType: 'text/html',
  },
  { how: 'as a list', alter: (member) => `[${whole(member)}]` },
  { how: 'as a bare text', alter: () => JSON.stringify(pem) },
  {
    how: 'with the secret in an object',
    alter: (member) => JSON.stringify({ [member]: { value: pem } }),
  },
  { how: 'with the secret in a list', alter: (member) => JSON.stringify({ [member]: [pem] }) },
  {
    how: 'with the secret where names belong',
    alter: (member) =>
      JSON.stringify({ [member]: 1, id: pem, attributes: pem, token_type: pem, expires_in: pem }),
  },
  {
    how: 'with the secret where a date belongs',
    alter: (member) =>
      JSON.stringify({ [member]: {}, id: `https://x/${secret}`, attributes: { exp: secret } }),
  },
];

/** Whether any 12 characters of the secret are in `text`. */
function isLeaked(text: string): boolean {
  for (let at = 0; at + 12 <= secret.length; at += 1) {
    if (text.includes(secret.slice(at, at + 12))) return true;
  }
  return false;
}

describe.each(alterations.map(({ how }, index) => ({ how, index })))(
  'an answer $how',
  ({ index }) => {
    it.each(readers)('to the reading of $what fails without a trace of it', ({ what }) => {
      const thrown = outcomes.get(`${index} ${what}`);
      expect(thrown).toMatchObject({ name: 'TrustError' });
      const failure = failureOf(thrown);
      expect(failure.code).not.toBe('UNEXPECTED');
      const told = [failure.message, failure.remedy, ...failure.causes].join('\n');
      expect(isLeaked(told)).toBe(false);
      expect(isLeaked(inspect(thrown, { depth: 12, maxStringLength: Infinity }))).toBe(false);
    });
  },
);

describe('the log of all of that', () => {
  it('holds no trace of it either', () => {
    expect(lines.length).toBeGreaterThan(100);
    expect(isLeaked(lines.join('\n'))).toBe(false);
  });
});
