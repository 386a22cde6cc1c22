/**
 * Signs inside Key Vault: sends a SHA-256 digest, gets a signature, and verifies it before anyone
 * uses it. The private key never comes here, and no other version of the key is ever asked.
 */
import { createHash } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import {
  CryptographyClient,
  type KeyVaultKey,
  type SignatureAlgorithm,
} from '@azure/keyvault-keys';

import type { VaultReference } from '../../signing/index.js';
import { keyIdOf, verifySignature } from '../../trust/metadata/index.js';
import type { Signer } from '../../trust/signer.js';
import { callVault, type VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import type { VaultKeyMaterial } from './key-material.js';
import { vaultNameOf } from './wording.js';
import { failed } from './error-mapping.js';

/** TUF's names for what Key Vault signs: PS256 has a salt as long as its hash (RFC 7518, 3.5). */
const methods = { ES256: 'ecdsa', PS256: 'rsapss' } as const;

/** A signer for a key that was judged fit; `bundle` pins the version. */
export function createVaultSigner(
  bundle: KeyVaultKey,
  material: VaultKeyMaterial,
  reference: VaultReference,
  credential: TokenCredential,
  options: VaultOptions,
): Signer {
  const { algorithm, publicKey } = material;
  // Given the bundle, not its URL, the client asks for no key and signs with this version only.
  const client = new CryptographyClient(bundle, credential, clientOptions(credential));
  const inTurn = firstAlone();

  async function sign(message: Uint8Array): Promise<Buffer> {
    const digest = createHash('sha256').update(message).digest();
    const signature = await inTurn(() => signDigest(client, reference, algorithm, digest, options));
    if (!verifySignature(publicKey, methods[algorithm], message, signature)) {
      throw failed(
        signing(reference),
        'the signature it returned does not verify under the public key',
      );
    }
    return signature;
  }

  return {
    publicKey,
    keyId: keyIdOf(publicKey),
    method: methods[algorithm],
    description: `Key Vault key ${vaultNameOf(reference)}/${bundle.name} (${algorithm})`,
    sign,
  };
}

function signing(reference: VaultReference) {
  return { reference, action: 'sign' } as const;
}

/**
 * Has the vault sign a digest of the length that `algorithm` asks for: ECDSA comes back as raw r||s,
 * PSS with a salt as long as its hash. Whoever asks verifies it.
 * @throws {TrustError} as {@link callVault}
 */
export async function signDigest(
  client: CryptographyClient,
  reference: VaultReference,
  algorithm: SignatureAlgorithm,
  digest: Uint8Array,
  options: VaultOptions,
): Promise<Buffer> {
  // The client hands on whatever came with a 200, a signature or not.
  const answer: { readonly result?: unknown } = await callVault(
    signing(reference),
    options,
    (call) => client.sign(algorithm, digest, call),
  );
  if (!(answer.result instanceof Uint8Array)) {
    throw failed(signing(reference), 'it answered without a signature');
  }
  return Buffer.from(answer.result);
}

/**
 * Lets the first call finish before any other starts: it brings the token, and calls in parallel
 * with it would each go through the challenge anew.
 */
function firstAlone(): <T>(call: () => Promise<T>) => Promise<T> {
  let first: Promise<unknown> | undefined;
  return async (call) => {
    if (first === undefined) {
      const started = call();
      first = started;
      return started;
    }
    // Whether the first failed is for its own caller to hear.
    await Promise.allSettled([first]);
    return call();
  };
}
