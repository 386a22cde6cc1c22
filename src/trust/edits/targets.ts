/**
 * Changes to `targets` and delegations: a body that was verified plus a change gives the body to
 * sign next. Pure. Every body leaves here in exactly the shape Go prints: known fields only, so that
 * the server's hash of its own copy is the hash of ours (notary tuf/tuf.go, UpdateSnapshot).
 */
import type {
  Delegations,
  DelegationRole,
  FileMeta,
  PublicKey,
  Target,
  TargetsSigned,
} from '../metadata/types.js';
import { targetsExpiry } from './expiry.js';

/** A sorted copy of a record, each value passed through `copy`; safe for keys such as `__proto__`. */
function copyRecord<T>(
  record: Readonly<Record<string, T>>,
  copy: (value: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]): [string, T] => [name, copy(value)]),
  );
}

function copyKey(key: PublicKey): PublicKey {
  return { keytype: key.keytype, keyval: { private: null, public: key.keyval.public } };
}

function copyTarget(target: Target): Target {
  return {
    ...copyFileMeta(target),
    ...(target.custom !== undefined && target.custom !== null && { custom: target.custom }),
  };
}

function copyFileMeta({ hashes, length }: FileMeta): FileMeta {
  return { hashes: copyRecord(hashes, (value) => value), length };
}

function copyRole({ keyids, name, paths, threshold }: DelegationRole): DelegationRole {
  return { keyids: [...keyids], name, paths: [...paths], threshold };
}

function copyDelegations({ keys, roles }: Delegations): Delegations {
  return { keys: copyRecord(keys, copyKey), roles: roles.map(copyRole) };
}

/** An empty body at version 0: what a role holds before it is signed for the first time. */
const nothing: Omit<TargetsSigned, 'expires'> = {
  _type: 'Targets',
  delegations: { keys: {}, roles: [] },
  targets: {},
  version: 0,
};

/**
 * The next version of `current` (the first one when undefined) with `targets` added; a target of
 * the same name is replaced. Everything else stays.
 */
export function withTargets(
  current: TargetsSigned | undefined,
  targets: ReadonlyMap<string, Target>,
  now: Date,
): TargetsSigned {
  const { delegations, targets: present, version } = current ?? nothing;
  return {
    _type: 'Targets',
    delegations: copyDelegations(delegations),
    expires: targetsExpiry(now),
    targets: Object.fromEntries([
      ...Object.entries(present).map(([name, target]) => [name, copyTarget(target)] as const),
      ...[...targets].map(([name, target]) => [name, copyTarget(target)] as const),
    ]),
    version: version + 1,
  };
}

/** The target Docker writes for a tag: the manifest's digest in base64, and its size. */
export function tagTarget(sha256Hex: string, length: number): Target {
  if (!/^[0-9a-f]{64}$/.test(sha256Hex)) throw new RangeError('a digest has 64 lower-case hex digits');
  if (!Number.isSafeInteger(length) || length < 0) throw new RangeError('a length is a whole number');
  return { hashes: { sha256: Buffer.from(sha256Hex, 'hex').toString('base64') }, length };
}
