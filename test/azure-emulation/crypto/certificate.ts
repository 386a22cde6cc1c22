/** X.509 certificates, for the token issuers and for certificates in a vault. Built from ASN.1 by a library. */
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
export interface CertificateContent {
  /** In the order of its parts, as a certificate policy of Key Vault has it: `C=US,O=Contoso,CN=ci`. */
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Default: digital signature; for an authority, to sign certificates. */
  readonly keyUsage?: number;
  /** Object identifiers. Default: none. */
  readonly extendedKeyUsage?: readonly string[];
  /** Whether it may vouch for others. Default: no. */
  readonly isAuthority?: boolean;
  /** Names of a TLS server; may hold wildcards. Default: none. */
  readonly dnsNames?: readonly string[];
}

/** Who vouches for a certificate. */
export interface Issuer {
  readonly subject: string;
  readonly privateKey: KeyObject;
}

/** The extended key usages that tests ask for, by the names they are known under. */
export const extendedKeyUsages = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

/** Makes a certificate for an RSA or EC key and returns its DER bytes; self-signed without an issuer. */
export function makeCertificate(
  privateKey: KeyObject,
  content: CertificateContent,
  issuer: Issuer = { subject: content.subject, privateKey },
): Buffer {
  const { isAuthority = false, extendedKeyUsage = [], dnsNames = [] } = content;
  const usage = isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature;
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const algorithm =
    issuer.privateKey.asymmetricKeyType === 'rsa'
      ? new AlgorithmIdentifier({ algorithm: '1.2.840.113549.1.1.11', parameters: derNull })
      : new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });
  const serial = randomBytes(16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f); // Positive, and of full length.
  const names = dnsNames.map((dNSName) => new GeneralName({ dNSName }));
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: nameOf(issuer.subject),
    validity: new Validity({ notBefore: content.notBefore, notAfter: content.notAfter }),
    subject: nameOf(content.subject),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension('2.5.29.15', new KeyUsage(content.keyUsage ?? usage), true),
      extension('2.5.29.19', new BasicConstraints({ cA: isAuthority }), true),
      ...(extendedKeyUsage.length === 0
        ? []
        : [
            extension(
              '2.5.29.37',
              new ExtendedKeyUsage([...extendedKeyUsage]),
              // RFC 3161, 2.3.
              extendedKeyUsage.includes(extendedKeyUsages.timeStamping),
            ),
          ]),
      ...(names.length === 0 ? [] : [extension('2.5.29.17', new SubjectAlternativeName(names))]),
    ]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), issuer.privateKey);
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

const attributeTypes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  ST: '2.5.4.8',
  O: '2.5.4.10',
};

function nameOf(subject: string): Name {
  const parts = subject.split(',').map((part) => {
    const [attribute = '', ...value] = part.trim().split('=');
    const type = attributeTypes[attribute];
    if (type === undefined) throw new Error(`${part} is no part of a name known here`);
    const text = value.join('=');
    // Countries are printable strings (RFC 5280, appendix A.1).
    const as = attribute === 'C' ? { printableString: text } : { utf8String: text };
    return new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue(as) }),
    ]);
  });
  return new Name(parts);
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({
    extnID,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

function bytes(buffer: Uint8Array): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}
