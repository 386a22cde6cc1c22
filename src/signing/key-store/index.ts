/** Key stores of Docker and notary, and archives of them. */
export { createKeyOpener, maskPrivateKey, type KeyOpener, type LockedKey } from './key-opener.js';
export { readKeyStore, type KeyStore, type StoredKey } from './key-store.js';
export {
  openStoredKeys,
  type ClosedKey,
  type OpenedStore,
  type OpenedStoredKey,
} from './open-stored-keys.js';
export { describePurpose, purposeIn, type StoredPurpose } from './stored-purpose.js';
export { checkNewFile, readBackArchive, writeKeyArchive } from './write-archive.js';
