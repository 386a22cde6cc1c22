/**
 * What to say where a command of the owner of the keys runs as somebody who may not use them, such as a
 * pipeline: never to give that one the keys.
 */
import { isTrustError, TrustError } from '../../errors.js';

/**
 * Runs what opens or makes the keys of an owner's command.
 * @throws {TrustError} what `body` throws; a refusal for want of rights is addressed to the owner.
 */
export async function asOwner<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isTrustError(error, 'VAULT_FORBIDDEN') || !isMatterOfRights(error)) throw error;
    throw new TrustError(error.code, error.message, {
      remedy: [
        'This command takes keys of the owner. If this principal is a pipeline, do not give it the right: have the owner of the keys run the command as themselves.',
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
