/**
 * Opens PKCS#12 (RFC 7292), as it is in the secret of a Key Vault certificate and in .pfx files: the
 * keys and certificates in it, as blocks. What is encrypted in a way that OpenSSL 3 has dropped (RC2)
 * is told as unsupported.
 */
import { EncryptedContentInfo, id_data, id_encryptedData } from '@peculiar/asn1-cms';
import {
  AuthenticatedSafe,
  CertBag,
  PFX,
  SafeContents,
  id_certBag,
  id_keyBag,
  id_pkcs8ShroudedKeyBag,
  type SafeBag,
} from '@peculiar/asn1-pfx';
import {
  AsnConvert,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

import {
  DecryptionError,
  UnsupportedEncryptionError,
  decryptContent,
  decryptPkcs8,
} from './pbes2.js';
import type { PemBlock } from './pem.js';

/** RFC 5652, 8. Applied by calls, as in pbes2.ts. */
class EncryptedData {
  version = 0;
  encryptedContentInfo = new EncryptedContentInfo();
}
AsnType({ type: AsnTypeTypes.Sequence })(EncryptedData);
AsnProp({ type: AsnPropTypes.Integer })(EncryptedData.prototype, 'version');
AsnProp({ type: EncryptedContentInfo })(EncryptedData.prototype, 'encryptedContentInfo');

/**
 * The private keys and certificates in `der`.
 * @param password may be empty, as Key Vault's is.
 * @throws {DecryptionError} when the password does not open it
 * @throws {UnsupportedEncryptionError} when nothing here can
 */
export function openPkcs12(der: Uint8Array, password: string): readonly PemBlock[] {
  const { authSafe } = whole(() => read(der, PFX));
  if (authSafe.contentType !== id_data) throw new UnsupportedEncryptionError('signed PKCS#12');
  const safes = whole(() =>
    read(Buffer.from(read(authSafe.content, OctetString).buffer), AuthenticatedSafe),
  );
  const blocks: PemBlock[] = [];
  let undecided: UnsupportedEncryptionError | undefined;
  for (const { contentType, content } of safes) {
    try {
      const bytes =
        contentType === id_data
          ? Buffer.from(read(content, OctetString).buffer)
          : contentType === id_encryptedData
            ? decrypted(content, password)
            : undefined;
      if (!bytes) throw new UnsupportedEncryptionError('a safe for a recipient');
      blocks.push(...read(bytes, SafeContents).flatMap((bag) => blockOf(bag, password)));
    } catch (error) {
      // Certificates may be encrypted in another way than the key, which is what is needed.
      if (!(error instanceof UnsupportedEncryptionError)) throw error;
      undecided = error;
    }
  }
  if (undecided !== undefined && !blocks.some(({ label }) => label === 'PRIVATE KEY'))
    throw undecided;
  return blocks;
}

function decrypted(content: ArrayBuffer, password: string): Buffer {
  const { encryptedContent, contentEncryptionAlgorithm } = read(
    content,
    EncryptedData,
  ).encryptedContentInfo;
  const parts = encryptedContent?.constructedValue ?? [
    encryptedContent?.value ?? new OctetString(),
  ];
  const data = Buffer.concat(parts.map((part) => Buffer.from(part.buffer)));
  const algorithm = AsnConvert.parse(
    AsnConvert.serialize(contentEncryptionAlgorithm),
    AlgorithmIdentifier,
  );
  return decryptContent(algorithm, data, password);
}

function blockOf({ bagId, bagValue }: SafeBag, password: string): readonly PemBlock[] {
  const block = (label: string, der: Buffer): readonly PemBlock[] => [{ label, headers: {}, der }];
  switch (bagId) {
    case id_keyBag:
      return block('PRIVATE KEY', Buffer.from(bagValue));
    case id_pkcs8ShroudedKeyBag:
      return block('PRIVATE KEY', decryptPkcs8(Buffer.from(bagValue), password));
    case id_certBag: {
      const { certValue } = read(bagValue, CertBag);
      return block('CERTIFICATE', Buffer.from(read(certValue, OctetString).buffer));
    }
    default:
      return [];
  }
}

/** What is not encrypted is readable, or is damaged whatever the password. */
function whole<T>(body: () => T): T {
  try {
    return body();
  } catch (cause) {
    throw new UnsupportedEncryptionError('damaged PKCS#12', { cause });
  }
}

/** With a wrong password that passes the padding, what should be a structure is garbage. */
function read<T>(der: ArrayBuffer | ArrayBufferView, type: new () => T): T {
  try {
    return AsnConvert.parse(der, type);
  } catch (cause) {
    throw new DecryptionError({ cause });
  }
}
