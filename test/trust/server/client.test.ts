import { describe, expect, it } from 'vitest';
import { TrustError, isTrustError, type ErrorCode } from '../../../src/errors.js';
import {
  HttpError,
  type HttpClient,
  type HttpErrorKind,
  type HttpRequest,
  type HttpResponse,
} from '../../../src/http/types.js';
import { createTrustServer, type TrustServer } from '../../../src/trust/server/index.js';

const gun = 'contoso.azurecr.io:8443/team/app';

function answer(
  status: number,
  body: unknown = '',
  contentType = 'application/json',
): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    header: (name) => (name.toLowerCase() === 'content-type' ? contentType : undefined),
    body: Buffer.from(text),
  };
}

function complaint(code: string, detail: unknown = {}, message = 'as the server puts it') {
  return { errors: [{ code, message, detail }] };
}

interface Scripted {
  readonly server: TrustServer;
  readonly requests: HttpRequest[];
  readonly scopes: string[];
}

function scripted(reply: HttpResponse | HttpErrorKind, url = 'https://contoso.azurecr.io:8443/') {
  const requests: HttpRequest[] = [];
  const scopes: string[] = [];
  const http: HttpClient = (request) => {
    requests.push(request);
    return typeof reply === 'string'
      ? Promise.reject(new HttpError(reply, `${request.method} failed`))
      : Promise.resolve(reply);
  };
  const server = createTrustServer({
    url,
    gun,
    http,
    token: (scope) => {
      scopes.push(scope);
      return Promise.resolve('the-token');
    },
  });
  return { server, requests, scopes } satisfies Scripted;
}

async function failure(work: Promise<unknown>): Promise<TrustError> {
  const error: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!isTrustError(error)) throw new Error(`expected a TrustError, got ${String(error)}`);
  return error;
}

const read = (server: TrustServer) => server.fetchRole('root', { maxBytes: 1000 });
const noUse = expect.stringMatching(/^TRUST_(SERVER_UNREACHABLE|DATA_INVALID)$/) as string;
const write = (server: TrustServer) => server.publish(new Map([['targets', Buffer.from('{}')]]));

describe('reading a role from a trust server', () => {
  it('asks for the current file under the unescaped GUN, past any cache', async () => {
    const { server, requests, scopes } = scripted(answer(200, '{"signed":{}}'));
    const bytes = await server.fetchRole('targets/releases', { maxBytes: 77 });
    expect(bytes?.toString()).toBe('{"signed":{}}');
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://contoso.azurecr.io:8443/v2/contoso.azurecr.io:8443/team/app/_trust/tuf/targets/releases.json',
      maxBytes: 77,
      headers: { authorization: 'Bearer the-token', 'cache-control': 'no-cache' },
    });
    expect(scopes).toEqual([`repository:${gun}:pull`]);
  });

  it('names files by hash and by version as the server routes them', async () => {
    const { server, requests } = scripted(answer(200, '{}'), 'https://trust.test/sub/');
    await server.fetchRole('snapshot', { maxBytes: 1, sha256Hex: 'ab'.repeat(32) });
    await server.fetchRole('root', { maxBytes: 1, version: 3 });
    expect(requests.map((r) => r.url.slice(r.url.indexOf('_trust')))).toEqual([
      `_trust/tuf/snapshot.${'ab'.repeat(32)}.json`,
      '_trust/tuf/3.root.json',
    ]);
    expect(requests[0]?.url.startsWith('https://trust.test/sub/v2/')).toBe(true);
    expect(requests[0]?.headers).not.toHaveProperty('cache-control');
  });

  it('says undefined for a file that is not there', async () => {
    const { server } = scripted(answer(404, complaint('METADATA_NOT_FOUND')));
    expect(await read(server)).toBeUndefined();
  });

  it('takes the 500 of an SQL back end for a delegation that was never published', async () => {
    const { server } = scripted(answer(500, complaint('UNKNOWN', { Role: 'targets/x' })));
    expect(await server.fetchRole('targets/x', { maxBytes: 1 })).toBeUndefined();
    expect((await failure(read(server))).code).toBe('TRUST_SERVER_UNREACHABLE');
  });

  const refusals: readonly [string, HttpResponse | HttpErrorKind, ErrorCode, RegExp][] = [
    ['401', answer(401, complaint('UNAUTHORIZED')), 'REGISTRY_LOGIN_REFUSED', /401/],
    ['403', answer(403, complaint('DENIED')), 'REGISTRY_LOGIN_REFUSED', /as the server puts it/],
    ['405', answer(405), 'CONTENT_TRUST_UNAVAILABLE', /content trust is not enabled/],
    ['500', answer(500, complaint('UNKNOWN')), 'TRUST_SERVER_UNREACHABLE', /\(500: /],
    [
      '503 in plain text',
      answer(503, 'try later', 'text/plain'),
      'TRUST_SERVER_UNREACHABLE',
      /503/,
    ],
    [
      'a web page with 200',
      answer(200, '<html>login</html>', 'text/html; charset=utf-8'),
      'TRUST_SERVER_UNREACHABLE',
      /200: a web page/,
    ],
    [
      'a web page with 404, which is no word on trust data',
      answer(404, '<!DOCTYPE html><p>nope', 'text/plain'),
      'TRUST_SERVER_UNREACHABLE',
      /404: a web page/,
    ],
    ['a redirect elsewhere', answer(302), 'TRUST_SERVER_UNREACHABLE', /302/],
    ['no connection', 'unreachable', 'TRUST_SERVER_UNREACHABLE', /could not be reached/],
    ['a timeout', 'timeout', 'TRUST_SERVER_UNREACHABLE', /could not be reached/],
    ['a bad certificate', 'tls', 'TRUST_SERVER_UNREACHABLE', /could not be reached/],
    ['an endless body', 'too-large', 'TRUST_DATA_INVALID', /more than allowed/],
    ['an interruption', 'aborted', 'INTERRUPTED', /interrupted/],
  ];
  it.each(refusals)('explains %s', async (_what, reply, code, words) => {
    const error = await failure(read(scripted(reply).server));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain('contoso.azurecr.io:8443');
    expect(`${error.message} ${error.remedy}`).not.toContain('the-token');
  });

  it.each(['REGISTRY_UNREACHABLE', 'REGISTRY_FAILED'] as const)(
    'names the trust server where its login fails with %s',
    async (code) => {
      const cause = new TrustError(code, 'no answer to GET /v2/', {
        remedy: 'Look at the registry.',
      });
      const server = createTrustServer({
        url: 'https://notary.contoso.example',
        gun,
        http: () => Promise.reject(new Error('nothing must be sent without a token')),
        token: () => Promise.reject(cause),
      });
      const error = await failure(read(server));
      expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
      expect(error.message).toMatch(
        /trust server notary\.contoso\.example gave no login to serve root for .*: no answer/,
      );
      expect(error.remedy).toMatch(/Check the trust server address/);
      expect(error.cause).toBe(cause);
    },
  );

  it('warns of switching content trust off and on', async () => {
    const error = await failure(read(scripted(answer(405)).server));
    expect(error.remedy).toMatch(/Premium.*deletes the trust data of every repository/s);
  });

  it('cuts and cleans what a foreign server says', async () => {
    const noise = `\u001b[31m\r\n##vso[task.complete]${'x'.repeat(5000)}`;
    const error = await failure(read(scripted(answer(500, noise, 'text/plain')).server));
    expect(error.message.length).toBeLessThan(500);
    // eslint-disable-next-line no-control-regex -- that there are none is the point
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('asking a trust server for its keys', () => {
  it('wants the right to push and drops what does not belong to a key', async () => {
    const reply = { keytype: 'ed25519', keyval: { public: 'AAAA', private: 'x' }, more: 1 };
    const { server, scopes, requests } = scripted(answer(200, reply, 'text/plain'));
    expect(await server.fetchServerKey('snapshot')).toEqual({
      keytype: 'ed25519',
      keyval: { private: null, public: 'AAAA' },
    });
    expect(scopes).toEqual([`repository:${gun}:pull,push`]);
    expect(requests[0]?.url.endsWith('/_trust/tuf/snapshot.key')).toBe(true);
  });

  it('explains a registry that serves none: every trust server makes one for whoever may sign', async () => {
    const refused = scripted(answer(404, complaint('NOT_FOUND'))).server.fetchServerKey('snapshot');
    const error = await failure(refused);
    expect(error.code).toBe('CONTENT_TRUST_UNAVAILABLE');
    expect(error.message).toMatch(/content trust is not enabled there \(404: /);
  });

  it('says which role is missing when the server refuses', async () => {
    const error = await failure(scripted(answer(401)).server.fetchServerKey('timestamp'));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(error.remedy).toMatch(/AcrImageSigner.*new login.*admin account.*repository-scoped/s);
  });

  it.each([
    ['nonsense', 'hello'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a key without content', '{"keytype":"ed25519"}'],
    ['a key that is not base64', '{"keytype":"ed25519","keyval":{"public":"*"}}'],
    ['an unknown key type', '{"keytype":"dsa","keyval":{"public":"AAAA"}}'],
  ])('refuses %s', async (_what, body) => {
    const error = await failure(scripted(answer(200, body)).server.fetchServerKey('snapshot'));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
  });
});

describe('publishing to a trust server', () => {
  it('posts one part per role, named by the file name, bytes untouched, and never twice', async () => {
    const { server, requests, scopes } = scripted(answer(200));
    const outcome = await server.publish(
      new Map([
        ['targets', Buffer.from('{"a":1}')],
        ['targets/releases', Buffer.from('{"b":"\u2028é"}')],
      ]),
    );
    expect(outcome).toEqual({ kind: 'accepted' });
    expect(scopes).toEqual([`repository:${gun}:pull,push`]);
    const request = requests[0];
    expect(request).toMatchObject({ method: 'POST', retry: 'unprocessed' });
    expect(request?.url.endsWith('/_trust/tuf/')).toBe(true);
    const boundary = /^multipart\/form-data; boundary=([0-9a-f]{60})$/.exec(
      request?.headers?.['content-type'] ?? '',
    )?.[1];
    expect(Buffer.from(request?.body ?? '').toString()).toBe(
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="files"; filename="targets"',
        'Content-Type: application/octet-stream',
        '',
        '{"a":1}',
        `--${boundary}`,
        'Content-Disposition: form-data; name="files"; filename="targets/releases"',
        'Content-Type: application/octet-stream',
        '',
        '{"b":"\u2028é"}',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });

  it('refuses a role name that could break out of the form', async () => {
    const { server, requests } = scripted(answer(200));
    const parts = new Map([['targets/"\r\nx: y', Buffer.from('{}')]]);
    await expect(server.publish(parts)).rejects.toThrow(RangeError);
    expect(requests).toEqual([]);
  });

  it('tells a version conflict from a refusal', async () => {
    const { server } = scripted(answer(400, complaint('VERSION')));
    expect(await write(server)).toEqual({ kind: 'conflict' });
  });

  it("passes on the server's words when it rejects an update", async () => {
    const detail = { Name: 'ErrBadTargets', Error: { Msg: 'could not verify' } };
    const error = await failure(
      write(scripted(answer(400, complaint('INVALID_UPDATE', detail))).server),
    );
    expect(error.code).toBe('TRUST_SERVER_REJECTED');
    expect(error.message).toContain('400: ErrBadTargets: could not verify');
  });

  it('explains a server that lacks the snapshot key', async () => {
    const detail = { Name: 'ErrBadHierarchy', Error: { Msg: '', Missing: 'snapshot' } };
    const error = await failure(
      write(scripted(answer(400, complaint('INVALID_UPDATE', detail))).server),
    );
    expect(error.remedy).toContain('"keys rotate --role snapshot"');
  });

  it.each([
    ['401', answer(401), 'SIGNER_NOT_AUTHORIZED'],
    ['403', answer(403), 'SIGNER_NOT_AUTHORIZED'],
    ['405', answer(405), 'CONTENT_TRUST_UNAVAILABLE'],
    ['413', answer(413), 'TRUST_SERVER_REJECTED'],
    ['404', answer(404, complaint('METADATA_NOT_FOUND')), 'TRUST_SERVER_REJECTED'],
  ] as const)('throws for %s', async (_what, reply, code) => {
    expect((await failure(write(scripted(reply).server))).code).toBe(code);
  });

  it('says how long a server that limits requests wants to be left alone', async () => {
    const reply = {
      ...answer(429),
      header: (name: string) => (name === 'retry-after' ? '600' : undefined),
    };
    const error = await failure(write(scripted(reply).server));
    expect(error.code).toBe('TRUST_SERVER_UNREACHABLE');
    expect(error.message).toContain('it limits the number of requests and asks to wait 10 minutes');
    expect(error.remedy).toMatch(/^Wait 10 minutes, then run the step again\./);
  });

  it('says what to do about an update that is too large', async () => {
    const error = await failure(write(scripted(answer(413)).server));
    expect(error.message).toContain('too large (413); nothing was published');
    expect(error.remedy).toContain('revoke');
    expect(error.remedy).toContain('proxy');
  });

  it.each([
    ['500', answer(500, complaint('UPDATING'))],
    ['502 from a proxy', answer(502, '<html>', 'text/html')],
    ['a success that is a web page', answer(200, '<html>', 'text/html')],
    ['a connection that broke', 'unreachable'],
    ['a timeout', 'timeout'],
    ['an answer longer than any', 'too-large'],
  ] as const)('is uncertain after %s', async (_what, reply) => {
    const outcome = await write(scripted(reply).server);
    expect(outcome).toMatchObject({ kind: 'uncertain', error: { code: noUse } });
  });
});

describe('having a trust server make a new key', () => {
  const reply = { keytype: 'ecdsa', keyval: { public: 'AAAA', private: null } };

  it('posts nothing, and asks for every right', async () => {
    const { server, requests, scopes } = scripted(answer(200, reply, 'text/plain'));
    expect(await server.rotateServerKey('timestamp')).toMatchObject({ keytype: 'ecdsa' });
    expect(scopes).toEqual([`repository:${gun}:*`]);
    expect(requests[0]).toMatchObject({ method: 'POST' });
    expect(requests[0]?.body).toBeUndefined();
    expect(requests[0]?.url.endsWith('/_trust/tuf/timestamp.key')).toBe(true);
  });

  it('says what is known of the rights that it takes', async () => {
    const error = await failure(scripted(answer(403)).server.rotateServerKey('snapshot'));
    expect(error.code).toBe('SIGNER_NOT_AUTHORIZED');
    expect(error.message).toMatch(/refuses to make a new snapshot key for .*team\/app/);
    expect(error.remedy).toMatch(/AcrPush and AcrImageSigner.*is not documented/s);
  });

  it.each([
    ['405', answer(405), 'CONTENT_TRUST_UNAVAILABLE'],
    ['404', answer(404), 'TRUST_SERVER_UNREACHABLE'],
    ['500', answer(500), 'TRUST_SERVER_UNREACHABLE'],
    ['no key', answer(200, '{}'), 'TRUST_SERVER_UNREACHABLE'],
    ['no connection', 'unreachable', 'TRUST_SERVER_UNREACHABLE'],
  ] as const)('throws for %s', async (_what, answered, code) => {
    const error = await failure(scripted(answered).server.rotateServerKey('snapshot'));
    expect(error.code).toBe(code);
  });
});

describe('deleting trust data', () => {
  it('deletes below the trailing slash, once, with every right', async () => {
    const { server, requests, scopes } = scripted(answer(200));
    expect(await server.deleteTrustData()).toEqual({ kind: 'accepted' });
    expect(scopes).toEqual([`repository:${gun}:*`]);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'DELETE', retry: 'unprocessed' });
    expect(requests[0]?.url.endsWith('/team/app/_trust/tuf/')).toBe(true);
  });

  it.each([
    ['401', answer(401), 'SIGNER_NOT_AUTHORIZED'],
    ['403', answer(403), 'SIGNER_NOT_AUTHORIZED'],
    ['405', answer(405), 'CONTENT_TRUST_UNAVAILABLE'],
    ['an interruption', 'aborted', 'INTERRUPTED'],
  ] as const)('throws for %s', async (_what, answered, code) => {
    expect((await failure(scripted(answered).server.deleteTrustData())).code).toBe(code);
  });

  it.each([
    ['404', answer(404)],
    ['500', answer(500, complaint('UNKNOWN'))],
    ['a success that is a web page', answer(200, '<html>', 'text/html')],
    ['a timeout', 'timeout'],
    ['an answer longer than any', 'too-large'],
  ] as const)('is uncertain after %s', async (_what, answered) => {
    const outcome = await scripted(answered).server.deleteTrustData();
    expect(outcome).toMatchObject({ kind: 'uncertain', error: { code: noUse } });
  });
});

describe('naming a trust collection', () => {
  it.each(['', 'a/../b', 'a//b', './a', 'a/', 'a?b', 'a#b', 'a%2fb', 'a b', 'a\nb', 'a/..'])(
    'refuses %j',
    (bad) => {
      const options = { url: 'https://x.test', gun: bad, http: () => Promise.reject(new Error()) };
      expect(() =>
        createTrustServer({ ...options, token: () => Promise.resolve(undefined) }),
      ).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
    },
  );

  it.each(['', 'contoso.azurecr.io', 'http://x.test', 'https://me:secret@x.test', 'https://x?y=1'])(
    'refuses the server address %j',
    (url) => {
      const options = { url, gun, http: () => Promise.reject(new Error()) };
      expect(() =>
        createTrustServer({ ...options, token: () => Promise.resolve(undefined) }),
      ).toThrow(
        expect.objectContaining({
          code: 'INPUT_INVALID',
          message: expect.not.stringContaining('secret') as string,
        }),
      );
    },
  );
});
