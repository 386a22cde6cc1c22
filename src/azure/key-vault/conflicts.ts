/**
 * KEY_CONFLICT: a name in a vault that is taken, by something living or something deleted. Says which,
 * and what frees the name; frees nothing itself.
 */
import { TrustError } from '../../errors.js';
import type { ErrorResponse } from '../../http/index.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import { nounOf, vaultFlagOf, type VaultOperation } from './wording.js';

/** The error for an answer 409 of a vault. */
export function conflictOf(
  { reference }: VaultOperation,
  { innerCode = '', words }: Pick<ErrorResponse, 'innerCode' | 'words'>,
  described: string,
): TrustError {
  if (
    innerCode === 'ObjectIsDeletedButRecoverable' ||
    /deleted but (?:recoverable|can be recovered)/i.test(words)
  ) {
    return softDeleted(reference);
  }
  if (innerCode.startsWith('ObjectIsBeing')) {
    return keyConflict(
      `${formatKeyReference(reference)} is being deleted, recovered or purged`,
      'Wait a minute, then run the step again.',
    );
  }
  return keyConflict(
    `The name of ${formatKeyReference(reference)} is taken: ${described}`,
    `Choose another name, or see what uses this one:\naz keyvault ${nounOf(reference)} show ${vaultFlagOf(reference)} --name ${reference.name}`,
  );
}

/** A deleted object keeps its name until it is purged. */
export function softDeleted(reference: VaultReference, cause?: unknown): TrustError {
  const command = (verb: string) =>
    `az keyvault ${nounOf(reference)} ${verb} ${vaultFlagOf(reference)} --name ${reference.name}`;
  return keyConflict(
    `${formatKeyReference(reference)} was deleted, and can still be recovered: its name is taken`,
    `Choose another name.\nOr recover the deleted one: ${command('recover')}\nOr purge it, which frees the name: ${command('purge')}`,
    cause,
  );
}

/** Another key than the one that was to be put there; nothing is ever put over it. */
export function otherKey(reference: VaultReference, found: string, wanted: string): TrustError {
  return keyConflict(
    `${formatKeyReference(reference)} holds another key: ${found}, not the key with the ID ${wanted}`,
    'It was not overwritten. Choose another name or vault for the key, or remove the other key first if nothing uses it.',
  );
}

function keyConflict(message: string, remedy: string, cause?: unknown): TrustError {
  return new TrustError('KEY_CONFLICT', message, {
    remedy,
    cause,
  });
}
