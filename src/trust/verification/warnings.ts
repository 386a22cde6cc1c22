/** The warnings of a view: what is accepted but should be known. */
import type { Envelope, Gun, RoleName } from '../metadata/index.js';
import { expiryOf } from './expiries.js';
import type { SkippedRole, TrustWarning } from './view.js';

/** A delegation that was left out. */
export function skippedWarning(
  gun: Gun,
  role: RoleName,
  reason: SkippedRole['reason'],
  rule: string,
): TrustWarning {
  const message = `${role} of ${gun} is ignored, as Docker ignores it: ${rule}`;
  return { kind: `delegation-${reason}`, role, message };
}

/** A delegation that had a file in the earlier state and has none now. */
export function vanishedWarning(gun: Gun, role: RoleName): TrustWarning {
  const message = `${role} of ${gun} existed before; its parent lists it, the snapshot does not`;
  return { kind: 'delegation-vanished', role, message };
}

/** Expired documents, which only a diagnosis loads. */
export function expiredWarnings(
  gun: Gun,
  now: Date,
  files: readonly (readonly [RoleName, Envelope])[],
): readonly TrustWarning[] {
  return files.flatMap(([role, file]): TrustWarning[] => {
    const at = expiryOf(file.signed);
    if (at >= now) return [];
    return [{ kind: 'expired', role, message: `${role} of ${gun} expired at ${at.toISOString()}` }];
  });
}

/** A root without any certificate that is still valid, which only a diagnosis loads. */
export function certificateWarning(gun: Gun, flaw: string): TrustWarning {
  const message = `no root certificate of ${gun} is valid any more: ${flaw}`;
  return { kind: 'certificate-expired', role: 'root', message };
}
