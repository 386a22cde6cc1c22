/** The inputs that say whose Notary Project signatures are trusted. Files are looked at with all other inputs. */
import type { Input, Inputs } from '../../inputs/index.js';
import type { TrustStoreType } from '../../notation/index.js';
import {
  namedCertificates,
  parseCertificateSource,
  type NamedCertificates,
} from '../../verification/index.js';
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
  const name = nameInput(input);
  const sources = texts.flatMap(
    (text) => parse(input, () => parseCertificateSource(text, workingDirectory, name)) ?? [],
  );
  const named = namedCertificates(sources, type, name);
  for (const read of named.files) check(input, read);
  return named;
}
