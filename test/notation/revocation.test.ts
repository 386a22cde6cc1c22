import 'reflect-metadata';
import {
  AuthorityInfoAccessExtension,
  KeyUsageFlags,
  X509CrlReason,
  type Extension,
} from '@peculiar/x509';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/http/index.js';
import { limits } from '../../src/limits.js';
import {
  childrenOf,
  readDer,
  writeDer,
  type CertificateChain,
  type DerValue,
} from '../../src/notation/certificates/index.js';
import {
  createRevocationCheck,
  RuleError,
  type RevocationStatus,
} from '../../src/notation/index.js';
import {
  deltaAddresses,
  findingIn,
  readCrl,
  requireComplete,
  requireDelta,
  type Crl,
} from '../../src/notation/revocation/crl.js';
import { ocspRequest, readOcspResponse, type Finding } from '../../src/notation/revocation/ocsp.js';
import {
  distributionPoints,
  ecdsaWithSha256,
  extension,
  issue,
  makeCrl,
  makeOcspResponse,
  numbered,
  signedBy,
  wrapOcsp,
  type CrlOptions,
  type Holder,
  type OcspOptions,
} from './make-authority.js';
import { startPlainServer, type PlainServer } from './plain-server.js';

const id = {
  crlPoints: '2.5.29.31',
  freshest: '2.5.29.46',
  number: '2.5.29.20',
  delta: '2.5.29.27',
  scope: '2.5.29.28',
};
const past = new Date('2025-02-01T00:00:00Z');
const client = createHttpClient({ userAgent: 'test/1', environment: {} });

let server: PlainServer;
let root: Holder;
let other: Holder;
/** What the server has under a path; a responder under `/ocsp`. */
const served = new Map<string, Buffer>();
let ocsp: OcspOptions | Buffer | undefined;

beforeAll(async () => {
  root = await issue({ name: 'CN=Rev Root,O=ACME,C=US', isCa: true });
  other = await issue({ name: root.name, isCa: true });
  server = await startPlainServer((request, body, response) => {
    const path = request.url ?? '';
    const file = served.get(path);
    if (file) return file;
    if (!path.startsWith('/ocsp') || !ocsp) {
      response.writeHead(404).end();
      return undefined;
    }
    if (Buffer.isBuffer(ocsp)) return ocsp;
    const encoded = decodeURIComponent(path.slice('/ocsp/'.length));
    const query = request.method === 'POST' ? body : Buffer.from(encoded, 'base64');
    return makeOcspResponse(query, root, ocsp);
  });
});

afterAll(() => server.close());
afterEach(() => {
  served.clear();
  ocsp = undefined;
  server.requests.length = 0;
});

const crlAt = (...paths: readonly string[]): Extension =>
  distributionPoints(
    id.crlPoints,
    paths.map((path) => [path.startsWith('/') ? server.url + path : path]),
  );
const responderAt = (...urls: readonly string[]): Extension =>
  new AuthorityInfoAccessExtension({ ocsp: [...urls] });
const responder = (): Extension => responderAt(`${server.url}/ocsp`);

async function chainWith(...extensions: readonly Extension[]): Promise<CertificateChain> {
  const leaf = await issue({ name: 'CN=rev,O=ACME,ST=WA,C=US', issuer: root, extensions });
  return [leaf.certificate, root.certificate];
}

const checkWith = (http: HttpClient = client) =>
  createRevocationCheck({ http, clock: () => new Date() });

/** What is found out about the leaf. */
async function statusOf(
  chain: CertificateChain,
  http?: HttpClient,
): Promise<Omit<RevocationStatus, 'certificate'>> {
  const [found, ...others] = await checkWith(http)(chain);
  if (!found || others.length > 0) throw new Error('not one status');
  const { status, detail = '' } = found;
  return { status, detail };
}

/** The same with a CRL at /a.crl. */
async function statusWithCrl(options: CrlOptions, signer = root, ...more: readonly Extension[]) {
  served.set('/a.crl', await makeCrl(signer, options));
  return statusOf(await chainWith(crlAt('/a.crl'), ...more));
}

const revokedLeaf = (reason?: X509CrlReason, extensions?: Extension[]) => ({
  serialNumber: '1b',
  revocationDate: new Date('2026-01-02T03:04:05Z'),
  ...(reason === undefined ? {} : { reason }),
  ...(extensions && { extensions }),
});

describe('a CRL', () => {
  it('that does not list the certificate says good', async () => {
    const entries = [{ serialNumber: '1c' }, { serialNumber: '011b' }];
    expect(await statusWithCrl({ entries })).toMatchObject({ status: 'good' });
    expect(server.requests).toEqual(['GET /a.crl']);
  });

  it.each([
    [X509CrlReason.keyCompromise, 'keyCompromise'],
    [X509CrlReason.certificateHold, 'certificateHold'],
    [undefined, 'unspecified'],
  ])('that lists it for the reason %s says revoked', async (reason, name) => {
    expect(await statusWithCrl({ entries: [revokedLeaf(reason)] })).toEqual({
      status: 'revoked',
      detail: `${server.url}/a.crl: since 2026-01-02T03:04:05.000Z, ${name}`,
    });
  });

  it.each<[string, CrlOptions, string]>([
    ['expired', { nextUpdate: past }, 'the CRL expired at 2025-02-01T00:00:00.000Z'],
    ['without an end', { nextUpdate: undefined }, 'nextUpdate'],
    ['of tomorrow', { thisUpdate: new Date(Date.now() + 86_400_000) }, 'is not valid before'],
    [
      'with a critical extension nobody knows',
      { extensions: [extension('1.2.3.4', writeDer(0x05), true)] },
      'the critical extension 1.2.3.4',
    ],
    [
      'with a critical extension of another entry',
      {
        entries: [{ serialNumber: '77', extensions: [extension('1.2.3.4', writeDer(0x05), true)] }],
      },
      'the critical extension 1.2.3.4',
    ],
    [
      'that is a delta',
      { extensions: [numbered('2.5.29.20', 2), numbered('2.5.29.27', 1, true)] },
      'is a delta',
    ],
  ])('%s is not believed', async (_, options, reason) => {
    const { status, detail } = await statusWithCrl(options);
    expect(status).toBe('unknown');
    expect(detail).toContain(`${server.url}/a.crl: `);
    expect(detail).toContain(reason);
  });

  it('that somebody else of the same name signed is not believed', async () => {
    expect(await statusWithCrl({}, other)).toEqual({
      status: 'unknown',
      detail: `${server.url}/a.crl: the CRL is not signed by the issuer of the certificate`,
    });
  });

  it('of an issuer that may not sign CRLs is not believed', async () => {
    const issuer = await issue({
      name: 'CN=No CRLs,C=US',
      isCa: true,
      usage: KeyUsageFlags.keyCertSign,
    });
    const leaf = await issue({ name: 'CN=x,C=US', issuer, extensions: [crlAt('/a.crl')] });
    served.set('/a.crl', await makeCrl(issuer));
    const { status, detail } = await statusOf([leaf.certificate, issuer.certificate]);
    expect(status).toBe('unknown');
    expect(detail).toContain('cRLSign');
  });

  describe('of a scope', () => {
    const scope = (...parts: readonly Buffer[]): Extension =>
      extension(id.scope, writeDer(0x30, ...parts), true);
    const flag = (tag: number): Buffer => writeDer(tag, Buffer.of(0xff));
    const at = (url: string): Buffer =>
      writeDer(0xa0, writeDer(0xa0, writeDer(0x86, Buffer.from(url))));

    it('that the certificate names, or for its kind, is believed', async () => {
      const extensions = [scope(at(`${server.url}/a.crl`), flag(0x81))];
      expect(await statusWithCrl({ extensions })).toMatchObject({ status: 'good' });
    });

    it.each([
      ['another list', () => at('http://other.test/x.crl')],
      ['certificates of authorities', () => flag(0x82)],
      ['some reasons', () => writeDer(0x83, Buffer.of(6, 0x40))],
      ['certificates of others', () => flag(0x84)],
      ['attribute certificates', () => flag(0x85)],
    ])('for %s is not believed', async (_, part) => {
      const { status, detail } = await statusWithCrl({ extensions: [scope(part())] });
      expect({ status, detail }).toEqual({
        status: 'unknown',
        detail: `${server.url}/a.crl: the CRL is for other certificates (issuingDistributionPoint)`,
      });
    });
  });

  describe('with a delta', () => {
    const numbers = (own: number, base?: number): Extension[] => [
      numbered(id.number, own),
      ...(base === undefined ? [] : [numbered(id.delta, base, true)]),
    ];
    const withDelta = async (
      delta: CrlOptions,
      entries: CrlOptions['entries'] = [],
    ): Promise<Omit<RevocationStatus, 'certificate'>> => {
      const freshest = distributionPoints(id.freshest, [
        ['ldap://127.0.0.1/x', `${server.url}/gone.crl`, `${server.url}/delta.crl`],
      ]);
      served.set('/delta.crl', await makeCrl(root, delta));
      return statusWithCrl({ entries, extensions: [...numbers(5), freshest] });
    };

    it('is revoked by the delta', async () => {
      const delta = { extensions: numbers(6, 5), entries: [revokedLeaf(X509CrlReason.superseded)] };
      expect(await withDelta(delta)).toMatchObject({ status: 'revoked' });
      expect(server.requests).toEqual(['GET /a.crl', 'GET /gone.crl', 'GET /delta.crl']);
    });

    it('is good again where the delta lifts a hold', async () => {
      const entries = [revokedLeaf(X509CrlReason.removeFromCRL)];
      const delta = { extensions: numbers(6, 4), entries };
      const hold = [revokedLeaf(X509CrlReason.certificateHold)];
      expect(await withDelta(delta, hold)).toMatchObject({ status: 'good' });
    });

    it('stays revoked where the delta lifts anything else', async () => {
      const entries = [revokedLeaf(X509CrlReason.removeFromCRL)];
      const compromised = [revokedLeaf(X509CrlReason.keyCompromise)];
      expect(await withDelta({ extensions: numbers(6, 5), entries }, compromised)).toMatchObject({
        status: 'revoked',
      });
    });

    it.each<[string, CrlOptions]>([
      ['older than the list', { extensions: numbers(4, 3) }],
      ['to a later list', { extensions: numbers(7, 6) }],
      ['that is complete', { extensions: numbers(6) }],
      ['without a number', { extensions: [numbered('2.5.29.27', 5, true)] }],
      ['expired', { extensions: numbers(6, 5), nextUpdate: past }],
    ])('%s is not known', async (_, delta) => {
      const { status, detail } = await withDelta(delta);
      expect(status).toBe('unknown');
      expect(detail).toContain(`its delta CRL is missing (${server.url}/gone.crl: `);
      expect(detail).toContain(`${server.url}/delta.crl: `);
    });

    it('is found by the address in the certificate too', async () => {
      served.set(
        '/delta.crl',
        await makeCrl(root, { extensions: numbers(6, 5), entries: [revokedLeaf()] }),
      );
      const freshest = distributionPoints(id.freshest, [[`${server.url}/delta.crl`]]);
      const found = await statusWithCrl({ extensions: numbers(5) }, root, freshest);
      expect(found).toMatchObject({ status: 'revoked' });
    });
  });

  it('is needed from every distribution point', async () => {
    served.set('/a.crl', await makeCrl(root));
    expect(await statusOf(await chainWith(crlAt('/a.crl', '/gone.crl')))).toEqual({
      status: 'unknown',
      detail: `${server.url}/gone.crl: it answered with status 404`,
    });
    served.set('/gone.crl', await makeCrl(root, { entries: [revokedLeaf()] }));
    expect(await statusOf(await chainWith(crlAt('/a.crl', '/gone.crl')))).toMatchObject({
      status: 'revoked',
    });
  });

  it('is not needed from LDAP where the same point has http', async () => {
    served.set('/a.crl', await makeCrl(root));
    const point = distributionPoints(id.crlPoints, [
      ['ldap://127.0.0.1/cn=x', `${server.url}/a.crl`],
    ]);
    expect(await statusOf(await chainWith(point))).toMatchObject({ status: 'good' });
  });

  it('that is cut off, or not a CRL, is not believed', async () => {
    const whole = await makeCrl(root);
    for (const bytes of [whole.subarray(0, -1), Buffer.from('<html>'), Buffer.from([0x30, 0x00])]) {
      served.set('/a.crl', bytes);
      expect(await statusOf(await chainWith(crlAt('/a.crl')))).toMatchObject({ status: 'unknown' });
    }
  });

  it('of many megabytes is read where it lies', async () => {
    const at = (time: string): Buffer => writeDer(0x17, Buffer.from(time));
    const revoked = at('260102030405Z');
    const entries = Array.from({ length: 200_000 }, (_, number) => {
      const serial = Buffer.alloc(6, 1);
      serial.writeUInt32BE(number, 2);
      return writeDer(0x30, writeDer(0x02, serial), revoked);
    });
    const data = writeDer(
      0x30,
      Buffer.from('020101', 'hex'),
      ecdsaWithSha256,
      root.certificate.subjectDer,
      revoked,
      at('491231235959Z'),
      writeDer(0x30, Buffer.concat(entries), writeDer(0x30, Buffer.from('02011b', 'hex'), revoked)),
    );
    served.set('/a.crl', signedBy(root, data));
    expect(await statusOf(await chainWith(crlAt('/a.crl')))).toMatchObject({ status: 'revoked' });
  });
});

describe('an OCSP response', () => {
  const withResponse = async (options: OcspOptions | Buffer | undefined) => {
    ocsp = options;
    return statusOf(await chainWith(responder()));
  };

  it('says good, asked by GET', async () => {
    expect(await withResponse({})).toMatchObject({ status: 'good' });
    expect(server.requests).toEqual([expect.stringMatching(/^GET \/ocsp\/MEIwQDA%2BMDww/)]);
  });

  it('says revoked, since when and why', async () => {
    expect(await withResponse({ status: 'revoked' })).toEqual({
      status: 'revoked',
      detail: `${server.url}/ocsp: since 2026-01-02T03:04:05.000Z, keyCompromise`,
    });
  });

  it('is asked for by POST where the request is long', async () => {
    ocsp = {};
    const leaf = await issue({
      name: 'CN=long,C=US',
      issuer: root,
      serial: '41'.repeat(140),
      extensions: [responder()],
    });
    expect(await statusOf([leaf.certificate, root.certificate])).toMatchObject({ status: 'good' });
    expect(server.requests).toEqual(['POST /ocsp']);
  });

  it('may be signed by whom the issuer delegated', async () => {
    const signer = await issue({
      name: 'CN=Responder,C=US',
      issuer: root,
      extensions: [ekuOcsp()],
    });
    expect(await withResponse({ signer, certificates: [signer] })).toMatchObject({
      status: 'good',
    });
  });

  it.each<[string, () => Promise<OcspOptions>, string]>([
    ['signed by another', () => Promise.resolve({ signer: other }), 'is not signed by the issuer'],
    [
      'signed by another who says so',
      () => Promise.resolve({ signer: other, certificates: [other] }),
      'gave no certificate for that',
    ],
    [
      'signed by a certificate of the issuer for something else',
      async () => {
        const signer = await issue({ name: 'CN=Any,C=US', issuer: root });
        return { signer, certificates: [signer] };
      },
      'gave no certificate for that',
    ],
    [
      'signed by a delegate of another',
      async () => {
        const signer = await issue({ name: 'CN=R,C=US', issuer: other, extensions: [ekuOcsp()] });
        return { signer, certificates: [signer] };
      },
      'gave no certificate for that',
    ],
    [
      'signed by a delegate that expired',
      async () => {
        const extensions = [ekuOcsp()];
        const signer = await issue({ name: 'CN=R,C=US', issuer: root, extensions, notAfter: past });
        return { signer, certificates: [signer] };
      },
      'is not valid now',
    ],
    ['expired', () => Promise.resolve({ nextUpdate: past }), 'expired at 2025-02-01'],
    ['without an end', () => Promise.resolve({ nextUpdate: undefined }), 'nextUpdate'],
    [
      'of tomorrow',
      () => Promise.resolve({ thisUpdate: new Date(Date.now() + 86_400_000) }),
      'is not valid before',
    ],
    [
      'with a critical extension nobody knows',
      () =>
        Promise.resolve({
          extensions: writeDer(
            0x30,
            writeDer(0x30, Buffer.from('06032a03040101ff', 'hex'), writeDer(0x04, writeDer(0x05))),
          ),
        }),
      'the critical extension 1.2.3.4',
    ],
  ])('%s is not believed', async (_, options, reason) => {
    const { status, detail } = await withResponse(await options());
    expect(status).toBe('unknown');
    expect(detail).toContain(`${server.url}/ocsp: `);
    expect(detail).toContain(reason);
  });

  it('about another certificate is not believed', async () => {
    const stranger = await issue({ name: 'CN=y,C=US', issuer: root, serial: '1c' });
    const asked = ocspRequest(stranger.certificate, root.certificate);
    expect(await withResponse(makeOcspResponse(asked, root))).toEqual({
      status: 'unknown',
      detail: `${server.url}/ocsp: the OCSP response is about another certificate`,
    });
  });

  it.each([
    [1, 'malformedRequest'],
    [3, 'tryLater'],
    [6, 'unauthorized'],
    [9, 'status 9'],
  ])('that refuses with %i says so', async (code, name) => {
    expect(await withResponse(Buffer.from([0x30, 0x03, 0x0a, 0x01, code]))).toEqual({
      status: 'unknown',
      detail: `${server.url}/ocsp: the OCSP responder refused (${name})`,
    });
  });

  it('that is cut off, empty or too long is not believed', async () => {
    const chain = await chainWith(responder());
    const [leaf] = chain;
    const whole = makeOcspResponse(ocspRequest(leaf, root.certificate), root);
    for (const [bytes, reason] of [
      [whole.subarray(0, -1), 'is not DER: cut off'],
      [Buffer.from([0x30, 0x00]), 'has no status'],
      [Buffer.alloc(limits.ocspBytes + 1), 'returned more than the 20480 bytes allowed'],
    ] as const) {
      ocsp = bytes;
      const { status, detail } = await statusOf(chain);
      expect(status).toBe('unknown');
      expect(detail).toContain(reason);
    }
  });

  it('of the next responder counts where the first gives none', async () => {
    ocsp = { status: 'revoked' };
    const chain = await chainWith(
      responderAt('https://127.0.0.1:1/', `${server.url}/gone`, `${server.url}/ocsp`),
    );
    expect(await statusOf(chain)).toMatchObject({ status: 'revoked' });
  });
});

function ekuOcsp(): Extension {
  return extension('2.5.29.37', Buffer.from('300a06082b06010505070309', 'hex'));
}

describe('the check of a chain', () => {
  it('asks about every certificate but the root, once', async () => {
    const issuing = await issue({
      name: 'CN=Issuing,C=US',
      issuer: root,
      isCa: true,
      serial: '02',
      extensions: [crlAt('/a.crl')],
    });
    const leaf = await issue({
      name: 'CN=leaf,C=US',
      issuer: issuing,
      extensions: [crlAt('/b.crl')],
    });
    const sibling = await issue({
      name: 'CN=sibling,C=US',
      issuer: issuing,
      serial: '1c',
      extensions: [crlAt('/b.crl')],
    });
    served.set('/a.crl', await makeCrl(root, { entries: [{ serialNumber: '02' }] }));
    served.set('/b.crl', await makeCrl(issuing, { entries: [{ serialNumber: '1c' }] }));
    const check = checkWith();
    const chainOf = (holder: Holder): CertificateChain => [
      holder.certificate,
      issuing.certificate,
      root.certificate,
    ];
    const statuses = await Promise.all([leaf, leaf, sibling].map((one) => check(chainOf(one))));
    expect(statuses.map((list) => list.map(({ status }) => status))).toEqual([
      ['good', 'revoked'],
      ['good', 'revoked'],
      ['revoked', 'revoked'],
    ]);
    expect([...server.requests].sort()).toEqual(['GET /a.crl', 'GET /b.crl']);
  });

  it('knows nobody to ask of a root alone', async () => {
    expect(await checkWith()([root.certificate])).toEqual([]);
  });

  it('takes no certificate that names too many', async () => {
    const paths = Array.from({ length: limits.revocationAddresses + 1 }, (_, at) => `/${at}.crl`);
    expect(await statusOf(await chainWith(crlAt(...paths)))).toMatchObject({
      status: 'unknown',
      detail: 'it names more than the 8 addresses for revocation allowed',
    });
    expect(server.requests).toEqual([]);
  });

  it('does not fail for addresses that cannot be read', async () => {
    const chain = await chainWith(extension(id.crlPoints, Buffer.from('0c0161', 'hex')));
    expect(await statusOf(chain)).toMatchObject({ status: 'unknown' });
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const check = createRevocationCheck({
      http: client,
      clock: () => new Date(),
      signal: controller.signal,
    });
    controller.abort();
    await expect(check(await chainWith(responder()))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });

  it('goes through the proxy for plain http', async () => {
    const crl = await makeCrl(root);
    const proxy = await startPlainServer(() => crl);
    const http = createHttpClient({
      userAgent: 'test/1',
      environment: { HTTP_PROXY: proxy.url, NO_PROXY: 'direct.test' },
    });
    const chain = await chainWith(crlAt('http://crl.test/x.crl'));
    expect(await statusOf(chain, http)).toMatchObject({ status: 'good' });
    expect(proxy.requests).toEqual(['GET http://crl.test/x.crl']);
    await proxy.close();
    const { detail } = await statusOf(chain, http);
    expect(detail).toContain('http://crl.test/x.crl: the proxy 127.0.0.1:');
    expect(detail).toContain('(HTTP_PROXY) cannot be used to reach crl.test');
  });

  it('names a proxy variable that cannot be used', async () => {
    const environment = { HTTP_PROXY: 'socks5://user:secret@proxy.test:1' };
    const http = createHttpClient({ userAgent: 'test/1', environment });
    const { detail } = await statusOf(await chainWith(crlAt('http://crl.test/x.crl')), http);
    expect(detail).toContain('HTTP_PROXY names a proxy of the kind "socks5"');
    expect(detail).not.toContain('secret');
  });
});

describe('whatever is changed in an answer', () => {
  const settle = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      if (error instanceof RuleError) return error;
      throw error;
    }
  };
  /** What the signature of a CRL or of an OCSP response is over. */
  const signedPart = (bytes: Buffer): Buffer => childAt(readDer(bytes, 'it'), 0).raw;
  const childAt = (value: DerValue, at: number): DerValue => {
    const child = childrenOf(value)[at];
    if (child) return child;
    throw new Error('no such value');
  };
  const changes = (bytes: Buffer) =>
    fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 3,
      })
      .map((list) => {
        const mutated = Buffer.from(bytes);
        for (const [at, change] of list) mutated[at] = (mutated[at] ?? 0) ^ change;
        return mutated;
      });

  it('nothing else is believed of an OCSP response', async () => {
    const [leaf] = await chainWith();
    const asked = ocspRequest(leaf, root.certificate);
    const bytes = makeOcspResponse(asked, root, { certificates: [root], status: 'revoked' });
    fc.assert(
      fc.property(changes(bytes), (mutated) => {
        const found = settle(() => readOcspResponse(mutated, leaf, root.certificate, new Date()));
        expect(found).toSatisfy(
          (it) => it instanceof RuleError || (it as Finding).status === 'revoked',
        );
      }),
    );
  });

  it('nothing else is believed of a CRL', async () => {
    const [leaf] = await chainWith();
    const bytes = await makeCrl(root, { entries: [revokedLeaf(X509CrlReason.keyCompromise)] });
    fc.assert(
      fc.property(changes(bytes), (mutated) => {
        const found = settle(() => readCrl(mutated, leaf, root.certificate, new Date()));
        expect(found).toSatisfy(
          (it) => it instanceof RuleError || findingIn(it as Crl).status === 'revoked',
        );
      }),
    );
  });

  it('by the issuer itself, an OCSP response is read or breaks a rule', async () => {
    const [leaf] = await chainWith();
    const asked = ocspRequest(leaf, root.certificate);
    const response = readDer(makeOcspResponse(asked, root, { status: 'revoked' }), 'it');
    const data = signedPart(childAt(childAt(childAt(response, 1), 0), 1).content);
    fc.assert(
      fc.property(changes(data), (mutated) => {
        const bytes = wrapOcsp(signedBy(root, mutated));
        expect(
          settle(() => readOcspResponse(bytes, leaf, root.certificate, new Date())),
        ).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('by the issuer itself, a CRL is read or breaks a rule', async () => {
    const [leaf] = await chainWith();
    const data = signedPart(
      await makeCrl(root, {
        entries: [revokedLeaf(X509CrlReason.keyCompromise)],
        extensions: [
          numbered(id.number, 5),
          distributionPoints(id.freshest, [['http://crl.test/d.crl']]),
          extension(id.scope, Buffer.from('3003810100', 'hex').fill(0xff, 4), true),
        ],
      }),
    );
    const { certificate: issuer } = root;
    fc.assert(
      fc.property(changes(data), (mutated) => {
        const found = settle(() => {
          const crl = readCrl(signedBy(root, mutated), leaf, issuer, new Date());
          requireComplete(crl, leaf, []);
          return [
            deltaAddresses(crl, leaf),
            settle(() => {
              requireDelta(crl, crl);
            }),
            findingIn(crl),
          ];
        });
        expect(found).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes break a rule', async () => {
    const [leaf] = await chainWith();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const issuer = root.certificate;
        expect(settle(() => readOcspResponse(bytes, leaf, issuer, new Date()))).toBeInstanceOf(
          RuleError,
        );
        expect(settle(() => readCrl(Buffer.from(bytes), leaf, issuer, new Date()))).toBeInstanceOf(
          RuleError,
        );
      }),
    );
  });
});
