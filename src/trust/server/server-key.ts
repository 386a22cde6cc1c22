/** Reads a key answer of the server. Pure; whether the key is any good shows when it verifies. */
import type { PublicKey } from '../metadata/types.js';

/** The key types a server may hold (notary server/handlers: built-in signer or notary-signer). */
const keyTypes = new Set(['ed25519', 'ecdsa', 'rsa']);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The key in `body`, or undefined when it is something else. Unknown fields are dropped. */
export function parseServerKey(body: Buffer): PublicKey | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // Something that is no JSON is no key; the caller says who sent it.
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { keytype, keyval } = parsed as { keytype?: unknown; keyval?: unknown };
  if (typeof keytype !== 'string' || !keyTypes.has(keytype)) return undefined;
  if (typeof keyval !== 'object' || keyval === null) return undefined;
  const { public: encoded } = keyval as { public?: unknown };
  if (typeof encoded !== 'string' || encoded === '' || !base64.test(encoded)) return undefined;
  return { keytype, keyval: { private: null, public: encoded } };
}
