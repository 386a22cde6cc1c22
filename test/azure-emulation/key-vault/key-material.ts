/** Makes and reads the key pairs of vault keys, and shows their public half as a JWK. */
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

import { isRecord, text } from '../core/call.js';
import { badParameter } from './refusals.js';
import type { KeyVersion } from './vaults.js';

const generate = promisify(generateKeyPair);

/** What decides the kind of a key. */
export type KeyKind = Pick<KeyVersion, 'kty' | 'crv'>;

const kinds: readonly string[] = ['EC', 'EC-HSM', 'RSA', 'RSA-HSM'];
const rsaSizes: readonly unknown[] = [2048, 3072, 4096];
const opensslCurves: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  'P-256K': 'secp256k1',
};
// Key Vault names secp256k1 its own way; JWK and node use RFC 8812's name.
const jwkCurve: Readonly<Record<string, string>> = { 'P-256K': 'secp256k1' };

/** The operations a new key allows when none are asked for. */
export function defaultOps(kty: string): readonly string[] {
  return kty.startsWith('EC')
    ? ['sign', 'verify']
    : ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];
}

/** Generates a key. @throws Refusal (400) for a kind, curve or size Key Vault does not make. */
export async function generateKey(
  kty: string | undefined,
  crv: unknown,
  size: unknown,
): Promise<KeyKind & { readonly privateKey: KeyObject }> {
  if (kty === 'EC' || kty === 'EC-HSM') {
    const curve = text(crv) ?? 'P-256';
    const namedCurve = opensslCurves[curve];
    if (namedCurve === undefined) throw badParameter(`The curve ${curve} is not supported.`);
    const { privateKey } = await generate('ec', { namedCurve });
    return { kty, crv: curve, privateKey };
  }
  if (kty === 'RSA' || kty === 'RSA-HSM') {
    const modulusLength = size ?? 2048;
    if (!rsaSizes.includes(modulusLength)) throw badParameter('The key size is not supported.');
    const { privateKey } = await generate('rsa', { modulusLength: Number(modulusLength) });
    return { kty, privateKey };
  }
  throw badParameter(`The key type is not supported; use one of ${kinds.join(', ')}.`);
}

/** Reads a private JWK as an import sends it. @throws Refusal (400) when it is none. */
export function importedKey(value: unknown): KeyKind & { readonly privateKey: KeyObject } {
  if (!isRecord(value)) throw badParameter('The property key must be a JSON web key.');
  const kty = kinds.find((kind): kind is KeyVersion['kty'] => kind === value.kty);
  if (kty === undefined) throw badParameter('The key type is not supported.');
  const crv = text(value.crv);
  if (kty.startsWith('EC') && (crv === undefined || !(crv in opensslCurves))) {
    throw badParameter('The curve is not supported.');
  }
  const jwk: JsonWebKey = { ...value, kty: kty.replace('-HSM', '') };
  if (crv !== undefined) jwk.crv = jwkCurve[crv] ?? crv;
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    // Whatever node finds wrong with the numbers, the vault says the key is not valid.
    throw badParameter('The key is not a valid private JSON web key.');
  }
  const bits = privateKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && !rsaSizes.includes(bits)) {
    throw badParameter('The key size is not supported.');
  }
  return { kty, ...(crv !== undefined && { crv }), privateKey };
}

/** Reads a private key in PEM form as the JWK an import sends. */
export function pemToJwk(pemText: string): Readonly<Record<string, unknown>> {
  const jwk = createPrivateKey(pemText).export({ format: 'jwk' });
  return { ...jwk, ...(jwk.crv === 'secp256k1' && { crv: 'P-256K' }) };
}

/** The public half, as Key Vault shows it (without `kid` and `key_ops`). */
export function publicJwk(key: KeyKind & { readonly privateKey: KeyObject }): JsonWebKey {
  const jwk = createPublicKey(key.privateKey).export({ format: 'jwk' });
  return { ...jwk, kty: key.kty, ...(key.crv !== undefined && { crv: key.crv }) };
}
