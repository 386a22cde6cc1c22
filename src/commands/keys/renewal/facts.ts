/** What a report says of everything that ends in a repository. Facts only. */
import type { Attempted } from '../../repositories/index.js';
import type { Gun, KeyId, RoleExpiry } from '../../../trust/index.js';
import { daysUntil, nameOf, renewableBy } from './describe.js';

/** One thing that ends. */
export interface RenewalFacts {
  readonly role: string;
  readonly part: RoleExpiry['part'];
  /** ISO 8601; absent while nothing was published, or nothing validly signed. */
  readonly expires?: string;
  /** Whole days that are left; negative when it is over. */
  readonly days?: number;
  readonly state: RoleExpiry['state'];
  readonly threshold: number;
  /** Canonical IDs of the keys that can put the end off. */
  readonly keyIds: readonly KeyId[];
  /** Those of them that are at hand. */
  readonly heldKeyIds: readonly KeyId[];
  /** `keys`: with the keys at hand; `others`: with keys that are not. */
  readonly renewableBy: RoleExpiry['remedy']['kind'];
}

export function factsOf(renewal: RoleExpiry, now: Date): RenewalFacts {
  const { role, part, expires, state, threshold, keyIds, available, remedy } = renewal;
  return {
    role,
    part,
    ...(expires && { expires: expires.toISOString(), days: daysUntil(expires, now) }),
    state,
    threshold,
    keyIds,
    heldKeyIds: available.map(({ keyId }) => keyId),
    renewableBy: remedy.kind,
  };
}

/** The cells of one row, after the repository's name. */
export function cellsOf(renewal: RoleExpiry, now: Date): readonly string[] {
  const { expires, state } = renewal;
  return [
    nameOf(renewal),
    expires?.toISOString().slice(0, 10) ?? '-',
    expires ? String(daysUntil(expires, now)) : '-',
    state === 'expired' ? 'EXPIRED' : state,
    renewableBy(renewal),
  ];
}

/** What a report says of a repository that could not be looked at, or not be dealt with. */
export function failuresOf(
  attempted: readonly Attempted<unknown>[],
): readonly { readonly gun: Gun; readonly code: string; readonly message: string }[] {
  return attempted.flatMap(({ gun, error }) =>
    error ? [{ gun, code: error.code, message: error.message }] : [],
  );
}
