/**
 * The four strict parsers: bytes to typed, structurally valid documents (tuf/data/root.go,
 * targets.go, snapshot.go, timestamp.go). They verify no signature and trust nothing.
 */
import { limits } from '../../limits.js';
import { parseEnvelope, readCommon } from './envelope.js';
import { MetadataError } from './error.js';
import {
  asBase64,
  asInteger,
  asList,
  asRecord,
  asString,
  asStruct,
  atMost,
  getOwnProperty,
  type JsonObject,
} from './guards.js';
import { hashesFlaw } from './hashes.js';
import type { JsonValue } from './json-text.js';
import { readPublicKey } from './keys.js';
import { baseRoles, isChildOf } from './roles.js';
import type {
  DelegationRole,
  Delegations,
  Envelope,
  FileMeta,
  PublicKey,
  RoleKeys,
  RoleName,
  RootSigned,
  SnapshotSigned,
  Target,
  TargetsSigned,
  TimestampSigned,
} from './types.js';
import { usualTarget } from './usual-target.js';

const common = ['_type', 'version', 'expires'];

/** Parses a root: all four roles present, thresholds >= 1, their keys listed. @throws {MetadataError} */
export function parseRoot(bytes: Uint8Array): Envelope<RootSigned> {
  return parseEnvelope(bytes, (object) => {
    const signed = asStruct(object, 'signed', [...common, 'consistent_snapshot', 'keys', 'roles']);
    const { version, expires } = readCommon(signed, 'Root');
    const keys = asRecord(signed.keys, 'signed.keys', readPublicKey);
    const roles = asRecord(signed.roles, 'signed.roles', readRoleKeys);
    for (const name of baseRoles) {
      const role = getOwnProperty(roles, name);
      if (role === undefined) throw new MetadataError(`signed.roles lacks ${name}`);
      checkRoleKeys(name, role, keys);
      atMost(limits.keysPerBaseRole, role.keyids, `signed.roles["${name}"].keyids`);
    }
    const consistent = signed.consistent_snapshot ?? false;
    if (typeof consistent !== 'boolean') {
      throw new MetadataError('signed.consistent_snapshot is neither true nor false');
    }
    return { _type: 'Root', version, expires, consistent_snapshot: consistent, keys, roles };
  });
}

/**
 * Parses `targets` or the delegation `role`: the roles it lists must be its direct children, with
 * thresholds >= 1 and their keys listed. @throws {MetadataError}
 */
export function parseTargets(
  bytes: Uint8Array,
  role: RoleName = 'targets',
): Envelope<TargetsSigned> {
  return parseEnvelope(bytes, (object) => {
    const signed = asStruct(object, 'signed', [...common, 'delegations', 'targets']);
    return {
      _type: 'Targets',
      ...readCommon(signed, 'Targets'),
      delegations: readDelegations(signed.delegations, role),
      targets: asRecord(signed.targets, 'signed.targets', readTarget, usualTarget),
    };
  });
}

/** Parses a snapshot, which must bind root and targets by SHA-256. @throws {MetadataError} */
export function parseSnapshot(bytes: Uint8Array): Envelope<SnapshotSigned> {
  return parseEnvelope(bytes, (signed) => ({
    _type: 'Snapshot',
    ...readCommon(asStruct(signed, 'signed', [...common, 'meta']), 'Snapshot'),
    meta: readMeta(signed, ['root', 'targets']),
  }));
}

/** Parses a timestamp, which must bind the snapshot by SHA-256. @throws {MetadataError} */
export function parseTimestamp(bytes: Uint8Array): Envelope<TimestampSigned> {
  return parseEnvelope(bytes, (signed) => ({
    _type: 'Timestamp',
    ...readCommon(asStruct(signed, 'signed', [...common, 'meta']), 'Timestamp'),
    meta: readMeta(signed, ['snapshot']),
  }));
}

function readDelegations(value: JsonValue | undefined, parent: RoleName): Delegations {
  if (value === undefined || value === null) return { keys: {}, roles: [] };
  const delegations = asStruct(value, 'signed.delegations', ['keys', 'roles']);
  const keys = asRecord(delegations.keys, 'signed.delegations.keys', readPublicKey);
  const roles = asList(delegations.roles, 'signed.delegations.roles', readDelegation);
  for (const role of roles) {
    if (!isChildOf(role.name, parent)) {
      throw new MetadataError(
        `it delegates to ${JSON.stringify(role.name)}, which is not a child of ${parent}`,
      );
    }
    checkRoleKeys(role.name, role, keys);
  }
  return { keys, roles };
}

function readDelegation(value: JsonValue, what: string): DelegationRole {
  const role = asStruct(value, what, ['name', 'keyids', 'threshold', 'paths']);
  return {
    name: asString(role.name, `${what}.name`),
    ...readRoleKeys(role, what),
    paths: atMost(
      limits.pathsPerRole,
      asList(role.paths, `${what}.paths`, asString),
      `${what}.paths`,
    ),
  };
}

function readRoleKeys(value: JsonValue, what: string): RoleKeys {
  const role = asStruct(value, what, ['keyids', 'threshold']);
  // A key counts once, however often it is listed (tuf/signed/verify.go).
  const keyids = [...new Set(asList(role.keyids, `${what}.keyids`, asString))];
  return {
    keyids: atMost(limits.keysPerRole, keyids, `${what}.keyids`),
    threshold: asInteger(role.threshold, `${what}.threshold`),
  };
}

/** tuf/data/root.go isValidRootRoleStructure. */
function checkRoleKeys(
  name: RoleName,
  role: RoleKeys,
  keys: Readonly<Record<string, PublicKey>>,
): void {
  if (role.threshold < 1) throw new MetadataError(`the threshold of ${name} is ${role.threshold}`);
  const missing = role.keyids.find((id) => getOwnProperty(keys, id) === undefined);
  if (missing !== undefined) {
    throw new MetadataError(`the key ${JSON.stringify(missing)} of ${name} is not among its keys`);
  }
}

function readMeta(signed: JsonObject, required: readonly RoleName[]): Record<RoleName, FileMeta> {
  const meta = asRecord(signed.meta, 'signed.meta', readFileMeta);
  for (const role of required) {
    const entry = getOwnProperty(meta, role);
    if (entry === undefined) throw new MetadataError(`signed.meta lacks ${role}`);
    const flaw = hashesFlaw(entry.hashes);
    if (flaw !== undefined) throw new MetadataError(`signed.meta lists ${role} ${flaw}`);
  }
  return meta;
}

function readTarget(value: JsonValue, what: string): Target {
  const target = asStruct(value, what, ['hashes', 'length', 'custom']);
  const custom = target.custom ?? undefined;
  return { ...readFileMeta(value, what), ...(custom === undefined ? {} : { custom }) };
}

function readFileMeta(value: JsonValue, what: string): FileMeta {
  const meta = asStruct(value, what, ['hashes', 'length']);
  const length = asInteger(meta.length, `${what}.length`);
  if (length < 0) throw new MetadataError(`${what}.length is negative`);
  return { hashes: asRecord(meta.hashes, `${what}.hashes`, asBase64), length };
}
