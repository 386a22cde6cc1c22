/** A chain of certificates as people name it: its text, a file, or a secret in a vault. */
import path from 'node:path';
import { TrustError } from '../errors.js';
import { parseKeyReference, type VaultSecretReference } from './key-reference.js';
import { readCertificates } from './key-text.js';
import { readNamedFile } from './named-file.js';

/** Certificates that are read when they are needed. */
export interface ChainFile {
  readonly kind: 'file';
  /** DER. Reads once. @throws {TrustError} INPUT_INVALID */
  readonly read: () => Promise<readonly Uint8Array[]>;
}

/**
 * Certificates by PEM, the path of a file or the URL of a secret.
 * @param input how the host names the input, for messages.
 * @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID
 */
export function parseCertificateChain(
  text: string,
  workingDirectory: string,
  input: string,
): ChainFile | VaultSecretReference {
  if (text.includes('-----BEGIN')) {
    const found = certificatesIn(text, 'The text');
    return { kind: 'file', read: () => Promise.resolve(found) };
  }
  const reference = parseKeyReference(text);
  if (reference.kind === 'vault-secret') return reference;
  if (reference.kind !== 'file') {
    throw new TrustError('INPUT_INVALID', 'a key or certificate of Key Vault holds no chain', {
      remedy: 'Give a file in PEM, or the secret that holds the chain.',
    });
  }
  const file = path.resolve(workingDirectory, reference.path);
  let certificates: Promise<readonly Uint8Array[]> | undefined;
  const read = async () => certificatesIn(await readNamedFile(file, file, input), file);
  return { kind: 'file', read: () => (certificates ??= read()) };
}

function certificatesIn(content: string | Uint8Array, source: string): readonly Uint8Array[] {
  const certificates = readCertificates(content);
  if (certificates.length > 0) return certificates;
  throw new TrustError('INPUT_INVALID', `${source} holds no certificate`, {
    remedy: 'Give certificates in PEM: the intermediate ones and the root.',
  });
}
