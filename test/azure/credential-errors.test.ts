import { describe, expect, it } from 'vitest';

import { explainTokenFailure } from '../../src/azure/credential-errors.js';
import { clouds } from '../../src/azure/index.js';
import type { Identity } from '../../src/azure/index.js';
import { TrustError } from '../../src/errors.js';
import { HttpError } from '../../src/http/index.js';
import type { HttpResponse, SdkOutcome } from '../../src/http/index.js';

const tokenUrl = new URL('https://login.microsoftonline.com/t1/oauth2/v2.0/token');
const machineUrl = new URL('http://169.254.169.254/metadata/identity/oauth2/token');
const ids = { tenantId: 'contoso.com', clientId: '11111111-2222-3333-4444-555555555555' };
const withSecret: Identity = { kind: 'secret', ...ids, clientSecret: 's' };
const federated: Identity = { kind: 'assertion', ...ids, getAssertion: () => Promise.resolve('a') };
const assertion = 'issuer "https://i.test", subject "Repo:A/b", audience "api://x"';

function answered(
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
  url = tokenUrl,
): SdkOutcome {
  const response: HttpResponse = {
    status,
    header: (name) => headers[name],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
  return { url, response };
}

const refusal = (words: string, status = 400, error = 'invalid_request') =>
  answered(status, { error, error_description: `${words} Trace ID: 1 Correlation ID: 2` });

const explain = (
  outcomes: readonly SdkOutcome[],
  identity: Identity = withSecret,
  thrown: unknown = new Error('{"token":"tok-secret"}'),
) =>
  explainTokenFailure(thrown, {
    identity,
    cloud: clouds.AzureCloud,
    scope: 'https://vault.azure.net/.default',
    outcomes,
    ...(identity.kind === 'assertion' ? { assertion } : {}),
  });

const unavailable = Object.assign(new Error('EnvironmentCredential is unavailable. tok-secret'), {
  name: 'CredentialUnavailableError',
});

describe('an Entra ID that is busy', () => {
  it.each([
    ['with status 429', answered(429, '', { 'retry-after': '600' }), /asks to wait 10 minutes/],
    ['with status 503 and no body', answered(503, ''), /busy \(status 503\)/],
    [
      'with a transient number',
      refusal('AADSTS90033: A transient error has occurred.'),
      /AADSTS90033/,
    ],
    ['with a budget number', refusal('AADSTS90024: Request budget exceeded.', 400), /AADSTS90024/],
    ['in words alone', refusal('AADSTS12345: The service is temporarily unavailable.'), /busy/],
    ['by its OAuth error', answered(400, { error: 'temporarily_unavailable' }), /busy/],
  ])(
    '%s is told as busy, with the wait, and nobody is to change anything',
    (_how, outcome, text) => {
      for (const identity of [withSecret, federated]) {
        const error = explain([outcome], identity);
        expect(error.code).toBe('ENTRA_UNREACHABLE');
        expect(error.message).toMatch(text);
        expect(error.remedy).toMatch(/^Wait (?:some|10) minutes, then run the step again\./);
      }
    },
  );

  it.each([
    [
      'stalls',
      new HttpError('timeout', 'POST x got no response within 18 seconds, in 3 tries'),
      '3 tries',
    ],
    ['sends what cannot be read', new HttpError('unreadable', 'x'), 'not readable'],
    [
      'is cut off',
      new HttpError('unreachable', 'x: the connection was cut (ECONNRESET)'),
      'ECONNRESET',
    ],
  ])('or %s is told so', (_what, error, text) => {
    const told = explain([{ url: tokenUrl, error }]);
    expect(told.code).toBe('ENTRA_UNREACHABLE');
    expect(told.cause).toBeUndefined();
    expect(told.message).toContain(text);
  });

  it.each([
    [answered(403, '<html>blocked</html>', { 'content-type': 'text/html' })],
    [answered(503, 'no route', { via: '1.1 squid' })],
    [answered(407, '')],
  ])('is told apart from something on the way that answers in its place', (outcome) => {
    const error = explain([outcome]);
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('is not from Entra ID but from something in between');
  });
});

describe('a refusal of Entra ID', () => {
  it('of a token of the job is a matter of federation, whatever its number', () => {
    const words =
      'AADSTS7009999: The subject differs in case from the one of the federated credential, and ' +
      'this sentence goes on for a long time so that whoever cuts it anywhere would be found out, ' +
      'because its very last words are what somebody needs to read: compare every single letter.';
    const error = explain([refusal(words, 401, 'invalid_client')], federated);
    expect(error.code).toBe('FEDERATION_REFUSED');
    expect(error.message).toContain(assertion);
    expect(error.message).toContain('compare every single letter.');
    expect(error.remedy).toContain('upper and lower case included');
  });

  it.each(['53003', '53000', '530032', '530034'])('by Conditional Access says so: %s', (number) => {
    for (const identity of [withSecret, federated]) {
      const error = explain([refusal(`AADSTS${number}: Blocked.`)], identity);
      expect(error.code).toBe('CREDENTIAL_REJECTED');
      expect(error.message).toContain('Conditional Access policy');
      expect(error.message).toContain(`AADSTS${number}: Blocked.`);
      expect(error.remedy).toContain('administrator of the tenant');
    }
  });

  it('that is not known keeps its sentence whole, without the numbers for support', () => {
    const error = explain([refusal('AADSTS99999999: Something new.')]);
    expect(error).toMatchObject({ code: 'CREDENTIAL_REJECTED' });
    expect(error.message).toContain('AADSTS99999999: Something new.');
    expect(error.message).not.toContain('Trace');
  });
});

describe('the managed identity of a machine', () => {
  const managed: Identity = { kind: 'managed-identity' };
  const machine = (status: number, words: string, headers = {}) =>
    answered(status, { error: 'invalid_request', error_description: words }, headers, machineUrl);

  it.each<Identity>([managed, { kind: 'default' }])(
    'that is one of several is to be named',
    (identity) => {
      const words =
        'Multiple user assigned identities exist, please specify the clientId / resourceId';
      const error = explain([machine(400, words)], identity);
      expect(error.code).toBe('CREDENTIAL_INVALID');
      expect(error.message).toContain(words);
      expect(error.remedy).toContain('Set `client-id` to the client ID of one of them.');
    },
  );

  it('that is not there is told in the words of the machine', () => {
    const error = explain([machine(400, 'Identity not found')], managed);
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('status 400: Identity not found');
  });

  it.each([429, 503, 410])('whose endpoint is busy is told so: %i', (status) => {
    const error = explain([machine(status, 'try later', { 'retry-after': '30' })], managed);
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('is busy');
    expect(error.message).toContain('asks to wait 30 seconds');
  });

  it('is not blamed for what Entra ID refused', () => {
    const outcomes = [refusal('AADSTS7000222: expired'), machine(400, 'Identity not found')];
    expect(explain(outcomes, { kind: 'default' }).message).toContain('AADSTS7000222');
  });
});

describe('a failure to sign in', () => {
  it('with nothing to sign in with names the inputs and the sources tried', () => {
    const error = explain([], { kind: 'default' }, unavailable);
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.remedy).toContain('client-secret');
    expect(error.remedy).toContain('Azure CLI');
    expect(error.message).toContain('tried EnvironmentCredential');
  });

  it('with a program that gave what cannot be read repeats nothing of it', () => {
    const errors = [
      new SyntaxError('Unexpected token, "tok-secret" is not valid JSON'),
      Object.assign(new Error('{"accessToken":"tok-secret"'), {
        name: 'CredentialUnavailableError',
      }),
    ];
    const thrown = Object.assign(new Error('x'), { errors });
    const error = explain([], { kind: 'default' }, thrown);
    expect(error.message + error.remedy + String(error.cause)).not.toContain('tok-secret');
  });

  it('without the managed identity says so', () => {
    const error = explain([], { kind: 'managed-identity' }, unavailable);
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('managed identity');
  });

  it('that was cancelled is an interruption', () => {
    const thrown = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect(explain([], { kind: 'default' }, thrown).code).toBe('INTERRUPTED');
  });

  it('that is one of ours stays as it is', () => {
    const ours = new TrustError('CREDENTIAL_INVALID', 'x', { remedy: 'y' });
    expect(explain([], { kind: 'default' }, ours)).toBe(ours);
  });

  it('although every request succeeded repeats nothing of the answer', () => {
    const error = explain([answered(200, { access_token: 'tok-secret', expires_in: 'x' })]);
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message + String(error.cause)).not.toContain('tok-secret');
  });
});

describe('a machine without file descriptors', () => {
  it('is not told as an Entra ID that cannot be reached', () => {
    const error = new TrustError('OUT_OF_DESCRIPTORS', 'this process has none left', {
      remedy: 'Raise the limit.',
    });
    for (const url of [tokenUrl, machineUrl]) {
      for (const identity of [withSecret, { kind: 'default' } as const]) {
        expect(explain([{ url, error }], identity, unavailable)).toBe(error);
      }
    }
  });
});
