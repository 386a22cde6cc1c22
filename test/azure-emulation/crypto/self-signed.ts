/**
 * Self-signed X.509 certificates, for the token issuers and for certificates in a vault. Built
 * from ASN.1 by a library; a certificate made here never vouches for another one.
 */
import { createPublicKey, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** What a certificate is to say. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Adds the extended key usage `codeSigning`. Default: none. */
  readonly codeSigning?: boolean;
  /** Names of a TLS server; may hold wildcards. Default: none. */
  readonly dnsNames?: readonly string[];
}

/** Makes a self-signed certificate for an RSA or P-256 key and returns its DER bytes. */
export function selfSigned(privateKey: KeyObject, subject: CertificateSubject): Buffer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const algorithm =
    privateKey.asymmetricKeyType === 'rsa'
      ? new AlgorithmIdentifier({ algorithm: '1.2.840.113549.1.1.11', parameters: derNull })
      : new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });
  const name = new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({
        type: '2.5.4.3',
        value: new AttributeValue({ utf8String: subject.commonName }),
      }),
    ]),
  ]);
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // Positive, and of full length.
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: name,
    validity: new Validity({ notBefore: subject.notBefore, notAfter: subject.notAfter }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension('2.5.29.15', new KeyUsage(KeyUsageFlags.digitalSignature)),
      ...(subject.codeSigning === true
        ? [extension('2.5.29.37', new ExtendedKeyUsage(['1.3.6.1.5.5.7.3.3']))]
        : []),
      extension('2.5.29.19', new BasicConstraints()),
      ...(subject.dnsNames === undefined
        ? []
        : [
            extension(
              '2.5.29.17',
              new SubjectAlternativeName(
                subject.dnsNames.map((dNSName) => new GeneralName({ dNSName })),
              ),
            ),
          ]),
    ]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), privateKey);
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: algorithm,
    signatureValue: bytes(signature),
  });
  return Buffer.from(AsnConvert.serialize(certificate));
}

/** Writes DER bytes as PEM with 64 columns. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const derNull = bytes(Buffer.from([5, 0]));

function extension(extnID: string, value: object): Extension {
  return new Extension({
    extnID,
    critical: extnID !== '2.5.29.37' && extnID !== '2.5.29.17',
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

function bytes(buffer: Uint8Array): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}
