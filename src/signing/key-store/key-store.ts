/**
 * A store of private keys as Docker and notary keep it, or a backup of one. Knows what each key
 * says of itself; opens a key only when asked to, and writes nothing.
 */
import { stat } from 'node:fs/promises';

import { isTrustError, messageOf, type TrustError } from '../../errors.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { isPrivateKeyBlock, peekKeyFile, readKeyFile, type KeyFile } from '../key-file.js';
import { mentionsPrivateKey, readKeyText } from '../key-text.js';
import { formatPem } from '../pem.js';
import { invalidStore, placeOf, type FoundKeyFile, type PassedOver } from './found-file.js';
import { readKeyArchive } from './read-archive.js';
import { readKeyFolder } from './read-folder.js';

/** A private key of the store, not yet opened. */
export interface StoredKey {
  /** Within the folder or archive, with slashes. */
  readonly path: string;
  /** The ID that the file is named after; only the opened key can prove it. */
  readonly keyId: KeyId | undefined;
  /** `root`, `targets`, `snapshot`, a signer's name or `delegation`; nobody has proven it either. */
  readonly role: string | undefined;
  /** The repository; of `targets` and `snapshot` keys only. */
  readonly gun: string | undefined;
  readonly isEncrypted: boolean;
  /** The file as it is: PEM, with Docker's headers. Secret unless it is encrypted. */
  readonly text: string;
  /**
   * Opens the key.
   * @param passphraseInput what holds the passphrase, for messages
   * @throws {TrustError} KEY_UNSUITABLE, KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG
   */
  open(passphrase: string | undefined, passphraseInput: string): KeyFile;
}

export interface KeyStore {
  readonly kind: 'folder' | 'archive';
  /** By path. One key may be there several times. */
  readonly keys: readonly StoredKey[];
  /** Files that are named like keys and hold none that can be used. */
  readonly unusable: readonly PassedOver[];
  /** Files that look like keys and are none of the store. */
  readonly leftOut: readonly PassedOver[];
}

/**
 * Reads the store at `path`: a folder (`~/.docker/trust/private`, `~/.docker/trust`, `~/.notary`, the
 * trees `root_keys` and `tuf_keys` of old versions), a tar archive of one, or a file with keys in it.
 * @throws {TrustError} ARCHIVE_INVALID when it cannot be read or holds no key
 */
export async function readKeyStore(path: string): Promise<KeyStore> {
  const kind = await kindOf(path);
  const found = await (kind === 'folder' ? readKeyFolder : readKeyArchive)(path);
  const keys: StoredKey[] = [];
  const unusable = [...found.passedOver];
  for (const file of found.files) {
    try {
      keys.push(...storedKeys(file, path));
    } catch (error) {
      if (!isTrustError(error, 'KEY_UNSUITABLE')) throw error;
      unusable.push({ path: file.path, why: whyUnusable(error, file) });
    }
  }
  const { leftOut } = found;
  if (keys.length === 0 && unusable.length === 0) throw invalidStore(path, 'it holds no keys');
  return { kind, keys: keys.sort(byPath), unusable: unusable.sort(byPath), leftOut };
}

async function kindOf(path: string): Promise<KeyStore['kind']> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'archive';
  } catch (cause) {
    throw invalidStore(path, messageOf(cause), cause);
  }
}

/** What a file holds instead, as the reader of keys says it. */
function whyUnusable({ message }: TrustError, { bytes }: FoundKeyFile): string {
  const held = /: it (holds .*)$/s.exec(message)?.[1];
  return held === undefined || !mentionsPrivateKey(bytes)
    ? 'holds no private key that can be read'
    : held;
}

/** The keys of a file: one as a rule, several where "notary key export" put them into one. */
function storedKeys(file: FoundKeyFile, store: string): readonly StoredKey[] {
  const blocks = readKeyText(file.bytes).blocks.filter(isPrivateKeyBlock);
  if (blocks.length < 2) return [storedKey(file, file.bytes, `${file.path} of ${store}`)];
  return blocks.map(({ label, der, headers }, index) => {
    const source = `${file.path} of ${store}, key ${index + 1}`;
    return storedKey(file, formatPem(label, der, headers), source);
  });
}

function storedKey(
  { path, bytes }: FoundKeyFile,
  content: string | Uint8Array,
  source: string,
): StoredKey {
  const headers = peekKeyFile(content, source);
  // "notary key export" keeps the place that a key had, and leaves out what that says.
  const { path: exported } = headers;
  const place = placeOf(exported === undefined ? path : `${exported.replace(/\.key$/, '')}.key`);
  return {
    path,
    text: bytes.toString('utf8'),
    keyId: place.keyId,
    role: place.role ?? headers.role,
    gun: place.gun ?? headers.gun,
    isEncrypted: headers.isEncrypted,
    open: (passphrase, passphraseInput) =>
      readKeyFile(content, { source, passphrase, passphraseInput }),
  };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}
