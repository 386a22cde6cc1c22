/**
 * Brings a private key into a vault as a key. Never puts it over another one: a name that holds the
 * same key is left as it is, a name that holds another is refused.
 */
import type { JsonWebKeyInput, KeyObject } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { KeyClient, type JsonWebKey, type KeyVaultKey } from '@azure/keyvault-keys';

import { TrustError, isTrustError } from '../../errors.js';
import {
  createMemorySigner,
  formatKeyReference,
  type VaultKeyReference,
} from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { callVault, type VaultOptions } from './call.js';
import { otherKey } from './conflicts.js';
import { keyIdOfBundle } from './key-material.js';
import { listKeyVersions } from './list-keys.js';
import { isInManagedHsm } from './wording.js';
import { clientOptions } from './pipeline.js';
import { failed } from './error-mapping.js';
import { getKey, infoOf, type VaultKeyInfo, type VaultName } from './read-key.js';

interface ImportKeyOptions extends VaultOptions {
  /** Keep it in hardware, which needs a vault of the tier Premium. */
  readonly hsm?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A key that is in the vault now. */
interface ImportedVaultKey extends VaultKeyInfo {
  /** False when the vault held this very key before. */
  readonly isNew: boolean;
}

/** The RSA sizes that Key Vault takes. */
const rsaBits: readonly (number | undefined)[] = [2048, 3072, 4096];

/**
 * Imports `privateKey` under a name. The caller has masked the text it came from.
 * @throws {TrustError} KEY_UNSUITABLE for what Key Vault cannot hold (Ed25519); KEY_CONFLICT when the
 *   name holds another key or a deleted one; KEY_DISABLED when it holds this one, switched off;
 *   VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function importVaultKey(
  { vaultUrl, name }: VaultName,
  privateKey: KeyObject,
  credential: TokenCredential,
  options: ImportKeyOptions = {},
): Promise<ImportedVaultKey> {
  const reference: VaultKeyReference = { kind: 'vault-key', vaultUrl, name, version: undefined };
  assertImportable(privateKey, reference);
  const { keyId } = createMemorySigner(privateKey, 'key to import');
  const client = new KeyClient(vaultUrl, credential, clientOptions(credential));
  const present = await presentKey(client, reference, keyId, credential, options);
  if (present !== undefined) return { ...infoOf(present, reference, options), isNew: false };
  const operation = { reference, action: 'import' } as const;
  const bundle = await callVault(operation, options, (call) =>
    client.importKey(name, jwkOf(privateKey), {
      ...call,
      ...(options.hsm === true || isInManagedHsm(reference) ? { hardwareProtected: true } : {}),
      ...(options.tags === undefined ? {} : { tags: { ...options.tags } }),
    }),
  );
  const info = infoOf(bundle, reference, options);
  if (info.keyId !== keyId) throw failed(operation, 'it returned another key');
  return { ...info, isNew: true };
}

/** @throws {TrustError} KEY_UNSUITABLE for a key that no vault takes, whatever its owner may do */
export function assertImportable(privateKey: KeyObject, reference: VaultKeyReference): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = privateKey;
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return;
  if (type === 'rsa' && rsaBits.includes(details?.modulusLength)) return;
  const found =
    type === 'rsa'
      ? `an RSA key of ${details?.modulusLength ?? 0} bits`
      : `a key of type ${type ?? '?'}`;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `Key Vault cannot hold the key for ${formatKeyReference(reference)}: it is ${found}`,
    {
      remedy:
        'Key Vault signs content trust data with EC keys on curve P-256 and RSA keys of 2048, 3072 or ' +
        '4096 bits. Store this key as a secret instead, or rotate the repository to a key that is ' +
        'made in the vault.',
    },
  );
}

/** The version of the name that is this key; undefined when the name is free. */
async function presentKey(
  client: KeyClient,
  reference: VaultKeyReference,
  keyId: KeyId,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<KeyVaultKey | undefined> {
  let newest: KeyVaultKey;
  try {
    newest = await getKey(client, { reference, action: 'import' }, options);
  } catch (error) {
    // A deleted key with this name is found out by the import itself.
    if (isTrustError(error, 'KEY_NOT_FOUND')) return undefined;
    throw error;
  }
  if (isKey(newest, keyId)) return newest;
  // Imported before, and rotated in the vault since: the key is there all the same.
  for (const { version } of await listKeyVersions(reference, credential, options)) {
    if (version === newest.properties.version) continue;
    const earlier = await getKey(
      client,
      { reference: { ...reference, version }, action: 'import' },
      options,
    );
    if (isKey(earlier, keyId)) return earlier;
  }
  throw otherKey(reference, describe(newest), keyId);
}

function isKey(bundle: KeyVaultKey, keyId: KeyId): boolean {
  return keyIdOfBundle(bundle) === keyId;
}

function describe(bundle: KeyVaultKey): string {
  const id = keyIdOfBundle(bundle);
  return id === undefined ? `one of type ${bundle.keyType ?? 'unknown'}` : `its key ID is ${id}`;
}

function jwkOf(privateKey: KeyObject): JsonWebKey {
  const jwk: JsonWebKeyInput['key'] = privateKey.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const keyOps = ['sign', 'verify'];
  if (jwk.kty === 'EC') {
    return { kty: 'EC', crv: 'P-256', x: bytes(jwk.x), y: bytes(jwk.y), d: bytes(jwk.d), keyOps };
  }
  return {
    kty: 'RSA',
    n: bytes(jwk.n),
    e: bytes(jwk.e),
    d: bytes(jwk.d),
    p: bytes(jwk.p),
    q: bytes(jwk.q),
    dp: bytes(jwk.dp),
    dq: bytes(jwk.dq),
    qi: bytes(jwk.qi),
    keyOps,
  };
}
