/**
 * Writes a private key as Docker and notary store it: `<key ID>.key`, encrypted. The caller decides
 * the folder and must create the file with mode 0600.
 */
import type { KeyObject } from 'node:crypto';

import { TrustError } from '../errors.js';
import { keyIdOf } from '../trust/metadata/index.js';
import { toNotaryEd25519 } from './notary-ed25519.js';
import { encryptPkcs8 } from './pbes2.js';
import { formatPem } from './pem.js';
import { describeKey, neededKey, rawKeyTypeOf, toPublicKey } from './public-key.js';

/** What the headers of the file say, and what encrypts it. */
interface DockerKeyFileOptions {
  /** `root`, `targets`, `snapshot`, or the name of a signer. */
  readonly role: string;
  /** The repository; for `targets` and `snapshot` keys only. */
  readonly gun?: string;
  /** Not empty; used as UTF-8. */
  readonly passphrase: string;
}

export interface DockerKeyFile {
  /** `<canonical key ID>.key`, which Docker looks the key up by. */
  readonly fileName: string;
  readonly text: string;
}

/**
 * The encrypted `.key` file of a private key, readable by notary and every Docker CLI with
 * content trust.
 * @throws {TrustError} KEY_UNSUITABLE, KEY_PASSPHRASE_MISSING, INPUT_INVALID (role or gun)
 */
export function writeDockerKeyFile(key: KeyObject, options: DockerKeyFileOptions): DockerKeyFile {
  const type = rawKeyTypeOf(key);
  if (type === undefined) {
    throw new TrustError('KEY_UNSUITABLE', `Docker cannot sign with ${describeKey(key)}`, {
      remedy: `Use ${neededKey}.`,
    });
  }
  if (options.passphrase === '') {
    throw new TrustError('KEY_PASSPHRASE_MISSING', 'A Docker key file needs a passphrase', {
      remedy: 'Give a passphrase that is not empty; Docker will ask for the same one.',
    });
  }
  const headers = {
    role: options.role,
    ...(options.gun === undefined ? {} : { gun: options.gun }),
  };
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!-~]+$/.test(value)) {
      throw new TrustError('INPUT_INVALID', `The ${name} of a Docker key file must be one word`, {
        remedy: 'Give printable ASCII without blanks, such as "targets".',
      });
    }
  }
  const info =
    type === 'ed25519' ? toNotaryEd25519(key) : key.export({ format: 'der', type: 'pkcs8' });
  const encrypted = encryptPkcs8(info, options.passphrase);
  return {
    fileName: `${keyIdOf(toPublicKey(key))}.key`,
    text: formatPem('ENCRYPTED PRIVATE KEY', encrypted, headers),
  };
}

/** Docker's own prompt takes nothing shorter (theupdateframework/notary passphrase/passphrase.go). */
const shortestPassphrase = 8;

/** @throws {TrustError} INPUT_INVALID for a passphrase that Docker would reject */
export function requireDockerPassphrase(passphrase: string): void {
  if (passphrase.length >= shortestPassphrase) return;
  throw new TrustError(
    'INPUT_INVALID',
    `the passphrase has fewer than ${shortestPassphrase} characters`,
    { remedy: `Give at least ${shortestPassphrase}, as Docker itself requires.` },
  );
}
