/** The first root of a repository, as Docker has it (notary client/client.go, initialize). Pure. */
import { keyIdOf } from '../metadata/index.js';
import type { PublicKey, RootSigned } from '../metadata/types.js';
import { rootExpiry } from './expiry.js';

/** The keys a root names, one for each role. */
interface RootKeys {
  /** A certificate (`ecdsa-x509` or `rsa-x509`) whose common name is the GUN. */
  readonly root: PublicKey;
  readonly targets: PublicKey;
  readonly snapshot: PublicKey;
  readonly timestamp: PublicKey;
}

/** Root version 1 with one key and threshold 1 for each role. */
export function firstRoot(keys: RootKeys, now: Date): RootSigned {
  const only = (key: PublicKey) => ({ keyids: [keyIdOf(key)], threshold: 1 });
  return {
    _type: 'Root',
    consistent_snapshot: false,
    expires: rootExpiry(now),
    keys: Object.fromEntries(
      [keys.root, keys.snapshot, keys.targets, keys.timestamp].map((key) => [keyIdOf(key), key]),
    ),
    roles: {
      root: only(keys.root),
      snapshot: only(keys.snapshot),
      targets: only(keys.targets),
      timestamp: only(keys.timestamp),
    },
    version: 1,
  };
}
