/**
 * A trust policy made from what a person knows: whose certificates, which names, for which
 * repositories. Written in notation's own formats, so that notation verifies by the same policy.
 */
import { TrustError } from '../../errors.js';
import { formatPem } from '../../signing/index.js';
import type { Certificate } from '../certificates/index.js';
import type { CheckAction, LevelName, TimestampRule } from './levels.js';
import { readTrustPolicy, type TrustPolicy } from './trust-policy.js';
import { storeKey, type TrustStore } from './trust-store.js';

/** What is trusted. */
export interface TrustedSigners {
  /** Roots or intermediates, or self-signed certificates of signers. */
  readonly certificates: readonly Certificate[];
  /** `*`, or names such as `C=US, ST=WA, O=contoso`, with or without `x509.subject:`. */
  readonly identities: readonly string[];
  /** `registry/repository` each, or `*`. */
  readonly scopes: readonly string[];
  readonly level: LevelName;
  /** Instead of what the level says of revocation. */
  readonly revocation?: CheckAction;
  /** Roots of time stamps; without any they do not count. */
  readonly timestampRoots: readonly Certificate[];
  readonly verifyTimestamp: TimestampRule;
}

/** A policy and its stores, as they are checked and as they are written. */
export interface MadePolicy {
  readonly policy: TrustPolicy;
  readonly store: TrustStore;
  /** Contents by path below notation's configuration folder. */
  readonly files: ReadonlyMap<string, string>;
}

const storeName = 'trusted';

/** @throws {TrustError} TRUST_POLICY_INVALID for an identity or a scope that cannot be one. */
export function makeTrustPolicy(trusted: TrustedSigners): MadePolicy {
  const { certificates, timestampRoots, level, verifyTimestamp, revocation } = trusted;
  if (certificates.length === 0) {
    throw new TrustError('TRUST_POLICY_INVALID', 'No trusted certificate was given', {
      remedy: 'Give the root certificate of the signers, or their self-signed certificate.',
    });
  }
  const stores = [
    [{ type: 'ca', name: storeName }, certificates],
    [{ type: 'tsa', name: storeName }, timestampRoots],
  ] as const;
  const used = stores.filter(([, members]) => members.length > 0);
  const text = documentOf({
    name: storeName,
    registryScopes: trusted.scopes,
    signatureVerification: {
      level,
      ...(revocation && { override: { revocation } }),
      ...(timestampRoots.length > 0 && { verifyTimestamp }),
    },
    trustStores: used.map(([name]) => storeKey(name)),
    trustedIdentities: trusted.identities.map(withPrefix),
  });
  return {
    policy: readMade(text),
    store: new Map(used.map(([name, members]) => [storeKey(name), members])),
    files: new Map([
      ['trustpolicy.json', text],
      ...used.map(
        ([{ type, name }, members]) =>
          [
            `truststore/x509/${type}/${name}/certificates.pem`,
            members.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
          ] as const,
      ),
    ]),
  };
}

/**
 * Judges names before the certificates are known that they are looked for in.
 * @throws {TrustError} TRUST_POLICY_INVALID for an identity that cannot be one.
 */
export function checkIdentities(identities: readonly string[]): void {
  const statement = {
    name: storeName,
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores: [storeKey({ type: 'ca', name: storeName })],
    trustedIdentities: identities.map(withPrefix),
  };
  readMade(documentOf(statement));
}

function documentOf(statement: object): string {
  return `${JSON.stringify({ version: '1.0', trustPolicies: [statement] }, null, 2)}\n`;
}

function readMade(text: string): TrustPolicy {
  return readTrustPolicy('made from the inputs', Buffer.from(text));
}

function withPrefix(identity: string): string {
  const text = identity.trim();
  return text === '*' || text.startsWith('x509.subject:') ? text : `x509.subject: ${text}`;
}
