/**
 * Changes to `targets` and delegations: a body that was verified plus a change gives the body to
 * sign next. Pure. Fields we do not know are left behind when the body is written
 * (metadata/serialize.ts), because the server would not keep them either.
 */
import type { Target, TargetsSigned } from '../metadata/types.js';
import { targetsExpiry } from './expiry.js';

/**
 * The next version of `current` (the first one when undefined) with `targets` added; a target of
 * the same name is replaced. Everything else stays. `published` is the version that stands on the
 * server where that is not `current`: the next one must be higher.
 */
export function withTargets(
  current: TargetsSigned | undefined,
  targets: ReadonlyMap<string, Target>,
  now: Date,
  published = 0,
): TargetsSigned {
  return {
    _type: 'Targets',
    delegations: current?.delegations ?? { keys: {}, roles: [] },
    expires: targetsExpiry(now),
    // Without a prototype, because a tag may be called `__proto__`.
    targets: Object.assign(
      Object.create(null) as Record<string, Target>,
      current?.targets,
      Object.fromEntries(targets),
    ),
    version: Math.max(current?.version ?? 0, published) + 1,
  };
}

/** The next version of `current` without the targets called `names`; as {@link withTargets}. */
export function withoutTargets(
  current: TargetsSigned,
  names: ReadonlySet<string>,
  now: Date,
): TargetsSigned {
  return {
    ...withTargets(current, new Map(), now),
    targets: Object.fromEntries(
      Object.entries(current.targets).filter(([name]) => !names.has(name)),
    ),
  };
}

/**
 * The target Docker writes for a tag: the manifest's digest (`sha256:` and lower-case hex) and its
 * size in bytes. @throws {RangeError} when either is not what it should be.
 */
export function tagTarget(digest: string, length: number): Target {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new RangeError('a digest is sha256: and 64 lower-case hex digits');
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new RangeError('a length is a positive whole number');
  }
  return { hashes: { sha256: Buffer.from(hex, 'hex').toString('base64') }, length };
}
