/**
 * Decides whether a root is trusted (theupdateframework/notary v0.7.0, trustpinning/certs.go
 * ValidateRoot). Pure: documents in, verdict out.
 */
import { messageOf } from '../../errors.js';
import {
  own,
  rootCertificateFlaw,
  type Envelope,
  type Gun,
  type KeyId,
  type RootSigned,
} from '../metadata/index.js';
import { expiredCertificate, invalidData, pinMismatch, unchainedRoot } from './failures.js';
import { describeKeys, keyNameOf, type KeyName } from './key-names.js';
import type { PreparedPin } from './pins.js';
import { countSignatures, type SignatureCount, type SigningRole } from './signatures.js';
import type { PinnedBy } from './view.js';

/** What a root is judged by. */
export interface RootRules {
  readonly gun: Gun;
  readonly now: Date;
  readonly allowWildcard: boolean;
  /** The root trusted so far, which must have signed this one too. */
  readonly previous: Envelope<RootSigned> | undefined;
  /** Pins that this root must satisfy; undefined once an earlier root of the chain has. */
  readonly pins: readonly PreparedPin[] | undefined;
  /** Whether root certificates may be past their date: in the middle of a chain, for diagnosis. */
  readonly ignoreValidity: boolean;
}

/** Judges a root. @returns why it is trusted, if `pins` were asked. @throws {TrustError} */
export function validateRoot(root: Envelope<RootSigned>, rules: RootRules): PinnedBy | undefined {
  const { gun, previous } = rules;
  const usable = usableRootKeys(root, rules);

  // TUF 1.0, 5.3.4: a threshold of the previous root's keys must have signed (certs.go, step 3).
  // The expiry of the previous certificates does not matter there, their common name does.
  if (previous !== undefined && !isSignedBy(root, previous, rules)) {
    throw unchainedRoot(gun, 'it is not signed by the threshold of the root trusted before');
  }

  const pinned = rules.pins === undefined ? undefined : applyPins(root, usable, rules, rules.pins);

  // TUF 1.0, 5.3.4: and a threshold of its own keys (certs.go, step 5: those left after pinning).
  const count = countRoot(root, root, pinned?.keyIds ?? usable, gun);
  if (!count.isEnough) throw invalidData(gun, 'root', count.rule);
  return pinned?.pinnedBy;
}

/** Tells whether the threshold of `previous` signed `root`. */
export function isSignedBy(
  root: Envelope<RootSigned>,
  previous: Envelope<RootSigned>,
  rules: Pick<RootRules, 'gun' | 'allowWildcard'>,
): boolean {
  return countRoot(root, previous, timelessRootKeyIds(previous, rules), rules.gun).isEnough;
}

/** The TUF IDs of the root keys whose certificate fits the GUN, whatever its dates. */
export function timelessRootKeyIds(
  root: Envelope<RootSigned>,
  { gun, allowWildcard }: Pick<RootRules, 'gun' | 'allowWildcard'>,
): readonly KeyId[] {
  return certificateFlaws(root, { gun, allowWildcard })
    .filter(({ flaw }) => flaw === undefined)
    .map(({ id }) => id);
}

/** The TUF IDs of the keys of the root role. */
export function rootKeyIds(root: Envelope<RootSigned>): readonly KeyId[] {
  return own(root.signed.roles, 'root')?.keyids ?? [];
}

/** Why a root certificate is past its date, if all of them are; for diagnosis. */
export function certificateExpiry(
  root: Envelope<RootSigned>,
  rules: Pick<RootRules, 'gun' | 'allowWildcard' | 'now'>,
): string | undefined {
  const flaws = certificateFlaws(root, rules);
  return flaws.some(({ flaw }) => flaw === undefined) ? undefined : flaws[0]?.flaw;
}

/** certs.go, step 2: the root keys whose leaf certificate fits; at least one is needed. */
function usableRootKeys(root: Envelope<RootSigned>, rules: RootRules): readonly KeyId[] {
  const { gun, allowWildcard, now } = rules;
  const timeless = certificateFlaws(root, { gun, allowWildcard });
  const flaws = rules.ignoreValidity
    ? timeless
    : certificateFlaws(root, { gun, allowWildcard, now });
  const usable = flaws.filter(({ flaw }) => flaw === undefined).map(({ id }) => id);
  if (usable.length > 0) return usable;
  const reasons = flaws
    .map(({ id, flaw }) => `${describeKeys([rootKeyName(root, id)])}: ${flaw ?? ''}`)
    .join('; ');
  if (timeless.some(({ flaw }) => flaw === undefined)) throw expiredCertificate(gun, reasons);
  throw invalidData(gun, 'root', `it has no valid leaf certificate for this GUN: ${reasons}`);
}

function certificateFlaws(
  root: Envelope<RootSigned>,
  rules: { readonly gun: Gun; readonly allowWildcard: boolean; readonly now?: Date },
): readonly { readonly id: KeyId; readonly flaw: string | undefined }[] {
  return rootKeyIds(root).map((id) => {
    const key = own(root.signed.keys, id);
    return { id, flaw: key === undefined ? 'it is not listed' : rootCertificateFlaw(key, rules) };
  });
}

/** certs.go, step 4: keys no pin vouches for are dropped; without pins the first root is taken. */
function applyPins(
  root: Envelope<RootSigned>,
  usable: readonly KeyId[],
  rules: RootRules,
  pins: readonly PreparedPin[],
): { readonly keyIds: readonly KeyId[]; readonly pinnedBy: PinnedBy } {
  const rootKeys = usable.map((id) => rootKeyName(root, id));
  if (pins.length === 0) return { keyIds: usable, pinnedBy: { kind: 'first-use', rootKeys } };
  const matched = matchPins(root, usable, pins, rules.now);
  const [first] = matched;
  if (first === undefined) {
    const expected = pins.map(({ description }) => description).join(' or ');
    throw pinMismatch(rules.gun, expected, describeKeys(rootKeys));
  }
  return {
    keyIds: matched.map(({ keyId }) => keyId),
    pinnedBy: { kind: 'pin', pin: first.pin, rootKey: rootKeyName(root, first.keyId) },
  };
}

/** Which of the root keys `candidates` a pin vouches for. */
export function matchPins(
  root: Envelope<RootSigned>,
  candidates: readonly KeyId[],
  pins: readonly PreparedPin[],
  now: Date,
): readonly { readonly keyId: KeyId; readonly pin: PreparedPin['pin'] }[] {
  return candidates.flatMap((keyId) => {
    const key = own(root.signed.keys, keyId);
    const prepared = key && pins.find((candidate) => candidate.matches(key, now));
    return prepared === undefined ? [] : [{ keyId, pin: prepared.pin }];
  });
}

function rootKeyName({ signed }: Envelope<RootSigned>, id: KeyId): KeyName {
  return keyNameOf(id, own(signed.keys, id));
}

function countRoot(
  root: Envelope<RootSigned>,
  judge: Envelope<RootSigned>,
  keyids: readonly KeyId[],
  gun: Gun,
): SignatureCount {
  const role: SigningRole = { keyids, threshold: own(judge.signed.roles, 'root')?.threshold ?? 0 };
  try {
    return countSignatures(root, role, judge.signed.keys);
  } catch (error) {
    throw invalidData(gun, 'root', messageOf(error), error);
  }
}
