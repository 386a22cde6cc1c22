/** From a key that an input names to one that can sign, made where it is to be made, and what to say where it may not be used. */
import {
  createVaultKey,
  openKey,
  openVaultKey,
  tagsFor,
  type KeyPurpose,
  type OpenedKey,
} from '../../azure/index.js';
import { isTrustError, TrustError } from '../../errors.js';
import type { AzureAccess } from '../access/access.js';
import { proveSigner, type VaultKeyReference } from '../../signing/index.js';
import type { Signer } from '../../trust/index.js';
import type { KeyConfiguration } from '../inputs/key-inputs.js';
import type { Run } from '../context.js';

/** Opens a key of the inputs. @throws {TrustError} */
export async function openKeyInput(
  { reference, passphrase, passphraseInput }: KeyConfiguration,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock, nameInput }: Pick<Run, 'secrets' | 'signal' | 'clock' | 'nameInput'>,
): Promise<OpenedKey> {
  return openKey(reference, {
    credential,
    passphrase,
    passphraseInput: nameInput(passphraseInput),
    secrets,
    signal,
    clock,
  });
}

/** A key that was made in its vault. */
export interface NewVaultKey {
  readonly signer: Signer;
  /** With the version that was made. */
  readonly url: string;
  readonly reference: VaultKeyReference;
}

/** Makes a key in its vault, and has it prove that it signs. @throws {TrustError} */
export async function makeVaultKey(
  { reference, hsm }: { readonly reference: VaultKeyReference; readonly hsm: boolean },
  purpose: KeyPurpose,
  { credential }: Pick<AzureAccess, 'credential'>,
  { signal, clock, log }: Pick<Run, 'signal' | 'clock' | 'log'>,
): Promise<NewVaultKey> {
  const options = { signal, clock, hsm, tags: tagsFor(purpose) };
  const made = await asOwner(() => createVaultKey(reference, credential, options));
  log.info(`created ${made.kid}`);
  log.info(`key ID ${made.keyId}`);
  const signer = await openVaultKey(made.reference, credential, { signal, clock });
  await proveSigner(signer);
  return { signer, url: made.kid, reference: made.reference };
}

/**
 * Runs what opens or makes the keys of an owner's command.
 * @throws {TrustError} what `body` throws; a refusal for want of rights is addressed to the owner: a
 * pipeline must never be advised to get the owner's keys.
 */
export async function asOwner<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isTrustError(error, 'VAULT_FORBIDDEN') || !isMatterOfRights(error)) throw error;
    throw new TrustError(error.code, error.message, {
      remedy: [
        'This command needs keys of the owner. If this principal is a pipeline, do not give it the right: have the owner of the keys run the command as themselves.',
        `If it is the owner: ${error.remedy}`,
      ].join('\n'),
      cause: error,
    });
  }
}

/** Whether a refusal of a vault is about what the principal may do, and not about networks or tenants. */
export function isMatterOfRights({ remedy }: TrustError): boolean {
  return /role assignment create|set-policy/.test(remedy);
}
