/**
 * Pins: what a user knows about the root beforehand. Any one of several suffices
 * (theupdateframework/notary trustpinning/trustpin.go has certs, ca and TOFU; the canonical key ID
 * is our addition).
 */
import { X509Certificate } from 'node:crypto';
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  canonicalKeyIdOf,
  certificateFactsOf,
  certificatesOf,
  keyIdOf,
  type CertificateFacts,
  type KeyId,
  type PublicKey,
} from '../metadata/index.js';
import { chainsTo } from './certificate-path.js';

/** One thing that identifies a root. */
export type Pin =
  /** TUF ID of the root key as metadata lists it, or canonical ID of the raw key. */
  | {
      readonly kind: 'key-id';
      readonly keyId: KeyId;
      /** The key whose vault names this root key, where that is where the pin is from. */
      readonly recordedAt?: string;
    }
  /** SHA-256 of the root certificate's DER bytes in hex; colons and case do not matter. */
  | { readonly kind: 'certificate-sha256'; readonly fingerprint: string }
  /** PEM of CAs; the root certificate must chain to one of them, or be in the file itself. */
  | { readonly kind: 'ca'; readonly pem: string };

/** A pin made ready for matching. */
export interface PreparedPin {
  readonly pin: Pin;
  /** For messages: `key ID 4c6c…`. */
  readonly description: string;
  /** Tells whether a root key (x509) is the pinned one. `now` judges CA certificates. */
  matches(key: PublicKey, now: Date): boolean;
}

/** Reads a pin. @throws {TrustError} INPUT_INVALID when it cannot match anything. */
export function preparePin(pin: Pin): PreparedPin {
  switch (pin.kind) {
    case 'key-id': {
      const id = requireHex(pin.keyId.toLowerCase(), 'key ID');
      return {
        pin,
        description: pin.recordedAt
          ? `key ID ${id} (recorded at the ${pin.recordedAt})`
          : `key ID ${id}`,
        matches: (key) => keyIdOf(key) === id || canonicalKeyIdOf(key) === id,
      };
    }
    case 'certificate-sha256': {
      const hex = requireHex(pin.fingerprint.replaceAll(':', '').toLowerCase(), 'fingerprint');
      return {
        pin,
        description: `certificate SHA-256 ${hex}`,
        matches: (key) => certificatesOf(key)[0].fingerprint === hex,
      };
    }
    case 'ca': {
      const roots = readCas(pin.pem);
      return {
        pin,
        description: `a certificate under ${roots.map(({ commonName }) => JSON.stringify(commonName)).join(' or ')}`,
        matches: (key, now) => chainsTo(roots, certificatesOf(key), now),
      };
    }
  }
}

function requireHex(text: string, what: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw badPin(`the ${what} is not 64 hex digits`);
  return text;
}

function readCas(pem: string): readonly CertificateFacts[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw badPin('the CA file holds no PEM certificate');
  if (blocks.length > limits.pinnedAuthorities) {
    throw badPin(`the CA file holds more than ${limits.pinnedAuthorities} certificates`);
  }
  return blocks.map((block) => {
    try {
      return certificateFactsOf(new X509Certificate(block).raw);
    } catch (cause) {
      throw badPin('a certificate of the CA file cannot be read', cause);
    }
  });
}

function badPin(problem: string, cause?: unknown): TrustError {
  return new TrustError('INPUT_INVALID', `The trust pin cannot be used: ${problem}`, {
    remedy:
      'Give a key ID or certificate fingerprint of 64 hex digits, a CA in PEM, or a public key.',
    cause,
  });
}
