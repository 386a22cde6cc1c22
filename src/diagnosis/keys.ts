/**
 * Checks of a key: can it be used, what is it, and does it sign? What it signs is random, and neither
 * metadata nor a certificate, so that the signature is good for nothing else.
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import type { OpenedKey } from '../azure/index.js';
import { isTrustError } from '../errors.js';
import { proveChainSigner, type ChainSigner } from '../notation/index.js';
import {
  freshChallenge,
  formatKeyReference,
  proveSigner,
  type KeyReference,
} from '../signing/index.js';
import { dayOf, expiresWithin, type PublicKey } from '../trust/index.js';
import type { Clock } from '../ports.js';
import { needing, NotSeen, pass, warn, type Check, type Observation } from './check.js';

/** What is to be looked at. */
export interface KeyToCheck {
  /** What the key is called in the table: `signing key` or `root key`. */
  readonly check: string;
  readonly reference: KeyReference;
  /** The key for Docker Content Trust; undefined where it signs nothing there. */
  readonly opened: Promise<OpenedKey> | undefined;
  /** The certificate with its chain; undefined for a key without a certificate. */
  readonly chain: Promise<ChainSigner> | undefined;
  /** Whether Notary Project signatures are to be made with it. */
  readonly isNotaryProject: boolean;
  readonly withinDays: number;
  readonly clock: Clock;
}

/** What a key is checked for. */
export function keyChecks(checked: KeyToCheck): readonly Check[] {
  const { check, reference, opened, chain, isNotaryProject } = checked;
  const common = { area: 'keys', subject: formatKeyReference(reference) } as const;
  return [
    ...(opened
      ? [
          { ...common, check, look: async () => lookAtKey(await opened, checked) },
          {
            ...common,
            check: `${check}: signature`,
            look: async () => {
              const { signer } = await needing(`opening the ${check}`, opened);
              await proveSigner(signer, freshChallenge());
              return pass('it signed a random challenge, and the signature verifies');
            },
          },
        ]
      : []),
    ...(chain
      ? [
          {
            ...common,
            check: `${check}: certificate`,
            // Docker Content Trust does not look at certificates of signing keys.
            onError: isNotaryProject ? 'fail' : 'warn',
            look: async () => lookAtCertificate(await seenChain(chain, checked), checked),
          } as const,
        ]
      : []),
  ];
}

function lookAtKey({ signer, expires, url }: OpenedKey, checked: KeyToCheck): Observation {
  const type = typeOf(signer.publicKey);
  const said = `${signer.description}, ${type}, key ID ${signer.keyId}`;
  const facts = { keyId: signer.keyId, type, url, expires: expires?.toISOString() };
  const seen = expires ? `${said}, expires on ${dayOf(expires)}` : said;
  return isNear(expires, checked)
    ? warn(
        seen,
        'Move its expiry, or make another version and rotate to it ("keys rotate") before this one expires.',
        { facts },
      )
    : pass(seen, { facts });
}

/** Docker Content Trust needs no chain, and so no right to read one. */
async function seenChain(
  chain: Promise<ChainSigner>,
  { isNotaryProject }: KeyToCheck,
): Promise<ChainSigner> {
  try {
    return await chain;
  } catch (error) {
    if (isNotaryProject || !isTrustError(error, 'VAULT_FORBIDDEN')) throw error;
    throw new NotSeen(`not needed for Docker Content Trust, and not seen: ${error.message}`);
  }
}

async function lookAtCertificate(signer: ChainSigner, checked: KeyToCheck): Promise<Observation> {
  const { chain, algorithm } = signer.chain;
  await proveChainSigner(signer, freshChallenge());
  const [leaf] = chain;
  const expires = leaf.notAfter;
  const facts = {
    subject: leaf.subjectText,
    algorithm: algorithm.name,
    certificates: chain.length,
    sha256: new X509Certificate(leaf.der).fingerprint256,
    expires: expires.toISOString(),
  };
  const seen = `fit for Notary Project: ${JSON.stringify(facts.subject)}, ${facts.algorithm}, chain of ${facts.certificates}, until ${dayOf(expires)}; it signed a random challenge`;
  return isNear(expires, checked)
    ? warn(seen, 'Renew the certificate in its vault.', { facts })
    : pass(seen, { facts });
}

function typeOf({ keytype, keyval }: PublicKey): string {
  try {
    const key = createPublicKey({
      key: Buffer.from(keyval.public, 'base64'),
      format: 'der',
      type: 'spki',
    });
    const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
    if (namedCurve === 'prime256v1') return 'EC P-256';
    return modulusLength === undefined ? keytype : `RSA ${modulusLength}`;
  } catch {
    // Ed25519 is listed by its bare bytes.
    return keytype;
  }
}

function isNear(expires: Date | undefined, { withinDays, clock }: KeyToCheck): boolean {
  return expires !== undefined && expiresWithin(expires, clock(), withinDays);
}
