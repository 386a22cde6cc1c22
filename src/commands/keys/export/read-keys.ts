/** Opens the private keys that are to be exported. They are masked before anything else is done. */
import type { KeyObject } from 'node:crypto';
import {
  purposeOf,
  readCertificate,
  readKeyBytes,
  readSecretVersion,
  type KeyPurpose,
} from '../../../azure/index.js';
import { TrustError, isTrustError } from '../../../errors.js';
import {
  createMemorySigner,
  formatKeyReference,
  peekKeyFile,
  readCertificates,
  readKeyFile,
  type KeyReference,
  type VaultSecretReference,
} from '../../../signing/index.js';
import type { KeyId } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import { maskPrivateKey, type KeyOpener } from '../stored-keys/passphrases.js';
import type { StoredPurpose } from '../stored-keys/stored-key-names.js';
import type { ExportableReference } from './configuration.js';

/** A private key, and what its file and its vault say of it. */
export interface ExportableKey {
  /** As the input names it. */
  readonly reference: KeyReference;
  readonly keyId: KeyId;
  readonly privateKey: KeyObject;
  /** Of the headers first, then of the tags. */
  readonly purpose: StoredPurpose;
}

/** A text with a private key in it, hopefully. */
interface KeyText {
  readonly content: string | Buffer;
  readonly source: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Opens one key.
 * @throws {TrustError} KEY_NOT_EXPORTABLE for a certificate whose key stays in the vault;
 *   KEY_UNSUITABLE; as readSecretVersion and the opener
 */
export async function readExportable(
  reference: ExportableReference,
  open: KeyOpener,
  azure: Pick<AzureAccess, 'credential'>,
  context: RunContext,
): Promise<ExportableKey> {
  const { content, source, tags } = await readContent(reference, azure, context);
  const headers = peek(content, source, reference);
  const tagged = purposeFrom(purposeOf(tags));
  const role = headers.role ?? tagged.role;
  const { privateKey } = await open({
    role,
    isEncrypted: headers.isEncrypted,
    description: `key in ${source}`,
    open: (passphrase, passphraseInput) =>
      readKeyFile(content, { source, passphrase, passphraseInput }),
  });
  maskPrivateKey(privateKey, context.secrets);
  const { keyId } = createMemorySigner(privateKey, `key in ${source}`);
  return { reference, keyId, privateKey, purpose: { role, gun: headers.gun ?? tagged.gun } };
}

async function readContent(
  reference: ExportableReference,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock }: RunContext,
): Promise<KeyText> {
  if (reference.kind === 'file') {
    const content = await readKeyBytes(reference.path);
    secrets.mask(content.toString());
    return { content, source: `the file ${reference.path}`, tags: {} };
  }
  const options = { signal, clock };
  let secret: VaultSecretReference;
  if (reference.kind === 'vault-certificate') {
    // The private key of a certificate is the secret of the same name and version, if it is any.
    const { key } = await readCertificate(reference, credential, options);
    secret = { kind: 'vault-secret', vaultUrl: reference.vaultUrl, ...key };
  } else {
    secret = reference;
  }
  const { value, tags } = await readSecretVersion(secret, credential, options);
  secrets.mask(value);
  return { content: value, source: formatKeyReference(reference), tags };
}

function peek(content: string | Buffer, source: string, reference: ExportableReference) {
  try {
    return peekKeyFile(content, source);
  } catch (error) {
    const isBare = readCertificates(content).length > 0;
    if (!isBare || reference.kind === 'file' || !isTrustError(error, 'KEY_UNSUITABLE')) throw error;
    throw new TrustError(
      'KEY_NOT_EXPORTABLE',
      `${formatKeyReference(reference)} has a private key that does not leave the vault: its certificate was not made exportable`,
      {
        remedy:
          'Back it up with "keys backup"; such a backup only Key Vault can read. For somebody who ' +
          'is to sign with the Docker CLI, add a signer with a key of its own ("signers add").',
        cause: error,
      },
    );
  }
}

/** Docker writes the name of a signer where Key Vault's tags say that it is a delegation's key. */
function purposeFrom(purpose: KeyPurpose | undefined): StoredPurpose {
  if (!purpose) return { role: undefined, gun: undefined };
  const { role, gun, signer } = purpose;
  return { role: role === 'delegation' ? signer : role, gun };
}
