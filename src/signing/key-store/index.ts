/** Key stores of Docker and notary, and archives of them. */
export type { PassedOver } from './found-file.js';
export { readKeyStore, type KeyStore, type StoredKey } from './key-store.js';
export { checkNewFile, writeKeyArchive } from './write-archive.js';
