/** Keys that inputs name, as they are: looked for and opened, never made. */
import { mapConcurrent } from '../../concurrency.js';
import { limits } from '../../limits.js';
import { formatKeyReference, proveSigner, type KeyReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import type { Signer } from '../../trust/signer.js';
import { findVaultKey } from './find-key.js';
import { listKeyVersions } from './list-keys.js';
import { openNamedKey, type KeyUser, type NamedKey, type VaultAccess } from './named-key.js';
import { readVersionIdentity } from './read-key.js';
import { purposeOf } from './tags.js';

/** A key that an input names, as it was found: a vault key in the version that is to be used. */
export interface FoundKey extends NamedKey {
  /** Undefined for a Key Vault key that does not exist yet. */
  readonly keyId: KeyId | undefined;
  /** What its tags say it is the key of, if they do. */
  readonly gun: string | undefined;
  /** Whether the input named no version, so that this is the newest. */
  readonly followsNewest: boolean;
}

/** A key that signs. */
export interface ReadyKey {
  readonly signer: Signer;
  /** What a report calls it. */
  readonly url: string;
  readonly reference: KeyReference;
  readonly isNew: boolean;
}

/**
 * Looks for keys, for each once.
 * @returns the keys as they were found, in the order of `keys`.
 * @throws {TrustError} what keeps one of them from being used or made.
 */
export async function findNamedKeys(
  keys: readonly NamedKey[],
  azure: VaultAccess,
  run: KeyUser,
): Promise<readonly FoundKey[]> {
  const byName = new Map(keys.map((key) => [formatKeyReference(key.reference), key]));
  const found = new Map(
    await mapConcurrent([...byName], limits.concurrentVaultKeys, async ([name, key]) => {
      return [name, await findKey(key, azure, run)] as const;
    }),
  );
  return keys.flatMap(({ reference }) => found.get(formatKeyReference(reference)) ?? []);
}

async function findKey(key: NamedKey, azure: VaultAccess, run: KeyUser): Promise<FoundKey> {
  const { reference } = key;
  if (reference.kind !== 'vault-key') {
    const { signer } = await openNamedKey(key, azure, run);
    return { ...key, keyId: signer.keyId, gun: undefined, followsNewest: false };
  }
  const info = await findVaultKey(reference, azure.credential, run);
  return {
    ...key,
    // From here on this version, even if a newer one is made in the meantime.
    reference: info?.reference ?? reference,
    keyId: info?.keyId,
    gun: info && purposeOf(info.tags)?.gun,
    followsNewest: info !== undefined && reference.version === undefined,
  };
}

/**
 * The version of a key that is one of `keyIds`: the newest, or where that is none of them an earlier
 * one, because a key may have been rotated in its vault since. Without any the key as it was found.
 */
export async function listedVersionOf(
  found: FoundKey,
  keyIds: readonly KeyId[],
  { credential }: VaultAccess,
  { signal, clock }: Pick<KeyUser, 'signal' | 'clock'>,
): Promise<FoundKey> {
  const { reference, keyId: newest, followsNewest } = found;
  if (newest === undefined || !followsNewest || keyIds.includes(newest)) return found;
  if (reference.kind !== 'vault-key') return found;
  const options = { signal, clock };
  const versions = await listKeyVersions(reference, credential, options);
  for (const { version } of versions.slice(0, limits.keyVersionsRead)) {
    const earlier = { ...reference, version };
    const { keyId } = await readVersionIdentity(earlier, credential, options);
    if (keyId !== undefined && keyIds.includes(keyId)) {
      return { ...found, reference: earlier, keyId };
    }
  }
  return found;
}

/**
 * Opens the keys that exist, each once, and has each prove that it signs, so that no other is made in
 * vain.
 * @returns the keys by their references.
 * @throws {TrustError}
 */
export async function openFoundKeys(
  keys: readonly FoundKey[],
  azure: VaultAccess,
  run: KeyUser,
): Promise<ReadonlyMap<string, ReadyKey>> {
  const there = keys.filter(({ keyId }) => keyId !== undefined);
  const byName = new Map(there.map((key) => [formatKeyReference(key.reference), key]));
  const opened = await mapConcurrent(
    [...byName],
    limits.concurrentVaultKeys,
    async ([name, key]) => {
      const { signer, url } = await openNamedKey(key, azure, run);
      await proveSigner(signer);
      run.log.info(signer.description);
      run.log.info(`key ID ${signer.keyId}`);
      return [name, { signer, url, reference: key.reference, isNew: false }] as const;
    },
  );
  return new Map(opened);
}
