/**
 * What a chain of certificates must be (Notary Project, signature specification, "Certificate
 * Requirements"): one set of rules for signing and for verifying. Names, policies and name
 * constraints are not looked at: the specification leaves them out.
 */
import { KeyUsageFlags } from '@peculiar/asn1-x509';
import { algorithmOfKey, signingKeys } from '../algorithms.js';
import { RuleError } from '../rule-error.js';
import { isIssuedBy, isSelfSigned, type Certificate } from './certificate.js';

/** A chain, leaf first, root last. */
export type CertificateChain = readonly [Certificate, ...Certificate[]];

/** A rule that a certificate breaks. */
export interface Flaw {
  readonly rule: string;
  /** The line of a Key Vault certificate policy that causes it. */
  readonly policyLine?: string;
}

/** Usages that must not stand beside digitalSignature; contentCommitment may. */
const otherUsages = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const satisfies readonly (keyof typeof KeyUsageFlags)[];

/** Purposes that a certificate for signatures must not have. */
const otherPurposes: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'any',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  // The specification does not list it; notation rejects it, so nobody may sign with it.
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
};

/** All rules that the leaf of a signature breaks. */
export function leafFlaws(leaf: Certificate): readonly Flaw[] {
  const purposes = leaf.extendedKeyUsage?.value ?? [];
  const key = algorithmOfKey(leaf.x509.publicKey);
  return [
    ...endEntityFlaws(leaf),
    ...(leaf.keyUsage?.isCritical === false ? [{ rule: 'its key usage is not critical' }] : []),
    ...purposes
      .filter((id) => Object.hasOwn(otherPurposes, id))
      .map((id) => ({
        rule: `its extended key usage allows ${otherPurposes[id] ?? id}`,
        policyLine: `"ekus" has ${id} (${otherPurposes[id] ?? id})`,
      })),
    ...(key ? [] : [{ rule: `its key is not ${signingKeys}` }]),
  ];
}

/** What the leaf of a signature and that of a time stamp have in common. */
export function endEntityFlaws({ basicConstraints, keyUsage }: Certificate): readonly Flaw[] {
  const usage = keyUsage?.value ?? 0;
  const wrong = otherUsages.filter((name) => (usage & KeyUsageFlags[name]) !== 0);
  return [
    ...(basicConstraints?.value.isCa === true ? [{ rule: 'it is a CA certificate' }] : []),
    ...(keyUsage ? [] : [{ rule: 'it has no key usage' }]),
    ...(keyUsage && (usage & KeyUsageFlags.digitalSignature) === 0
      ? [{ rule: 'its key usage lacks digitalSignature' }]
      : []),
    ...wrong.map((name) => ({
      rule: `its key usage allows ${name}`,
      policyLine: `"keyUsage" has "${name}"`,
    })),
  ];
}

/** @throws {RuleError} for the first rule that the chain of a signature breaks. */
export function requireSigningChain(chain: CertificateChain): void {
  requireChain(chain, leafFlaws);
}

/** @throws {RuleError} for the first rule of any chain, or of `flawsOf` its leaf, that is broken. */
export function requireChain(
  chain: CertificateChain,
  flawsOf: (leaf: Certificate) => readonly Flaw[],
): void {
  const [leaf, ...issuers] = chain;
  for (const certificate of chain) {
    if (certificate.isStronglySigned) continue;
    throw broken(certificate, 'it is signed with an algorithm weaker than SHA-256, or unknown');
  }
  requireIssued(chain);
  issuers.forEach((certificate, below) => {
    const rule = authorityFlaw(certificate, below);
    if (rule !== undefined) throw broken(certificate, rule);
  });
  const [flaw] = flawsOf(leaf);
  if (flaw) throw broken(leaf, flaw.rule);
}

/** Each is issued by the next; the last, and no other, by itself. */
function requireIssued(chain: CertificateChain): void {
  chain.forEach((certificate, index) => {
    const issuer = chain[index + 1];
    if (!issuer) {
      if (isSelfSigned(certificate)) return;
      throw broken(certificate, 'it ends the chain, but is not self-signed: the root is missing');
    }
    if (isSelfSigned(certificate)) {
      throw broken(certificate, 'it is self-signed, but does not end the chain');
    }
    if (!isIssuedBy(certificate, issuer)) {
      throw broken(certificate, 'the next certificate of the chain did not issue it');
    }
  });
}

/** @param below how many CA certificates stand between it and the leaf. */
function authorityFlaw(
  { basicConstraints, keyUsage }: Certificate,
  below: number,
): string | undefined {
  if (basicConstraints?.value.isCa !== true) return 'it issued another, but is not a CA';
  if (!basicConstraints.isCritical) return 'its basic constraints are not critical';
  const { pathLength } = basicConstraints.value;
  if (pathLength !== undefined && pathLength < below) return 'its path length is exceeded';
  if (!keyUsage) return 'it has no key usage';
  if (!keyUsage.isCritical) return 'its key usage is not critical';
  if ((keyUsage.value & KeyUsageFlags.keyCertSign) === 0) return 'its key usage lacks keyCertSign';
  return undefined;
}

function broken({ subjectText }: Certificate, rule: string): RuleError {
  return new RuleError(`the certificate ${JSON.stringify(subjectText)}: ${rule}`);
}
