import 'reflect-metadata';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AuthorityInfoAccessExtension, X509CrlReason, type Extension } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/http/index.js';
import { limits } from '../../src/limits.js';
import {
  createRevocationCheck,
  envelopeMediaTypes,
  prepareSignature,
  prepareSigningChain,
  readTrustPolicy,
  verifySignature,
  type Verdict,
  type VerifyingStatement,
} from '../../src/notation/index.js';
import { isInstalled } from '../judges/required.js';
import {
  distributionPoints,
  issue,
  makeCrl,
  makeOcspResponse,
  type Holder,
} from './make-authority.js';
import { signWith } from './make-chain.js';
import { startPlainServer, type PlainServer } from './plain-server.js';

const target = { mediaType: 'application/json', digest: `sha256:${'a'.repeat(64)}`, size: 2 };
const client = createHttpClient({ userAgent: 'test/1', environment: {} });

let server: PlainServer;
let root: Holder;

/** The verdict on a signature of a new leaf, and what was asked for it. */
async function verifyWith(
  extensions: readonly Extension[],
  verification: object,
  { serial = '1b', http = client }: { serial?: string; http?: HttpClient } = {},
): Promise<{ readonly verdict: Verdict; readonly requests: readonly string[] }> {
  const name = 'CN=rev,O=ACME,ST=WA,C=US';
  const leaf = await issue({ name, issuer: root, serial, extensions });
  const signer = prepareSigningChain(
    'made',
    leaf.certificate.der,
    [root.certificate.der],
    new Date(),
  );
  const signingTime = new Date(Math.floor(Date.now() / 1000) * 1000);
  const agent = 'acr-content-trust/1.1.0';
  const order = { signer, agent, signingTime, target: { ...target, annotations: {} } };
  const pending = prepareSignature({ ...order, format: 'jws' });
  const bytes = pending.finish(signWith(leaf.key, pending.algorithm, pending.input)).close();
  const policy = {
    version: '1.0',
    trustPolicies: [
      {
        name: 'p',
        registryScopes: ['*'],
        signatureVerification: verification,
        trustStores: ['ca:acme'],
        trustedIdentities: ['*'],
      },
    ],
  };
  const [statement] = readTrustPolicy('p', Buffer.from(JSON.stringify(policy)));
  const before = server.requests.length;
  const verdict = await verifySignature({
    mediaType: envelopeMediaTypes.jws,
    bytes,
    target,
    statement: statement as VerifyingStatement,
    anchors: { ca: [root.certificate], signingAuthority: [], tsa: undefined },
    metadata: {},
    now: new Date(),
    checkRevocation: createRevocationCheck({ http, clock: () => new Date() }),
  });
  return { verdict, requests: server.requests.slice(before) };
}

const crlAt = (address: string): Extension => distributionPoints('2.5.29.31', [[address]]);
const ocspAt = (url: string): Extension => new AuthorityInfoAccessExtension({ ocsp: [url] });
const strict = { level: 'strict' };

beforeAll(async () => {
  root = await issue({ name: 'CN=Rev Root,O=ACME,ST=WA,C=US', isCa: true });
  const forger = await issue({ name: root.name, isCa: true });
  const entries = [{ serialNumber: '1b', reason: X509CrlReason.keyCompromise }];
  const files = new Map([
    ['/good.crl', await makeCrl(root)],
    ['/rev.crl', await makeCrl(root, { entries })],
    ['/old.crl', await makeCrl(root, { nextUpdate: new Date('2025-02-01T00:00:00Z') })],
    ['/forged.crl', await makeCrl(forger)],
  ]);
  server = await startPlainServer((request, _body, response) => {
    const address = request.url ?? '';
    if (address === '/slow.crl') return undefined;
    const status = (['good', 'revoked', 'unknown'] as const).find((one) =>
      address.startsWith(`/${one}/`),
    );
    if (status) {
      const query = Buffer.from(decodeURIComponent(address.slice(status.length + 2)), 'base64');
      return makeOcspResponse(query, root, { status });
    }
    const file = files.get(address);
    if (!file) response.writeHead(404).end();
    return file;
  });
});

afterAll(() => server.close());

/** Nobody waits for an answer that does not come: the bound is looked at, and made short. */
const impatient: HttpClient = (request) => {
  expect(request.timeoutMs).toBe(limits.crlMs);
  return client({ ...request, timeoutMs: 2_000 });
};

const isRevoked = 'is revoked (';
const isUnknown = 'has an unknown revocation status (';

/** What notation 1.3.2 was seen to do, and we do as well; `requests` without those for OCSP. */
const cases: readonly {
  readonly name: string;
  readonly extensions: () => readonly Extension[];
  readonly verification?: object;
  readonly http?: HttpClient;
  /** Of notation: whether it exited with 0. */
  readonly isAccepted: boolean;
  readonly requests: readonly string[];
  readonly reason?: readonly string[];
}[] = [
  { name: 'no OCSP, no CRL', extensions: () => [], isAccepted: true, requests: [] },
  {
    name: 'CRL, not listed',
    extensions: () => [crlAt(`${server.url}/good.crl`)],
    isAccepted: true,
    requests: ['GET /good.crl'],
  },
  {
    name: 'CRL, revoked',
    extensions: () => [crlAt(`${server.url}/rev.crl`)],
    isAccepted: false,
    requests: ['GET /rev.crl'],
    reason: [isRevoked, 'keyCompromise'],
  },
  {
    name: 'CRL, revoked, permissive',
    extensions: () => [crlAt(`${server.url}/rev.crl`)],
    verification: { level: 'permissive' },
    isAccepted: true,
    requests: ['GET /rev.crl'],
    reason: [isRevoked],
  },
  {
    name: 'CRL, revoked, override revocation skip',
    extensions: () => [crlAt(`${server.url}/rev.crl`)],
    verification: { level: 'strict', override: { revocation: 'skip' } },
    isAccepted: true,
    requests: [],
  },
  {
    name: 'CRL expired',
    extensions: () => [crlAt(`${server.url}/old.crl`)],
    isAccepted: false,
    requests: ['GET /old.crl'],
    reason: [isUnknown, 'expired at 2025-02-01T00:00:00.000Z'],
  },
  {
    name: 'CRL 404',
    extensions: () => [crlAt(`${server.url}/none.crl`)],
    isAccepted: false,
    requests: ['GET /none.crl'],
    reason: [
      isUnknown,
      '/none.crl: it answered with status 404); let this machine reach this address, directly or through the proxy in HTTP_PROXY, or do without the check: "override": {"revocation": "skip"} in signatureVerification of the trust policy',
    ],
  },
  {
    name: 'CRL signed by another key',
    extensions: () => [crlAt(`${server.url}/forged.crl`)],
    isAccepted: false,
    requests: ['GET /forged.crl'],
    reason: [isUnknown, 'is not signed by the issuer'],
  },
  {
    name: 'CRL slower than 5 s',
    extensions: () => [crlAt(`${server.url}/slow.crl`)],
    http: impatient,
    isAccepted: false,
    requests: ['GET /slow.crl'],
    reason: [isUnknown, '/slow.crl: got no complete response within'],
  },
  {
    name: 'CRL over https',
    extensions: () => [crlAt('https://127.0.0.1:1/x.crl')],
    isAccepted: false,
    requests: [],
    reason: [isUnknown, 'https://127.0.0.1:1/x.crl: only http addresses can be asked'],
  },
  {
    name: 'CRL over ldap',
    extensions: () => [crlAt('ldap://127.0.0.1/x')],
    isAccepted: false,
    requests: [],
    reason: [isUnknown, 'ldap://127.0.0.1/x: only http addresses can be asked'],
  },
  {
    name: 'OCSP good',
    extensions: () => [ocspAt(`${server.url}/good`)],
    isAccepted: true,
    requests: [],
  },
  {
    name: 'OCSP revoked',
    extensions: () => [ocspAt(`${server.url}/revoked`)],
    isAccepted: false,
    requests: [],
    reason: [isRevoked],
  },
  {
    name: 'OCSP unknown',
    extensions: () => [ocspAt(`${server.url}/unknown`)],
    isAccepted: false,
    requests: [],
    reason: [isUnknown, '/unknown: the responder does not know the certificate'],
  },
  {
    name: 'OCSP unknown, CRL good',
    extensions: () => [ocspAt(`${server.url}/unknown`), crlAt(`${server.url}/good.crl`)],
    isAccepted: true,
    requests: ['GET /good.crl'],
  },
  {
    name: 'OCSP server gone',
    extensions: () => [ocspAt('http://127.0.0.1:1/')],
    isAccepted: false,
    requests: [],
    reason: [isUnknown, 'http://127.0.0.1:1/: the connection was refused (ECONNREFUSED)'],
  },
  {
    name: 'OCSP server gone, CRL good',
    extensions: () => [ocspAt('http://127.0.0.1:1/'), crlAt(`${server.url}/good.crl`)],
    isAccepted: true,
    requests: ['GET /good.crl'],
  },
];

describe('a signature whose certificate names', () => {
  it.each(cases)('$name', async ({ extensions, verification, http, ...expected }) => {
    const { verdict, requests } = await verifyWith(extensions(), verification ?? strict, {
      ...(http && { http }),
    });
    expect(verdict.isAccepted).toBe(expected.isAccepted);
    expect([...new Set(requests)].filter((request) => request.endsWith('.crl'))).toEqual(
      expected.requests,
    );
    const failed = verdict.isAccepted ? verdict.noted : [verdict];
    expect(failed.map(({ check }) => check)).toEqual(expected.reason ? ['revocation'] : []);
    for (const part of expected.reason ?? []) expect(failed[0]?.reason).toContain(part);
  });
});

describe.runIf(isInstalled('openssl', 'version'))('a responder of OpenSSL', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ocsp-'));
  let responder: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const line = (status: string, revoked: string, serial: string): string =>
      [status, '490101000000Z', revoked, serial, 'unknown', '/CN=x'].join('\t');
    const index = [line('V', '', '1B'), line('R', '260102030405Z,keyCompromise', '1C'), ''].join(
      '\n',
    );
    file('index.txt.attr', 'unique_subject = no\n');
    const certificate = file('ca.pem', root.certificate.x509.toString());
    const key = file('ca.key', root.key.export({ type: 'pkcs8', format: 'pem' }).toString());
    responder = spawn(
      'openssl',
      [
        ...['ocsp', '-port', '0', '-nmin', '5', '-index', file('index.txt', index)],
        ...['-CA', certificate, '-rsigner', certificate, '-rkey', key],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const port = await new Promise<string>((resolve, reject) => {
      let text = '';
      responder.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /ACCEPT .*:(\d+) /.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      responder.once('exit', () => {
        reject(new Error(`openssl ocsp ended: ${text}`));
      });
    });
    url = `http://localhost:${port}`;
  });

  afterAll(() => {
    responder.kill();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['1b', 'good', undefined],
    ['1c', 'revoked', 'since 2026-01-02T03:04:05.000Z, keyCompromise'],
    ['1d', 'unknown', 'the responder does not know the certificate'],
    // So long that it is asked by POST.
    ['41'.repeat(130), 'unknown', 'the responder does not know the certificate'],
  ])('says of %s that it is %s', async (serial, status, detail) => {
    const { verdict } = await verifyWith([ocspAt(url)], strict, { serial });
    expect(verdict.isAccepted).toBe(status === 'good');
    if (!verdict.isAccepted) expect(verdict.reason).toContain(detail);
  });
});
