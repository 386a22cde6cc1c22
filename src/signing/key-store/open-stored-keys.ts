/** Opens those keys of a store that the run can open, and brings copies of one key together. */
import type { KeyObject } from 'node:crypto';

import { isTrustError, type TrustError } from '../../errors.js';
import type { Log, Secrets } from '../../ports.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { createMemorySigner } from '../memory-signer.js';
import { maskPrivateKey, type KeyOpener } from './key-opener.js';
import type { KeyStore, StoredKey } from './key-store.js';
import { describePurpose, type StoredPurpose } from './stored-purpose.js';

/** A private key that is open now. */
export interface OpenedStoredKey extends StoredPurpose {
  readonly keyId: KeyId;
  readonly privateKey: KeyObject;
  /** Every file that holds it. */
  readonly paths: readonly string[];
  /** Every repository that a header names with it. */
  readonly guns: readonly string[];
}

/** A file whose key the run could not open. */
export interface ClosedKey extends StoredPurpose {
  readonly path: string;
  /** The ID that the file is named after; nothing has proven it. */
  readonly keyId: KeyId | undefined;
  readonly error: TrustError;
}

export interface OpenedStore {
  readonly opened: readonly OpenedStoredKey[];
  readonly closed: readonly ClosedKey[];
}

/**
 * Opens one key after the other, as a person may have to be asked.
 * @throws {TrustError} INTERRUPTED; what keeps a passphrase from being read out of its vault
 */
export async function openStoredKeys(
  { keys }: KeyStore,
  open: KeyOpener,
  { secrets, log }: { readonly secrets: Secrets; readonly log: Log },
): Promise<OpenedStore> {
  const opened = new Map<KeyId, OpenedStoredKey>();
  const closed: ClosedKey[] = [];
  for (const key of keys) {
    const { path, role, gun } = key;
    if (!key.isEncrypted) {
      secrets.mask(key.text);
      log.warn(`${path} is not encrypted: whoever could read the file may have the key.`);
    }
    try {
      const { privateKey } = await open({ ...key, description: describe(key) });
      maskPrivateKey(privateKey, secrets);
      const { keyId } = createMemorySigner(privateKey, describe(key));
      const before = opened.get(keyId);
      opened.set(keyId, {
        keyId,
        privateKey,
        role: before?.role ?? role,
        gun: before?.gun ?? gun,
        paths: [...(before?.paths ?? []), path],
        guns: [...new Set([...(before?.guns ?? []), ...(gun === undefined ? [] : [gun])])],
      });
      if (key.keyId !== undefined && key.keyId !== keyId) {
        log.warn(`${path} is named after another key: it holds the key ${keyId}.`);
      }
    } catch (error) {
      if (!isTrustError(error, ...ofOneKey)) throw error;
      log.warn(`${path} cannot be opened: ${error.message}.`);
      closed.push({ path, keyId: key.keyId, role, gun, error });
    }
  }
  return { opened: [...opened.values()], closed };
}

/** What is wrong with one key and not with the others. */
const ofOneKey = ['KEY_UNSUITABLE', 'KEY_PASSPHRASE_MISSING', 'KEY_PASSPHRASE_WRONG'] as const;

/** Such as `root key (20ac20e4)`, as Docker tells keys apart; by the file where that names none. */
function describe(key: StoredKey): string {
  return `${describePurpose(key)} (${key.keyId?.slice(0, 8) ?? key.path})`;
}
