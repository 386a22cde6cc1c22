/** The inputs that say whose Notary Project signatures are trusted. Files are looked at with all other inputs. */
import type { Input, Inputs } from '../../inputs/index.js';
import { readAnchors, type Certificate, type TrustStoreType } from '../../notation/index.js';
import { formatPem, parseCertificateChain } from '../../signing/index.js';
import { TrustError } from '../../errors.js';
import type { Read } from './read.js';

export const trustedSignerInputs = {
  'trusted-certificate': {
    type: 'list',
    group: 'verification',
    label: 'Trusted certificates',
    help: 'Whose Notary Project signatures are trusted: the root or an intermediate certificate of the authority of the signers, or the self-signed certificate of a signer. PEM, or the path of a file in PEM or DER; any one of several suffices.',
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

/** Certificates that an input names. @throws {TrustError} INPUT_INVALID, TRUST_POLICY_INVALID */
export type ReadCertificates = () => Promise<readonly Certificate[]>;

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
): ReadCertificates {
  const texts: readonly string[] = values[input];
  const readers = texts.flatMap((text) => {
    const named = parse(input, () => {
      const chain = parseCertificateChain(text, workingDirectory, nameInput(input));
      if (chain.kind === 'file') return chain;
      throw new TrustError('INPUT_INVALID', 'a Key Vault secret cannot be trusted', {
        remedy: 'Give the certificate itself, in PEM or as the path of a file.',
      });
    });
    if (!named) return [];
    const read = async () => {
      const pem = (await named.read()).map((der) => formatPem('CERTIFICATE', der)).join('');
      return readAnchors(type, nameInput(input), Buffer.from(pem));
    };
    check(input, read);
    return [read];
  });
  return async () => {
    const found = (await Promise.all(readers.map((read) => read()))).flat();
    return [...new Map(found.map((one) => [one.thumbprint, one])).values()];
  };
}
