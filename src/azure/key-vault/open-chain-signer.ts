/** Opens a certificate of Key Vault with its whole chain, for Notary Project signatures. */
import type { TokenCredential } from '@azure/core-auth';

import { TrustError, isTrustError } from '../../errors.js';
import {
  isSelfSigned,
  prepareSigningChain,
  readCertificate,
  type ChainSigner,
} from '../../notation/index.js';
import type { Clock, Secrets } from '../../ports.js';
import {
  formatKeyReference,
  type ChainFile,
  type VaultCertificateReference,
  type VaultSecretReference,
} from '../../signing/index.js';
import type { VaultOptions } from './call.js';
import { openSigningCertificate, readChainSecret } from './open-signing-certificate.js';

type Options = VaultOptions & {
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** How the host names the input for the chain, for messages. */
  readonly chainInput: string;
};

/**
 * Signs nothing yet: whether the chain may sign is known when it returns.
 * @param chain where the certificates above it are; undefined: in the secret of the certificate, unless
 *   it is self-signed.
 * @throws {TrustError} CERTIFICATE_UNSUITABLE, INPUT_INVALID (a file of the chain), KEY_NOT_FOUND,
 *   KEY_DISABLED, KEY_UNSUITABLE, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED
 */
export async function openChainSigner(
  certificate: VaultCertificateReference,
  chain: ChainFile | VaultSecretReference | undefined,
  credential: TokenCredential,
  options: Options,
): Promise<ChainSigner> {
  const opened = await openSigningCertificate(certificate, credential, options);
  const readChain = async (): Promise<readonly Uint8Array[]> => {
    if (chain?.kind === 'file') return chain.read();
    if (chain) return readChainSecret(chain, credential, options);
    if (isSelfSigned(readCertificate(opened.certificate))) return [];
    const { vaultUrl, name, version } = opened.reference;
    try {
      const own = { kind: 'vault-secret', vaultUrl, name, version } as const;
      return await readChainSecret(own, credential, options);
    } catch (cause) {
      if (!isTrustError(cause, 'VAULT_FORBIDDEN')) throw cause;
      throw chainForbidden(opened.reference, cause, options.chainInput);
    }
  };
  const source = formatKeyReference(opened.reference);
  return {
    chain: prepareSigningChain(source, opened.certificate, await readChain(), options.clock()),
    sign: opened.sign,
  };
}

/** The right to read secrets is a wide one: a file does as well. */
function chainForbidden(
  reference: VaultCertificateReference,
  cause: TrustError,
  input: string,
): TrustError {
  return new TrustError(
    'VAULT_FORBIDDEN',
    `The chain of ${formatKeyReference(reference)} is in the secret of the certificate, which this principal may not read`,
    {
      remedy: `Give the chain (intermediate certificates and root) in PEM as ${input}, which needs no further right.\nOr let the principal read the secret: ${cause.remedy}`,
      cause,
    },
  );
}
