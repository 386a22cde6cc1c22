/**
 * Opens the private keys that are to be exported, and decides what their headers say. Keys are masked
 * before anything else is done. Docker chooses the passphrase by the role, so a role is never made up:
 * if neither the key nor its tags say it, the trust data must.
 */
import type { KeyObject } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';

import { TrustError, isTrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import {
  createMemorySigner,
  formatKeyReference,
  maskPrivateKey,
  peekKeyFile,
  readCertificates,
  readKeyFile,
  type FileKeyReference,
  type KeyOpener,
  type KeyReference,
  type StoredPurpose,
  type VaultCertificateReference,
  type VaultSecretReference,
} from '../../signing/index.js';
import {
  keyUsage,
  parentOf,
  type Gun,
  type KeyId,
  type KeyUsage,
  type RoleName,
  type TrustedView,
} from '../../trust/index.js';
import type { VaultOptions } from './call.js';
import { readCertificate } from './read-certificate.js';
import { readKeyBytes } from './read-key-bytes.js';
import { readSecretVersion } from './read-secret.js';
import { purposeOf } from './tags.js';

/** Names the inputs that name a repository. */
type NameRepositoryInput = (input: 'registry' | 'repository') => string;

type Reading = VaultOptions & { readonly secrets: Secrets };

/** Something whose private key may leave its vault. */
export type ExportableReference =
  FileKeyReference | VaultSecretReference | VaultCertificateReference;

/** A private key, and what its file and its vault say of it. */
export interface ExportableKey {
  /** As the input names it. */
  readonly reference: ExportableReference;
  readonly keyId: KeyId;
  readonly privateKey: KeyObject;
  /** Of the headers first, then of the tags. */
  readonly purpose: StoredPurpose;
}

/** A key with the headers it is to get. */
export interface LabelledKey extends ExportableKey {
  /** As Docker writes it: a signer's name for a delegation key. */
  readonly role: string;
  /** For `targets` and `snapshot` keys only. */
  readonly gun: Gun | undefined;
  /** Where the repositories of the run list it. */
  readonly usage: readonly KeyUsage[];
}

/** What to do with a key that does not leave its vault. */
const insteadOfExport =
  'Back it up with "keys backup"; only Key Vault can read such a backup. For a person who signs with the Docker CLI, add a signer with a key of their own ("signers add").';

/** @throws {TrustError} KEY_NOT_EXPORTABLE for keys that stay in their vault */
export function requireExportable(
  named: KeyReference | { readonly kind: 'vault'; readonly vaultUrl: string },
): ExportableReference {
  if (named.kind === 'vault') {
    throw new TrustError('KEY_NOT_EXPORTABLE', `it names the whole vault ${named.vaultUrl}`, {
      remedy: `The keys of a vault do not leave it. Name the secrets and certificates to export, such as ${named.vaultUrl}/secrets/team-app.`,
    });
  }
  if (named.kind !== 'vault-key') return named;
  const { vaultUrl, name } = named;
  throw new TrustError(
    'KEY_NOT_EXPORTABLE',
    `${vaultUrl}/keys/${name} is a Key Vault key: its private key never leaves the vault`,
    {
      remedy: `${insteadOfExport} The key of an exportable certificate is exported by the URL of the certificate: ${vaultUrl}/certificates/${name}.`,
    },
  );
}

/**
 * Opens one key.
 * @throws {TrustError} KEY_NOT_EXPORTABLE for a certificate whose key stays in the vault;
 *   KEY_UNSUITABLE; as readSecretVersion and the opener
 */
export async function readExportable(
  reference: ExportableReference,
  open: KeyOpener,
  credential: TokenCredential,
  options: Reading,
): Promise<ExportableKey> {
  const source =
    reference.kind === 'file' ? `the file ${reference.path}` : formatKeyReference(reference);
  const { content, tags } = await readContent(reference, credential, options);
  options.secrets.mask(content.toString());
  const headers = peek(content, source, reference);
  const tagged = purposeOf(tags);
  // Docker writes the name of a signer where Key Vault's tags say that it is a delegation's key.
  const role = headers.role ?? (tagged?.role === 'delegation' ? tagged.signer : tagged?.role);
  const { privateKey } = await open({
    role,
    isEncrypted: headers.isEncrypted,
    description: `key in ${source}`,
    open: (passphrase, passphraseInput) =>
      readKeyFile(content, { source, passphrase, passphraseInput }),
  });
  maskPrivateKey(privateKey, options.secrets);
  const { keyId } = createMemorySigner(privateKey, `key in ${source}`);
  return { reference, keyId, privateKey, purpose: { role, gun: headers.gun ?? tagged?.gun } };
}

async function readContent(
  reference: ExportableReference,
  credential: TokenCredential,
  options: Reading,
): Promise<{ readonly content: string | Buffer; readonly tags: Readonly<Record<string, string>> }> {
  if (reference.kind === 'file') return { content: await readKeyBytes(reference.path), tags: {} };
  let secret: VaultSecretReference;
  if (reference.kind === 'vault-secret') {
    secret = reference;
  } else {
    // The private key of a certificate is the secret of the same name and version, if there is one.
    const { key } = await readCertificate(reference, credential, options);
    secret = { kind: 'vault-secret', vaultUrl: reference.vaultUrl, ...key };
  }
  const { value, tags } = await readSecretVersion(secret, credential, options);
  return { content: value, tags };
}

function peek(content: string | Buffer, source: string, reference: ExportableReference) {
  try {
    return peekKeyFile(content, source);
  } catch (error) {
    const isBare = readCertificates(content).length > 0;
    if (!isBare || reference.kind === 'file' || !isTrustError(error, 'KEY_UNSUITABLE')) throw error;
    throw new TrustError(
      'KEY_NOT_EXPORTABLE',
      `${source} has a private key that does not leave the vault: its certificate was not made exportable`,
      { remedy: insteadOfExport, cause: error },
    );
  }
}

/** @throws {TrustError} KEY_PURPOSE_UNKNOWN when nothing says what the key is for */
export function labelKey(
  key: ExportableKey,
  views: ReadonlyMap<Gun, TrustedView>,
  nameInput: NameRepositoryInput,
): LabelledKey {
  const usage = keyUsage(views, key.keyId);
  const role = key.purpose.role ?? roleFrom(usage.flatMap(({ roles }) => roles));
  if (role === undefined) throw unknownPurpose(key, [...views.keys()], nameInput);
  const ofRepository = role === 'targets' || role === 'snapshot';
  const gun = key.purpose.gun ?? usage.find(({ roles }) => roles.includes(role))?.gun;
  return { ...key, role, gun: ofRepository ? gun : undefined, usage };
}

/**
 * Root first: whoever holds a root key must not take it for anything less. Docker lists the key of a
 * signer in `targets/<signer>` and in `targets/releases`.
 */
function roleFrom(roles: readonly RoleName[]): string | undefined {
  const base = (['root', 'targets', 'snapshot'] as const).find((role) => roles.includes(role));
  if (base) return base;
  const names = roles
    .filter((role) => parentOf(role) === 'targets')
    .map((role) => role.slice('targets/'.length));
  const signer = names.find((name) => name !== 'releases') ?? names[0];
  return signer ?? (roles.some((role) => role.startsWith('targets/')) ? 'delegation' : undefined);
}

function unknownPurpose(
  { keyId, reference }: ExportableKey,
  guns: readonly Gun[],
  nameInput: NameRepositoryInput,
): TrustError {
  const looked =
    guns.length === 0
      ? 'no repository is named whose trust data could say it'
      : `${guns.join(', ')} do${guns.length === 1 ? 'es' : ''} not list it`;
  return new TrustError(
    'KEY_PURPOSE_UNKNOWN',
    `Nothing says what the key ${keyId} in ${formatKeyReference(reference)} is for: it has no headers and no tags, and ${looked}.`,
    {
      remedy: `Name its repository in ${nameInput('registry')} and ${nameInput('repository')}. Docker asks for the passphrase of a key by its role.`,
    },
  );
}
