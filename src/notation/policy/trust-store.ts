/**
 * Trust stores (trust store and trust policy specification, "Trust Store"): named sets of
 * certificates, as notation keeps them in the folders x509/<type>/<name>.
 */
import { TrustError } from '../../errors.js';
import { readCertificates } from '../../signing/index.js';
import { isSelfSigned, readCertificate, type Certificate } from '../certificates/index.js';
import { RuleError } from '../rule-error.js';
import type { TrustStoreName, TrustStoreType, VerifyingStatement } from './trust-policy.js';

/** Certificates by {@link storeKey}. */
export type TrustStore = ReadonlyMap<string, readonly Certificate[]>;

/** A file of a store, read. */
export interface TrustStoreFile extends TrustStoreName {
  /** Path of the file, for messages. */
  readonly file: string;
  /** PEM, with one certificate or several, or DER. */
  readonly bytes: Uint8Array;
}

/** What a statement trusts: certificates of signers by the kind of their store, and of time stamps. */
export interface TrustAnchors {
  readonly ca: readonly Certificate[];
  readonly signingAuthority: readonly Certificate[];
  /** Undefined where the statement names no store for time stamps: then they do not count. */
  readonly tsa: readonly Certificate[] | undefined;
}

/** The name of a store in a policy. */
export function storeKey({ type, name }: TrustStoreName): string {
  return `${type}:${name}`;
}

/** Reads all files of all stores. @throws {TrustError} TRUST_POLICY_INVALID */
export function readTrustStore(files: readonly TrustStoreFile[]): TrustStore {
  const store = new Map<string, readonly Certificate[]>();
  for (const { type, name, file, bytes } of files) {
    const key = storeKey({ type, name });
    store.set(key, [...(store.get(key) ?? []), ...readAnchors(type, file, bytes)]);
  }
  return store;
}

/** The certificates of one file, each of which may be trusted. @throws {TrustError} TRUST_POLICY_INVALID */
export function readAnchors(
  type: TrustStoreType,
  file: string,
  bytes: Uint8Array,
): readonly Certificate[] {
  const found = readCertificates(bytes);
  if (found.length === 0) throw refused(file, 'it holds no certificate in PEM or DER');
  try {
    return found.map((der, index) => {
      const certificate = readCertificate(der, `certificate ${index + 1}`);
      const flaw = anchorFlaw(type, certificate);
      if (flaw === undefined) return certificate;
      throw new RuleError(`${JSON.stringify(certificate.subjectText)} ${flaw}`);
    });
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw refused(file, cause.message, cause);
  }
}

function anchorFlaw(type: TrustStoreType, certificate: Certificate): string | undefined {
  const isRoot = isSelfSigned(certificate);
  const isCa = certificate.basicConstraints?.value.isCa === true;
  if (type === 'tsa') return isRoot && isCa ? undefined : 'is not a self-signed root';
  return isRoot || isCa ? undefined : 'is neither a CA nor self-signed: trust its issuer instead';
}

/** What `statement` trusts. @throws {TrustError} TRUST_POLICY_INVALID for a store that is not there. */
export function anchorsOf(statement: VerifyingStatement, store: TrustStore): TrustAnchors {
  const ofType = (type: TrustStoreType): readonly Certificate[] =>
    statement.trustStores
      .filter((name) => name.type === type)
      .flatMap((name) => {
        const certificates = store.get(storeKey(name)) ?? [];
        if (certificates.length > 0) return certificates;
        throw refused(
          storeKey(name),
          `no certificate of it was given, but the trust policy ${JSON.stringify(statement.name)} names it`,
        );
      });
  const hasTsa = statement.trustStores.some(({ type }) => type === 'tsa');
  return {
    ca: ofType('ca'),
    signingAuthority: ofType('signingAuthority'),
    tsa: hasTsa ? ofType('tsa') : undefined,
  };
}

function refused(what: string, rule: string, cause?: unknown): TrustError {
  return new TrustError('TRUST_POLICY_INVALID', `The trust store ${what} is invalid: ${rule}`, {
    remedy:
      'Give certificates in PEM or DER: of the signers in <trust store>/x509/ca/<name> or in `trusted-certificate`, of time stamps in x509/tsa/<name> or in `timestamp-root`.',
    cause,
  });
}
