/**
 * The certificate that is to sign, with the chain that has to come with it: checked before anything
 * is built, so that what is refused is refused by name and with what to do.
 */
import { TrustError } from '../../errors.js';
import { algorithmOfKey, type SignatureAlgorithm } from '../algorithms.js';
import { RuleError } from '../rule-error.js';
import {
  isIssuedBy,
  isSelfSigned,
  isValidAt,
  readCertificate,
  type Certificate,
} from './certificate.js';
import { leafFlaws, requireSigningChain, type CertificateChain, type Flaw } from './chain-rules.js';
import { comparable } from './name.js';

/** A chain that may sign, and the algorithm that its key fixes. */
export interface SigningChain {
  readonly chain: CertificateChain;
  readonly algorithm: SignatureAlgorithm;
}

/**
 * Puts the chain of `leaf` together from `others`, in whatever order they come and whatever else is
 * among them, and checks it as a verifier will.
 * @param source names the certificate in messages, such as its address in Key Vault.
 * @throws {TrustError} CERTIFICATE_UNSUITABLE
 */
export function prepareSigningChain(
  source: string,
  leaf: Uint8Array,
  others: readonly Uint8Array[],
  now: Date,
): SigningChain {
  try {
    const certificate = readCertificate(leaf);
    const flaws = leafFlaws(certificate);
    if (flaws.length > 0) throw unsuitable(source, flaws);
    const chain = completeChain(
      source,
      certificate,
      others.map((der, index) => readCertificate(der, `certificate ${index + 1} of the chain`)),
    );
    requireSigningChain(chain);
    requireSubject(source, certificate);
    requireValidity(source, chain, now);
    const algorithm = algorithmOfKey(certificate.x509.publicKey);
    if (algorithm) return { chain, algorithm };
    throw new Error('invariant violated: a key without an algorithm passed the rules');
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new TrustError(
      'CERTIFICATE_UNSUITABLE',
      `The certificate ${source} cannot sign: ${cause.message}`,
      { remedy: 'Use a certificate whose whole chain keeps the rules.', cause },
    );
  }
}

function completeChain(
  source: string,
  leaf: Certificate,
  others: readonly Certificate[],
): CertificateChain {
  const chain: [Certificate, ...Certificate[]] = [leaf];
  for (let top = leaf; !isSelfSigned(top);) {
    const below = top;
    const issuer = others.find((other) => !chain.includes(other) && isIssuedBy(below, other));
    if (!issuer) throw incomplete(source, below);
    chain.push(issuer);
    top = issuer;
  }
  return chain;
}

/** Verifiers trust a subject by name only with C, ST and O, each once. */
function requireSubject(source: string, leaf: Certificate): void {
  try {
    comparable(leaf.subject);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new TrustError(
      'CERTIFICATE_UNSUITABLE',
      `The subject of the certificate ${source} cannot be trusted by name (${leaf.subjectText}): ${cause.message}`,
      {
        remedy: withPolicy(
          'Make a certificate whose subject has C, ST and O, each once. Where a country has no states, write the city as ST.',
        ),
        cause,
      },
    );
  }
}

function requireValidity(source: string, chain: CertificateChain, now: Date): void {
  const invalid = chain.find((certificate) => !isValidAt(certificate, now));
  if (!invalid) return;
  const { notBefore, notAfter, subjectText } = invalid;
  const when =
    now < notBefore
      ? `is not valid before ${notBefore.toISOString()}`
      : `expired on ${notAfter.toISOString()}`;
  throw new TrustError(
    'CERTIFICATE_UNSUITABLE',
    `The certificate ${source} cannot sign now: ${JSON.stringify(subjectText)} ${when}`,
    {
      remedy: 'Renew the certificate, or check the clock of this machine.',
    },
  );
}

function unsuitable(source: string, flaws: readonly Flaw[]): TrustError {
  const lines = flaws.flatMap(({ policyLine }) => policyLine ?? []);
  const remedy =
    lines.length === 0
      ? 'Make a certificate for signing with a policy such as this one.'
      : `Make another certificate whose policy does not have:\n${lines.map((line) => `- ${line}`).join('\n')}\nThe portal's default policy has such lines; they cannot be changed in a certificate that exists.`;
  return new TrustError(
    'CERTIFICATE_UNSUITABLE',
    `The certificate ${source} cannot sign images: ${flaws.map(({ rule }) => rule).join('; ')}`,
    { remedy: withPolicy(remedy) },
  );
}

function incomplete(source: string, { subjectText }: Certificate): TrustError {
  return new TrustError(
    'CERTIFICATE_UNSUITABLE',
    `The chain of the certificate ${source} is incomplete: nothing given issued ${JSON.stringify(subjectText)}`,
    {
      remedy:
        'Give the intermediate certificates and the root in PEM, in any order, as `certificate-chain`.\nA certificate authority that issues certificates hands these files out as well.',
    },
  );
}

/** A policy for `az keyvault certificate create --policy`, which every verifier accepts. */
const certificatePolicy = {
  issuerParameters: { name: 'Self' },
  keyProperties: { exportable: false, keyType: 'EC', curve: 'P-256', reuseKey: true },
  secretProperties: { contentType: 'application/x-pem-file' },
  x509CertificateProperties: {
    ekus: ['1.3.6.1.5.5.7.3.3'],
    keyUsage: ['digitalSignature'],
    subject: 'CN=contoso.com,O=Contoso,L=Seattle,ST=WA,C=US',
    validityInMonths: 12,
  },
};

function withPolicy(remedy: string): string {
  return [
    remedy,
    'Save this as policy.json, with your own subject:',
    JSON.stringify(certificatePolicy),
    'Then run:',
    'az keyvault certificate create --vault-name <vault> --name <name> --policy @policy.json',
  ].join('\n');
}
