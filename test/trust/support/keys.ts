/** Throw-away keys for tests, one of each kind a repository may meet. */
import { generateKeyPairSync } from 'node:crypto';
import { createMemorySigner } from '../../../src/signing/index.js';
import type { Signer } from '../../../src/trust/signer.js';

export function ecdsaSigner(name = 'test key'): Signer {
  return createMemorySigner(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    `${name} (ECDSA)`,
  );
}

export function rsaSigner(name = 'test key'): Signer {
  return createMemorySigner(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    `${name} (RSA)`,
  );
}

export function ed25519Signer(name = 'test key'): Signer {
  return createMemorySigner(generateKeyPairSync('ed25519').privateKey, `${name} (Ed25519)`);
}
