/** Makes time stamps: a response of RFC 3161 with a CMS message in it, signed for real. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { TimeStampReq } from '@peculiar/asn1-tsp';
import { Certificate } from '@peculiar/asn1-x509';
import { extendedKeyUsages, makeCertificate } from '../crypto/certificate.js';

/** A key that stamps, its certificate and the root above it, in DER. */
export interface TimestampAuthority {
  readonly privateKey: KeyObject;
  readonly certificate: Buffer;
  readonly root: Buffer;
}

const year = 365 * 86_400_000;

export function createTimestampAuthority(now: Date): TimestampAuthority {
  const [ca, own] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  if (!ca || !own) throw new Error('no keys');
  const validity = {
    notBefore: new Date(now.getTime() - year),
    notAfter: new Date(now.getTime() + 10 * year),
  };
  const subject = 'C=US,O=Microsoft,CN=Emulated Timestamping Root';
  const root = makeCertificate(ca, { ...validity, subject, isAuthority: true });
  const certificate = makeCertificate(
    own,
    {
      ...validity,
      subject: 'C=US,O=Microsoft,CN=Emulated Timestamping',
      extendedKeyUsage: [extendedKeyUsages.timeStamping],
    },
    { subject, privateKey: ca },
  );
  return { privateKey: own, certificate, root };
}

/** The answer to `request`: its imprint and nonce, and the time `now`. */
export function stampToken(authority: TimestampAuthority, request: Buffer, now: Date): Buffer {
  const { messageImprint, nonce } = AsnConvert.parse(request, TimeStampReq);
  const info = sequence(
    integer(1),
    oid.policy,
    Buffer.from(AsnConvert.serialize(messageImprint)),
    der(0x02, positive(randomBytes(8))),
    generalizedTime(now),
    sequence(integer(1)),
    ...(nonce ? [der(0x02, Buffer.from(nonce))] : []),
  );
  const signedData = sequence(
    integer(3),
    der(0x31, sequence(oid.sha256)),
    sequence(oid.tstInfo, der(0xa0, der(0x04, info))),
    der(0xa0, authority.certificate),
    der(0x31, signerInfo(authority, info)),
  );
  const status = sequence(integer(0));
  return sequence(status, sequence(oid.signedData, der(0xa0, signedData)));
}

function signerInfo({ privateKey, certificate }: TimestampAuthority, info: Buffer): Buffer {
  const { issuer, serialNumber } = AsnConvert.parse(certificate, Certificate).tbsCertificate;
  const attributes = [
    sequence(oid.contentType, der(0x31, oid.tstInfo)),
    sequence(oid.messageDigest, der(0x31, der(0x04, sha256(info)))),
    // ESSCertIDv2 with its default hash.
    sequence(
      oid.signingCertificateV2,
      der(0x31, sequence(sequence(sequence(der(0x04, sha256(certificate)))))),
    ),
  ].sort((one, other) => Buffer.compare(one, other));
  const signature = sign('sha256', der(0x31, ...attributes), privateKey);
  return sequence(
    integer(1),
    sequence(Buffer.from(AsnConvert.serialize(issuer)), der(0x02, Buffer.from(serialNumber))),
    sequence(oid.sha256),
    der(0xa0, ...attributes),
    sequence(oid.ecdsaWithSha256),
    der(0x04, signature),
  );
}

const oid = {
  signedData: Buffer.from('06092a864886f70d010702', 'hex'),
  tstInfo: Buffer.from('060b2a864886f70d0109100104', 'hex'),
  contentType: Buffer.from('06092a864886f70d010903', 'hex'),
  messageDigest: Buffer.from('06092a864886f70d010904', 'hex'),
  signingCertificateV2: Buffer.from('060b2a864886f70d010910022f', 'hex'),
  sha256: Buffer.from('0609608648016503040201', 'hex'),
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
  /** 1.2.3.4.1, an example. */
  policy: Buffer.from('06042a030401', 'hex'),
};

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length < 0x80 ? [] : length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const head = bytes.length === 0 ? [tag, length] : [tag, 0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const integer = (value: number): Buffer => der(0x02, Buffer.of(value));
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function generalizedTime(date: Date): Buffer {
  const text = date.toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return der(0x18, Buffer.from(`${text}Z`));
}

/** The content of a positive integer of full length. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes;
}
