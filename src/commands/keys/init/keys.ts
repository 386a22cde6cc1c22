/**
 * The keys of an initialisation: looked for first, and made only when everything else is known to be in
 * order. Keys in secrets, files and certificates are used as they are, and never made.
 */
import {
  createVaultKey,
  findVaultKey,
  listKeyVersions,
  openVaultKey,
  purposeOf,
  readVersionIdentity,
  tagsFor,
  type KeyPurpose,
} from '../../../azure/index.js';
import { limits } from '../../../limits.js';
import { proveSigner, type KeyReference, type VaultKeyReference } from '../../../signing/index.js';
import type { KeyId, Signer } from '../../../trust/index.js';
import type { KeyConfiguration } from '../../configuration/types.js';
import type { Run } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import { asOwner, openKeyInput } from '../../signing/open-key-input.js';

/** A key that an input names, as it was found. */
export type FoundKey =
  | {
      readonly kind: 'there';
      readonly reference: KeyReference;
      readonly keyId: KeyId;
      /** What its tags say it is the key of, if they do. */
      readonly gun: string | undefined;
      readonly configuration: KeyConfiguration;
      /** Whether the input named no version, so that this is the newest. */
      readonly followsNewest: boolean;
    }
  | { readonly kind: 'missing'; readonly reference: VaultKeyReference };

/** A key that signs. */
export interface ReadyKey {
  readonly signer: Signer;
  /** URL with version; undefined for a key that is in no vault as a key. */
  readonly kid: string | undefined;
  readonly reference: KeyReference;
  readonly isNew: boolean;
}

/** Looks for a key and makes nothing. @throws {TrustError} what keeps it from being used or made */
export async function findKey(
  configuration: KeyConfiguration,
  azure: Pick<AzureAccess, 'credential'>,
  context: Run,
): Promise<FoundKey> {
  const { reference } = configuration;
  if (reference.kind !== 'vault-key') {
    const { signer } = await openKeyInput(configuration, azure, context);
    const { keyId } = signer;
    const followsNewest = false;
    return { kind: 'there', reference, keyId, gun: undefined, configuration, followsNewest };
  }
  const info = await findVaultKey(reference, azure.credential, context);
  if (info === undefined) return { kind: 'missing', reference };
  const gun = purposeOf(info.tags)?.gun;
  // From here on this version, whatever becomes the newest meanwhile.
  return {
    kind: 'there',
    reference: info.reference,
    keyId: info.keyId,
    gun,
    configuration: { ...configuration, reference: info.reference },
    followsNewest: reference.version === undefined,
  };
}

/**
 * The version of a key that is one of `keyIds`: the newest, or where that is none of them an earlier
 * one, because a key may have been rotated in its vault since. Without any the key as it was found.
 */
export async function listedVersionOf(
  found: FoundKey,
  keyIds: readonly KeyId[],
  { credential }: Pick<AzureAccess, 'credential'>,
  { signal, clock }: Pick<Run, 'signal' | 'clock'>,
): Promise<FoundKey> {
  if (found.kind === 'missing' || !found.followsNewest || keyIds.includes(found.keyId))
    return found;
  const { reference } = found;
  if (reference.kind !== 'vault-key') return found;
  const options = { signal, clock };
  const versions = await listKeyVersions(reference, credential, options);
  for (const { version } of versions.slice(0, limits.keyVersionsRead)) {
    const earlier = { ...reference, version };
    const { keyId } = await readVersionIdentity(earlier, credential, options);
    if (keyId === undefined || !keyIds.includes(keyId)) continue;
    const configuration = { ...found.configuration, reference: earlier };
    return { ...found, reference: earlier, keyId, configuration };
  }
  return found;
}

/** Opens a key that is there, and has it prove that it signs. @throws {TrustError} */
export async function openFound(
  found: Extract<FoundKey, { kind: 'there' }>,
  azure: Pick<AzureAccess, 'credential'>,
  context: Run,
): Promise<ReadyKey> {
  const { reference, configuration } = found;
  if (reference.kind === 'vault-key' || reference.kind === 'vault-certificate') {
    const signer = await openVaultKey(reference, azure.credential, context);
    await proveSigner(signer);
    return { signer, kid: signer.kid, reference, isNew: false };
  }
  const { signer } = await openKeyInput(configuration, azure, context);
  await proveSigner(signer);
  return { signer, kid: undefined, reference, isNew: false };
}

/** Makes a key in its vault, and has it prove that it signs. @throws {TrustError} */
export async function makeKey(
  { reference }: Extract<FoundKey, { kind: 'missing' }>,
  purpose: KeyPurpose,
  hsm: boolean,
  azure: Pick<AzureAccess, 'credential'>,
  context: Run,
): Promise<ReadyKey> {
  const { credential } = azure;
  const { signal, clock, log } = context;
  const options = { signal, clock, hsm, tags: tagsFor(purpose) };
  const made = await asOwner(() => createVaultKey(reference, credential, options));
  log.info(`created ${made.kid}`);
  log.info(`key ID ${made.keyId}`);
  const signer = await openVaultKey(made.reference, credential, { signal, clock });
  await proveSigner(signer);
  return { signer, kid: made.kid, reference: made.reference, isNew: true };
}
