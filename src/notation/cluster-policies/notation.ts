/** The configuration folder of notation; Ratify takes the same policy document. */
import { makeTrustPolicy, type MadePolicy } from '../policy/index.js';
import type { PolicyFormat, TrustedInCluster } from './types.js';

export const notationFormat: PolicyFormat = {
  lacks: lacksPatterns,
  write: (trusted) =>
    new Map([...makePolicy(trusted).files].map(([file, text]) => [`notation/${file}`, text])),
};

/** @throws {TrustError} TRUST_POLICY_INVALID for an identity that cannot be one. */
export function makePolicy({ images, ...trusted }: TrustedInCluster): MadePolicy {
  return makeTrustPolicy({
    ...trusted,
    scopes: images,
    level: 'strict',
    // A signature without time stamp is as good as its certificates, and no longer.
    verifyTimestamp: 'afterCertExpiry',
  });
}

/** A scope is a repository, or all there are (trust policy specification, "registryScopes"). */
export function lacksPatterns({ images }: TrustedInCluster): string | undefined {
  const pattern = images.find((image) => image.includes('*'));
  return pattern === undefined
    ? undefined
    : `a trust policy names each repository, and ${pattern} is a pattern`;
}
