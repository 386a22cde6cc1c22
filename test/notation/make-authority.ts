/** A certificate authority with all it takes to revoke: chains, OCSP answers, CRLs. */
import 'reflect-metadata';
import { KeyObject, sign, type webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  type X509CrlEntryParams,
} from '@peculiar/x509';
import {
  readCertificate,
  writeDer,
  type Certificate,
} from '../../src/notation/certificates/index.js';
import { goodUsage } from './make-chain.js';

const { subtle } = globalThis.crypto;
const byAuthority = { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' };
const hour = 3_600_000;
const authorityUsage: KeyUsageFlags = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

/** A certificate with its key. */
export interface Holder {
  readonly name: string;
  readonly certificate: Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly key: KeyObject;
}

interface Issue {
  readonly name: string;
  /** Itself where there is none. */
  readonly issuer?: Holder;
  readonly isCa?: boolean;
  readonly usage?: KeyUsageFlags;
  readonly serial?: string;
  readonly extensions?: readonly Extension[];
  readonly notAfter?: Date;
}

/** Issues a certificate for a new key on P-256. */
export async function issue(order: Issue): Promise<Holder> {
  const keys = await subtle.generateKey(byAuthority, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.create({
    serialNumber: order.serial ?? '1b',
    subject: order.name,
    issuer: order.issuer?.name ?? order.name,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: order.notAfter ?? new Date('2090-01-01T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: (order.issuer?.keys ?? keys).privateKey,
    signingAlgorithm: byAuthority,
    extensions: [
      ...(order.isCa === true
        ? [
            new BasicConstraintsExtension(true, undefined, true),
            new KeyUsagesExtension(order.usage ?? authorityUsage, true),
          ]
        : [goodUsage]),
      ...(order.extensions ?? []),
    ],
  });
  return {
    name: order.name,
    certificate: readCertificate(new Uint8Array(made.rawData)),
    keys,
    key: KeyObject.from(keys.privateKey),
  };
}

/** ecdsa-with-SHA256, as all that is signed here. */
export const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

/** `data` with the signature of `signer`, as a CRL and an OCSP response have it. */
export function signedBy({ key }: Holder, data: Buffer, ...more: readonly Buffer[]): Buffer {
  const signature = writeDer(0x03, Buffer.of(0), sign('sha256', data, key));
  return writeDer(0x30, data, ecdsaWithSha256, signature, ...more);
}

/** What is unusual about a CRL. */
export interface CrlOptions {
  readonly entries?: X509CrlEntryParams[];
  readonly nextUpdate?: Date | undefined;
  readonly thisUpdate?: Date;
  readonly extensions?: Extension[];
}

/** A CRL of `issuer`, good for an hour. */
export async function makeCrl(issuer: Holder, options: CrlOptions = {}): Promise<Buffer> {
  const nextUpdate = 'nextUpdate' in options ? options.nextUpdate : new Date(Date.now() + hour);
  const crl = await X509CrlGenerator.create({
    issuer: issuer.name,
    thisUpdate: options.thisUpdate ?? new Date(Date.now() - hour),
    ...(nextUpdate && { nextUpdate }),
    entries: options.entries ?? [],
    extensions: options.extensions ?? [],
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: byAuthority,
  });
  return Buffer.from(crl.rawData);
}

/** An extension with a DER value. */
export function extension(id: string, value: Buffer, isCritical = false): Extension {
  return new Extension(id, isCritical, value);
}

/** CRLNumber or the number of a delta's base. */
export function numbered(id: string, number: number, isCritical = false): Extension {
  return extension(id, writeDer(0x02, Buffer.from([number])), isCritical);
}

/** A distribution point each, with these addresses. */
export function distributionPoints(id: string, points: readonly (readonly string[])[]): Extension {
  const names = (addresses: readonly string[]): Buffer =>
    writeDer(0xa0, writeDer(0xa0, ...addresses.map((url) => writeDer(0x86, Buffer.from(url)))));
  return extension(id, writeDer(0x30, ...points.map((urls) => writeDer(0x30, names(urls)))));
}

/** What is unusual about an OCSP answer. */
export interface OcspOptions {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly signer?: Holder;
  /** Comes with the answer. */
  readonly certificates?: readonly Holder[];
  /** Whom it is about. */
  readonly about?: Certificate;
  readonly issuerOf?: Certificate;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | undefined;
  readonly extensions?: Buffer;
}

const time = (date: Date): Buffer =>
  writeDer(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`));

/** An answer to `request`, signed by `issuer` or whom it is told to be. */
export function makeOcspResponse(
  request: Buffer,
  issuer: Holder,
  options: OcspOptions = {},
): Buffer {
  const { status = 'good', signer = issuer, certificates = [], extensions } = options;
  const certificateId = request.subarray(request.length - certificateIdLength(request));
  const nextUpdate = 'nextUpdate' in options ? options.nextUpdate : new Date(Date.now() + hour);
  const statuses = {
    good: writeDer(0x80),
    revoked: writeDer(
      0xa1,
      time(new Date('2026-01-02T03:04:05Z')),
      writeDer(0xa0, writeDer(0x0a, Buffer.from([1]))),
    ),
    unknown: writeDer(0x82),
  };
  const answer = writeDer(
    0x30,
    certificateId,
    statuses[status],
    time(options.thisUpdate ?? new Date(Date.now() - hour)),
    ...(nextUpdate ? [writeDer(0xa0, time(nextUpdate))] : []),
  );
  const data = writeDer(
    0x30,
    writeDer(0xa1, signer.certificate.subjectDer),
    time(new Date()),
    writeDer(0x30, answer),
    ...(extensions ? [writeDer(0xa1, extensions)] : []),
  );
  const basic = signedBy(
    signer,
    data,
    ...(certificates.length > 0
      ? [writeDer(0xa0, writeDer(0x30, ...certificates.map(({ certificate }) => certificate.der)))]
      : []),
  );
  return wrapOcsp(basic);
}

/** A BasicOCSPResponse as it travels. */
export function wrapOcsp(basic: Buffer): Buffer {
  const type = Buffer.from('06092b0601050507300101', 'hex');
  const body = writeDer(0x30, type, writeDer(0x04, basic));
  return writeDer(0x30, writeDer(0x0a, Buffer.of(0)), writeDer(0xa0, body));
}

/** Of a request with one question: four sequences around the identifier. */
function certificateIdLength(request: Buffer): number {
  let at = 0;
  for (let depth = 0; depth < 4; depth += 1) at += (request[at + 1] ?? 0) < 0x80 ? 2 : 3;
  return request.length - at;
}
