/**
 * Changes to `targets` and delegations: a body that was verified plus a change gives the body to
 * sign next. Pure. Fields we do not know are left behind when the body is written
 * (metadata/serialize.ts), because the server would not keep them either.
 */
import type { Target, TargetsSigned } from '../metadata/types.js';
import { targetsExpiry } from './expiry.js';

/**
 * The next version of `current` (the first one when undefined) with `targets` added; a target of
 * the same name is replaced. Everything else stays.
 */
export function withTargets(
  current: TargetsSigned | undefined,
  targets: ReadonlyMap<string, Target>,
  now: Date,
): TargetsSigned {
  return {
    _type: 'Targets',
    delegations: current?.delegations ?? { keys: {}, roles: [] },
    expires: targetsExpiry(now),
    // fromEntries, because a tag may be called `__proto__`.
    targets: Object.fromEntries([...Object.entries(current?.targets ?? {}), ...targets]),
    version: (current?.version ?? 0) + 1,
  };
}

/**
 * The target Docker writes for a tag: the manifest's digest and its size in bytes.
 * @throws {RangeError} when either is not what it should be.
 */
export function tagTarget(sha256Hex: string, length: number): Target {
  if (!/^[0-9a-f]{64}$/.test(sha256Hex)) {
    throw new RangeError('a digest has 64 lower-case hex digits');
  }
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new RangeError('a length is a positive whole number');
  }
  return { hashes: { sha256: Buffer.from(sha256Hex, 'hex').toString('base64') }, length };
}
