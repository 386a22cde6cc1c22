/** The key that a role is to get: opened, or made when everything else is known to be in order. */
import { openVaultKey } from '../../../azure/index.js';
import {
  createRootCertificate,
  formatKeyReference,
  publicKeyOfCertificate,
} from '../../../signing/index.js';
import {
  decodeCertificates,
  isDelegation,
  type Gun,
  type SignerInfo,
  type PublicKey,
  type RoleName,
  type Signer,
} from '../../../trust/index.js';
import type { KeyConfiguration } from '../../configuration/types.js';
import type { RunContext } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import { asOwner, openKeyInput } from '../../signing/open-key-input.js';
import { makeKey } from '../init/keys.js';
import type { NewKeySource } from './configuration.js';

/** A key that exists and can sign. */
export interface OpenedNewKey {
  readonly signer: Signer;
  /** URL with version; the path of a file. */
  readonly reference: string;
  /** PEM of the certificate, where one was named. */
  readonly certificatePem: string | undefined;
}

/** Stands for a key that is yet to be made. */
export const pendingKey: SignerInfo = { keyId: '', description: 'the new key' };

/** Opens a key that exists. @throws {TrustError} */
export async function openNewKey(
  key: KeyConfiguration,
  azure: Pick<AzureAccess, 'credential'>,
  context: RunContext,
): Promise<OpenedNewKey> {
  const { reference } = key;
  if (reference.kind === 'vault-key' || reference.kind === 'vault-certificate') {
    const signer = await asOwner(() => openVaultKey(reference, azure.credential, context));
    return { signer, reference: signer.kid, certificatePem: signer.certificatePem };
  }
  const { signer } = await asOwner(() => openKeyInput(key, azure, context));
  return { signer, reference: formatKeyReference(reference), certificatePem: undefined };
}

/**
 * Makes the key: a new version where the name exists.
 * @param gun the repository it is for, if it is for one alone.
 * @throws {TrustError}
 */
export async function makeNewKey(
  { reference, hsm }: Extract<NewKeySource, { kind: 'create' }>,
  role: RoleName,
  gun: Gun | undefined,
  azure: Pick<AzureAccess, 'credential'>,
  context: RunContext,
): Promise<OpenedNewKey> {
  const purpose = {
    role: isDelegation(role) ? 'delegation' : role === 'root' ? role : 'targets',
    gun,
  } as const;
  const made = await makeKey({ kind: 'missing', reference }, purpose, hsm, azure, context);
  return {
    signer: made.signer,
    reference: made.kid ?? formatKeyReference(reference),
    certificatePem: undefined,
  };
}

/**
 * The key as the role of one repository is to list it: root keys in a certificate for that repository,
 * a delegation's in the certificate that was named, others bare.
 * @throws {TrustError} KEY_UNSUITABLE
 */
export async function listedForm(
  { signer, reference, certificatePem }: OpenedNewKey,
  role: RoleName,
  gun: Gun,
  now: Date,
): Promise<PublicKey> {
  if (role === 'root') return createRootCertificate(gun, signer, now);
  if (certificatePem === undefined || !isDelegation(role)) return signer.publicKey;
  const [der] = decodeCertificates(certificatePem);
  return publicKeyOfCertificate(der, { source: reference, now }).publicKey;
}
