/** Certificates that are trusted, out of files and Key Vault. */
import type { Access } from '../access/index.js';
import { readChainSecret, readTrustedCertificate } from '../azure/index.js';
import { TrustError } from '../errors.js';
import { readAnchors, type Certificate, type TrustStoreType } from '../notation/index.js';
import type { Log, Secrets } from '../ports.js';
import {
  formatKeyReference,
  formatPem,
  parseCertificateChain,
  parseKeyReference,
  type ChainFile,
  type VaultCertificateReference,
  type VaultSecretReference,
} from '../signing/index.js';

/** What certificates in Key Vault are read with. */
export interface CertificateAccess {
  readonly access: Pick<Access, 'azure'>;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly secrets: Secrets;
}

export type ReadCertificates = (run: CertificateAccess) => Promise<readonly Certificate[]>;

/** Certificates that were named. */
export interface NamedCertificates {
  /** Those in Key Vault. */
  readonly references: readonly InVault[];
  /** Those of each file. @throws {TrustError} INPUT_INVALID, TRUST_POLICY_INVALID */
  readonly files: readonly (() => Promise<readonly Certificate[]>)[];
  /** All that are not in Key Vault. @throws {TrustError} as files. */
  readonly readLocal: () => Promise<readonly Certificate[]>;
  /** All of them, each once. @throws {TrustError} as readLocal, and what the vault refuses. */
  readonly read: ReadCertificates;
}

type InVault = VaultCertificateReference | VaultSecretReference;

/** What names a certificate: a text or a file, or an object in Key Vault. */
export type CertificateSource = ChainFile | InVault;

/**
 * The certificates that `sources` name.
 * @param type what they are trusted for.
 * @param input that names them, for messages.
 */
export function namedCertificates(
  sources: readonly CertificateSource[],
  type: TrustStoreType,
  input: string,
): NamedCertificates {
  const anchorsIn = (source: string, ders: readonly Uint8Array[]): readonly Certificate[] => {
    const pem = ders.map((der) => formatPem('CERTIFICATE', der)).join('');
    return readAnchors(type, source, Buffer.from(pem));
  };
  const files = sources.flatMap((source) =>
    source.kind === 'file' ? [async () => anchorsIn(input, await source.read())] : [],
  );
  const references = sources.filter((source) => source.kind !== 'file');
  const readLocal = async () => (await Promise.all(files.map((read) => read()))).flat();
  return {
    references,
    files,
    readLocal,
    read: async (run) => {
      const fromVaults = references.map(async (reference) => {
        const ders = await readFromVault(reference, run);
        const anchors = anchorsIn(formatKeyReference(reference), ders);
        for (const { subjectText, thumbprint } of anchors) {
          run.log.info(`${formatKeyReference(reference)}  ${subjectText}, SHA-256 ${thumbprint}`);
        }
        return anchors;
      });
      const found = [...(await readLocal()), ...(await Promise.all(fromVaults)).flat()];
      return [...new Map(found.map((one) => [one.thumbprint, one])).values()];
    },
  };
}

/** @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID */
export function parseCertificateSource(
  text: string,
  workingDirectory: string,
  input: string,
): CertificateSource {
  const reference = text.includes('-----BEGIN') ? undefined : parseKeyReference(text);
  if (reference?.kind === 'vault-certificate') return reference;
  if (reference?.kind !== 'vault-key') return parseCertificateChain(text, workingDirectory, input);
  throw new TrustError('INPUT_INVALID', 'a key of Key Vault is not a certificate', {
    remedy:
      'Give the certificate itself: in PEM, as the path of a file, or by the URL of a certificate or secret in Key Vault.',
  });
}

async function readFromVault(
  reference: InVault,
  { access, ...options }: CertificateAccess,
): Promise<readonly Uint8Array[]> {
  const { credential } = access.azure(new URL(reference.vaultUrl).hostname);
  return reference.kind === 'vault-secret'
    ? readChainSecret(reference, credential, options)
    : [await readTrustedCertificate(reference, credential, options)];
}
