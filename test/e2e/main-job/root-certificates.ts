/** Root keys with a certificate that an authority issued, as files for the notary client. */
import 'reflect-metadata';

import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { StackClient } from '../../stack/index.js';

/** Paths of PEM files. */
export interface IssuedRoot {
  readonly caFile: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Makes an authority, and has it certify a new root key for `gun`, encrypted with `passphrase`, for
 * the next `days`.
 */
export async function issueRoot(
  stack: StackClient,
  gun: string,
  passphrase: string,
  days = 3650,
): Promise<IssuedRoot> {
  const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const common = () => ({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + days * dayMs),
    signingAlgorithm: algorithm,
  });
  const authorityKeys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...common(),
    name: 'CN=Contoso Signing CA',
    keys: authorityKeys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const rootKeys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...common(),
    // notary wants the repository's whole name here.
    subject: [{ CN: [gun] }],
    issuer: authority.subject,
    publicKey: rootKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.codeSigning]),
    ],
  });
  const key = KeyObject.from(rootKeys.privateKey).export({
    // notary reads no PKCS#8 whose key is derived with anything newer than SHA-1.
    type: 'sec1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  const folder = await mkdtemp(path.join(stack.info.folder, 'ca-'));
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    caFile: await write('ca.crt', `${authority.toString('pem')}\n`),
    keyFile: await write('root.key', key.toString()),
    certificateFile: await write('root.crt', `${certificate.toString('pem')}\n`),
  };
}
