import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExtendedKeyUsageExtension } from '@peculiar/x509';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTrustError } from '../../src/errors.js';
import { algorithmNamed } from '../../src/notation/algorithms.js';
import { readChain, type Certificate } from '../../src/notation/certificates/index.js';
import { readEnvelope } from '../../src/notation/envelope/index.js';
import { createHttpClient, HttpError } from '../../src/http/index.js';
import { limits } from '../../src/limits.js';
import {
  fetchTimestamp,
  readAnchors,
  requestTimestamp,
  RuleError,
  type RevocationCheck,
  type TimestampOptions,
  type TimestampRequest,
} from '../../src/notation/index.js';
import { verifyToken } from '../../src/notation/timestamp/index.js';
import { readTimestampReply } from '../../src/notation/timestamp/request.js';
import { isInstalled } from '../judges/required.js';
import { fixture, nobodyToAsk } from './corpus.js';
import { goodUsage, makeChain, type MadeChain } from './make-chain.js';
import { startPlainServer, type PlainServer } from './plain-server.js';

const timeStamping = new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.8'], true);

function algorithm(name: string) {
  const found = algorithmNamed(name);
  if (!found) throw new Error(`no algorithm ${name}`);
  return found;
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const configuration = (folder: string, accuracy: string): string =>
  [
    '[tsa]',
    'default_tsa = t',
    '[t]',
    `serial = ${folder}/serial`,
    `signer_cert = ${folder}/tsa.pem`,
    `certs = ${folder}/chain.pem`,
    `signer_key = ${folder}/tsa.key`,
    'signer_digest = sha256',
    'default_policy = 1.2.3.4.1',
    'digests = sha256, sha384, sha512',
    ...(accuracy === '' ? [] : [`accuracy = ${accuracy}`]),
    'ess_cert_id_alg = sha256',
    '',
  ].join('\n');

const hasOpenssl = isInstalled('openssl');

describe.runIf(hasOpenssl)('a time stamp of OpenSSL', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsa-'));
  let authority: MadeChain;
  let roots: readonly Certificate[];

  beforeAll(async () => {
    authority = await makeChain({
      kind: 'rsa2048',
      subject: 'CN=TSA,O=TSA Inc,C=US',
      extensions: [goodUsage, timeStamping],
    });
    const [leaf = Buffer.alloc(0), issuing = Buffer.alloc(0), root = Buffer.alloc(0)] =
      authority.chain;
    roots = readAnchors('tsa', 'root.pem', Buffer.from(pem('CERTIFICATE', root)));
    const write = (name: string, text: string): void => {
      writeFileSync(path.join(folder, name), text);
    };
    write('serial', '01\n');
    write('tsa.pem', pem('CERTIFICATE', leaf));
    write('chain.pem', pem('CERTIFICATE', issuing));
    write('tsa.key', String(authority.key.export({ type: 'pkcs8', format: 'pem' })));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function reply({ body }: TimestampRequest, accuracy = 'secs:1, millisecs:500'): Buffer {
    const file = (name: string): string => path.join(folder, name);
    writeFileSync(file('tsa.cnf'), configuration(folder, accuracy));
    writeFileSync(file('query'), body);
    const query = ['-config', file('tsa.cnf'), '-queryfile', file('query'), '-out', file('reply')];
    execFileSync('openssl', ['ts', '-reply', ...query], { stdio: 'pipe' });
    return readFileSync(file('reply'));
  }

  it.each(['PS256', 'ES384', 'ES512'])('is asked for and read: %s', (name) => {
    const signature = Buffer.from(`a signature ${name}`);
    const request = requestTimestamp(algorithm(name), signature);
    const received = readTimestampReply('OpenSSL', reply(request), request, roots);
    expect(received.chain).toHaveLength(3);
    expect(received.latest.getTime() - received.time.getTime()).toBe(1500);
    expect(received.time.getTime() - received.earliest.getTime()).toBe(1500);
    expect(verifyToken(received.token, signature, roots).time).toEqual(received.time);
  });

  describe('asked for over http', () => {
    let answer: (body: Buffer) => { status?: number; type?: string; body: Buffer };
    let server: PlainServer;

    beforeAll(async () => {
      server = await startPlainServer((_request, body, response) => {
        const { status = 200, type = 'application/timestamp-reply', body: bytes } = answer(body);
        response.writeHead(status, { 'Content-Type': type });
        return bytes;
      });
    });
    afterAll(() => server.close());

    const honest = (body: Buffer) => ({ body: reply({ body } as TimestampRequest) });
    const signature = Buffer.from('over http');
    const fetch = (
      overrides: Partial<TimestampOptions> = {},
      url = `${server.url}/tsa?key=s3cret`,
    ) =>
      fetchTimestamp(url, requestTimestamp(algorithm('ES256'), signature), {
        http: createHttpClient({ userAgent: 'test/1', environment: {} }),
        roots,
        checkRevocation: nobodyToAsk,
        ...overrides,
      });

    it('comes with its token', async () => {
      answer = honest;
      const { token, chain } = await fetch();
      expect(chain).toHaveLength(3);
      expect(verifyToken(token, signature, roots).chain).toHaveLength(3);
      expect(server.requests).toEqual(['POST /tsa?key=s3cret']);
    });

    it.each([
      ['a refusal', { status: 403 }, 'it answered with status 403'],
      ['a web page', { type: 'text/html' }, 'it answered with "text/html"'],
      ['a type with more', { type: 'application/timestamp-reply; x=1' }, 'not with application/'],
      [
        'too much',
        { body: Buffer.alloc(limits.timestampReplyBytes + 1) },
        'returned more than the 1048576 bytes allowed',
      ],
    ])('fails with TIMESTAMP_FAILED for %s', async (_, changes, reason) => {
      answer = (body) => ({ ...honest(body), ...changes });
      const failure = fetch();
      await expect(failure).rejects.toMatchObject({ code: 'TIMESTAMP_FAILED' });
      await expect(failure).rejects.toThrow(reason);
      await expect(failure).rejects.not.toThrow('s3cret');
    });

    it('fails with TIMESTAMP_FAILED where nobody answers', async () => {
      const failure = fetch(
        { http: () => Promise.reject(new HttpError('unreachable', 'POST http://tsa.test/: gone')) },
        'http://tsa.test/',
      );
      await expect(failure).rejects.toMatchObject({
        code: 'TIMESTAMP_FAILED',
        message: 'The time stamping authority http://tsa.test/ gave no time stamp: gone',
      });
    });

    it('fails with TIMESTAMP_INVALID for an answer to another', async () => {
      const body = reply(requestTimestamp(algorithm('ES256'), Buffer.from('another')));
      answer = () => ({ body });
      await expect(fetch()).rejects.toMatchObject({ code: 'TIMESTAMP_INVALID' });
    });

    it.each(['revoked', 'unknown'] as const)(
      'fails with TIMESTAMP_INVALID where a certificate of the authority is %s',
      async (status) => {
        answer = honest;
        const checkRevocation: RevocationCheck = (chain) =>
          Promise.resolve(chain.slice(0, -1).map((certificate) => ({ certificate, status })));
        const failure = fetch({ checkRevocation });
        await expect(failure).rejects.toMatchObject({ code: 'TIMESTAMP_INVALID' });
        await expect(failure).rejects.not.toThrow('override');
      },
    );

    it('ends with the run', async () => {
      await expect(fetch({ signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      });
    });
  });

  it('has no span where the authority states none', () => {
    const request = requestTimestamp(algorithm('ES256'), Buffer.from('s'));
    const received = readTimestampReply('OpenSSL', reply(request, ''), request, roots);
    expect(received.earliest).toEqual(received.latest);
  });

  function refusal(body: () => unknown): string {
    try {
      body();
    } catch (error) {
      if (isTrustError(error, 'TIMESTAMP_INVALID')) return error.message;
      throw error;
    }
    return 'none';
  }

  it('is rejected as the answer to another request', () => {
    const [one, other] = [1, 2].map(() => requestTimestamp(algorithm('ES256'), Buffer.from('s')));
    if (!one || !other) throw new Error('two requests');
    const given = reply(one);
    expect(refusal(() => readTimestampReply('OpenSSL', given, other, roots))).toContain('nonce');
  });

  it('is rejected for another signature', () => {
    const request = requestTimestamp(algorithm('ES256'), Buffer.from('s'));
    const given = reply(request);
    const other = { ...request, signature: Buffer.from('t') };
    expect(refusal(() => readTimestampReply('OpenSSL', given, other, roots))).toContain(
      'for another signature',
    );
  });

  it('is rejected under another root', async () => {
    const request = requestTimestamp(algorithm('ES256'), Buffer.from('s'));
    const others = readChain((await makeChain()).chain).slice(-1);
    const given = reply(request);
    expect(refusal(() => readTimestampReply('OpenSSL', given, request, others))).toContain(
      'no trusted root',
    );
  });
});

describe('an answer of an authority', () => {
  const request = requestTimestamp(algorithm('ES256'), Buffer.from('s'));
  it.each([
    ['that refuses', '30053003020102', 'refused (status 2)'],
    ['with its reason', '300b30090201023004 0c026e6f', 'refused (status 2, no)'],
    ['without a time stamp', '30053003020100', 'holds no time stamp'],
    ['that is cut off', '30053003', 'not DER'],
    ['that is something else', '0400', 'refused'],
  ])('%s is rejected', (_, hex, words) => {
    const reply = Buffer.from(hex.replace(' ', ''), 'hex');
    expect(() => readTimestampReply('the authority', reply, request, [])).toThrow(words);
  });
});

describe('a recorded time stamp', () => {
  const { timestamp = Buffer.alloc(0), signature } = readEnvelope(
    'application/jose+json',
    fixture('notation-made/p256-ts.jws'),
  );
  const roots = readAnchors('tsa', 'tsa-root.pem', fixture('notation-made/tsa-root.pem'));

  it('is accepted as it is', () => {
    expect(verifyToken(timestamp, signature, roots).chain.length).toBeGreaterThan(1);
  });

  it('is rejected, and nothing else happens, when a byte of it is another', () => {
    fc.assert(
      fc.property(fc.nat(timestamp.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(timestamp);
        altered[at] = (altered[at] ?? 0) ^ change;
        let thrown: unknown;
        try {
          verifyToken(altered, signature, roots);
        } catch (error) {
          thrown = error;
        }
        // What is not signed may be another, such as a certificate nobody needs.
        if (thrown !== undefined) expect(thrown).toBeInstanceOf(RuleError);
      }),
      { numRuns: 300 },
    );
  });

  it('is rejected when it is cut off', () => {
    fc.assert(
      fc.property(fc.nat(timestamp.length - 1), (length) => {
        const cut = timestamp.subarray(0, length);
        expect(() => verifyToken(cut, signature, roots)).toThrow(RuleError);
      }),
    );
  });
});
