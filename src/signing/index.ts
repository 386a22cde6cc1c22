/** Keys outside any vault: references to keys, key files, signing in memory, root certificates. */
export { parseCertificateChain, type ChainFile } from './certificate-chain.js';
export { requireDockerPassphrase, writeDockerKeyFile } from './docker-key-file.js';
export {
  isPrivateKeyBlock,
  openBlock,
  peekKeyFile,
  readKeyFile,
  type KeyFile,
  type KeyFileContext,
} from './key-file.js';
export { explain, fromPkcs12, readCertificates, readKeyText } from './key-text.js';
export { formatPem, type PemBlock } from './pem.js';
export { isDecryptionError } from './pbes2.js';
export { openPkcs12 } from './pkcs12.js';
export {
  formatKeyReference,
  parseKeyReference,
  type FileKeyReference,
  type KeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
  type VaultObject,
  type VaultReference,
  type VaultSecretReference,
} from './key-reference.js';
export * from './key-store/index.js';
export { listedForm } from './listed-form.js';
export { createMemorySigner } from './memory-signer.js';
export {
  publicKeyOfCertificate,
  readPublicKeyFile,
  type PublicKeyFile,
  type SignerPublicKey,
} from './public-key-file.js';
export { parsePin, type PinReference } from './root-pin.js';
export { createRootCertificate } from './root-certificate.js';
export { freshChallenge, probeMessage, proveSigner } from './self-test.js';
export { isHostAlone, parseVaultUrl, vaultServiceOf } from './vault-hosts.js';
