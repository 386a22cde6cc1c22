/** From a key of the inputs to one that can sign. */
import { openKey, type OpenedKey } from '../../azure/index.js';
import type { KeyConfiguration } from '../configuration/types.js';
import type { Run } from '../context.js';
import type { Session } from '../access/access.js';

/** Opens a key of the inputs. @throws {TrustError} */
export async function openConfigured(
  { reference, passphrase, passphraseInput }: KeyConfiguration,
  { credential }: Pick<Session, 'credential'>,
  { secrets, signal, clock, nameInput }: Run,
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
