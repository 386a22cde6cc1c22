/** Key stores of Docker and notary, and archives of them. */

export { readKeyStore, type KeyStore, type StoredKey } from './key-store.js';
export { checkNewFile, writeKeyArchive } from './write-archive.js';
