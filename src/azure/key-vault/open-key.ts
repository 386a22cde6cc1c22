/**
 * The one door from a key reference to a signer. Secrets that pass here are masked first; a
 * private key is in our memory only when it came from a secret or a file.
 */
import type { KeyObject } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';

import type { Secrets } from '../../ports.js';
import {
  createMemorySigner,
  formatKeyReference,
  readKeyFile,
  type FileKeyReference,
  type KeyReference,
  type VaultSecretReference,
} from '../../signing/index.js';
import type { Signer } from '../../trust/signer.js';
import type { VaultOptions } from './call.js';
import { openVaultKey } from './open-vault-key.js';
import { isVaultUrl } from './passphrase.js';
import { readKeyBytes } from './read-key-bytes.js';
import { readPassphrase } from './read-passphrase.js';
import { readSecretVersion } from './read-secret.js';
import { recordedRoots } from './root-record.js';
import type { Tags } from './tags.js';
import { vaultNameOf } from './wording.js';
import { requireCredential } from './require-credential.js';

export interface OpenKeyOptions extends VaultOptions {
  /** Needed for every reference into a vault; local files do without. */
  readonly credential?: TokenCredential | undefined;
  /** The passphrase, or the reference of the Key Vault secret that holds it. */
  readonly passphrase?: string | undefined;
  /** The input {@link passphrase} came from, for messages, such as `signing-key-passphrase`. */
  readonly passphraseInput: string;
  readonly secrets: Secrets;
}

export interface OpenedKey {
  readonly signer: Signer;
  /** What a report calls it: for a key in a vault its URL with the version, for a file its path. */
  readonly url: string;
  /** The private key, for the docker engine; undefined when it stays in the vault. */
  readonly privateKey: KeyObject | undefined;
  /** What the key file says of its role and repository, if it says anything. */
  readonly role: string | undefined;
  readonly gun: string | undefined;
  /** PEM of the certificate, for a reference to one. */
  readonly certificatePem: string | undefined;
  /** When its vault stops signing with it; absent for never, and for keys that are not in a vault. */
  readonly expires?: Date | undefined;
}

/**
 * Opens any key reference.
 * @throws {TrustError} as openVaultKey, readVaultSecret and readKeyFile do; CREDENTIAL_MISSING
 *   when a vault is named and there is no credential
 */
export async function openKey(
  reference: KeyReference,
  options: OpenKeyOptions,
): Promise<OpenedKey> {
  if (reference.kind === 'file' || reference.kind === 'vault-secret') {
    return openText(reference, options);
  }
  const { passphrase, secrets } = options;
  // It opens nothing here, and is a secret all the same.
  if (passphrase !== undefined && !isVaultUrl(passphrase)) secrets.mask(passphrase);
  const credential = requireCredential(reference, options.credential);
  const signer = await openVaultKey(reference, credential, options);
  const { kid: url, certificatePem, expires } = signer;
  const none = { privateKey: undefined, role: undefined, gun: undefined };
  return { ...none, signer, url, certificatePem, expires };
}

async function openText(
  reference: FileKeyReference | VaultSecretReference,
  options: OpenKeyOptions,
): Promise<OpenedKey> {
  const passphrase = await readPassphrase(options, options);
  const isFile = reference.kind === 'file';
  const { content, tags } = await readContent(reference, options);
  options.secrets.mask(content.toString());
  const url = formatKeyReference(reference);
  const source = isFile ? `the file ${url}` : url;
  const { privateKey, role, gun } = readKeyFile(content, {
    source,
    passphrase,
    passphraseInput: options.passphraseInput,
  });
  // The same key, in the form that anything here could print it in.
  options.secrets.mask(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const description = isFile
    ? `key in the file ${reference.path}`
    : `key in the Key Vault secret ${vaultNameOf(reference)}/${reference.name}`;
  const signer = {
    ...createMemorySigner(privateKey, description),
    recordedRoots: isFile ? [] : recordedRoots(tags, reference),
  };
  return { signer, url, privateKey, role, gun, certificatePem: undefined };
}

async function readContent(
  reference: FileKeyReference | VaultSecretReference,
  options: OpenKeyOptions,
): Promise<{ readonly content: string | Buffer; readonly tags: Tags }> {
  if (reference.kind === 'file') return { content: await readKeyBytes(reference.path), tags: {} };
  const credential = requireCredential(reference, options.credential);
  const { value, tags } = await readSecretVersion(reference, credential, options);
  return { content: value, tags };
}
