/** The inputs that say whose Notary Project signatures are trusted. Files are looked at with all other inputs. */
import type { Input, Inputs } from '../../inputs/index.js';
import { readAnchors, type Certificate, type TrustStoreType } from '../../notation/index.js';
import {
  formatKeyReference,
  formatPem,
  parseCertificateChain,
  parseKeyReference,
  type ChainFile,
  type VaultCertificateReference,
  type VaultSecretReference,
} from '../../signing/index.js';
import { readChainSecret, readTrustedCertificate } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Run } from '../run.js';
import type { Read } from './read.js';

export const trustedSignerInputs = {
  'trusted-certificate': {
    type: 'list',
    group: 'verification',
    label: 'Trusted certificates',
    help: 'Whose Notary Project signatures are trusted: the root or an intermediate certificate of the authority of the signers, or the self-signed certificate of a signer. PEM, the path of a file in PEM or DER, or the URL of a certificate in Key Vault or of a secret that holds it; any one of several suffices.',
    example: 'certs/contoso-root.pem',
  },
  'trusted-identity': {
    type: 'lines',
    group: 'verification',
    label: 'Trusted names',
    help: 'Names that a signer must have in its certificate, one a line: C, ST and O, and as much besides as there is to demand. Any one suffices. `*` trusts whoever has a certificate of `trusted-certificate`.',
    example: 'C=US, ST=WA, O=Contoso, CN=release',
  },
} as const satisfies Inputs;

/** What certificates in Key Vault are read with. */
export type CertificateAccess = Pick<Run, 'access' | 'signal' | 'log' | 'secrets'>;

/** Certificates that an input names. */
export interface NamedCertificates {
  /** Those that are not in Key Vault. @throws {TrustError} INPUT_INVALID, TRUST_POLICY_INVALID */
  readonly readLocal: () => Promise<readonly Certificate[]>;
  /** All of them, each once. @throws {TrustError} as readLocal, and what the vault refuses. */
  readonly read: ReadCertificates;
}

export type ReadCertificates = (run: CertificateAccess) => Promise<readonly Certificate[]>;

type InVault = VaultCertificateReference | VaultSecretReference;

/**
 * The certificates that `input` names.
 * @param type what they are trusted for.
 */
export function readTrustedCertificates<N extends string>(
  input: N,
  type: TrustStoreType,
  {
    values,
    parse,
    check,
    nameInput,
    workingDirectory,
  }: Read<Readonly<Record<N, Input & { type: 'list' }>>>,
): NamedCertificates {
  const texts: readonly string[] = values[input];
  const anchorsIn = (source: string, ders: readonly Uint8Array[]): readonly Certificate[] => {
    const pem = ders.map((der) => formatPem('CERTIFICATE', der)).join('');
    return readAnchors(type, source, Buffer.from(pem));
  };
  const named = texts.flatMap(
    (text) => parse(input, () => parseNamed(text, workingDirectory, nameInput(input))) ?? [],
  );
  const readers = named.flatMap((one) => {
    if (one.kind !== 'file') return [];
    const read = async () => anchorsIn(nameInput(input), await one.read());
    check(input, read);
    return [read];
  });
  const references = named.filter((one) => one.kind !== 'file');
  const readLocal = async () => (await Promise.all(readers.map((read) => read()))).flat();
  return {
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
function parseNamed(text: string, workingDirectory: string, input: string): ChainFile | InVault {
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
