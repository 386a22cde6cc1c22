/**
 * Decides whether a root is trusted (theupdateframework/notary v0.7.0, trustpinning/certs.go
 * ValidateRoot). Pure: documents in, verdict out.
 */
import { messageOf } from '../../errors.js';
import {
  getOwnProperty,
  rootCertificateFlaw,
  type Envelope,
  type Gun,
  type KeyId,
  type RootSigned,
} from '../metadata/index.js';
import type { SignatureBudget } from './budget.js';
import { expiredCertificate, invalidData, pinMismatch, unchainedRoot } from './errors.js';
import { describeKeys, keyNameOf, type KeyName } from './key-names.js';
import type { Pin, PreparedPin } from './pins.js';
import { countSignatures, type SignatureCount, type RoleThreshold } from './signatures.js';

/** What a root is judged by. */
interface RootRules {
  readonly gun: Gun;
  readonly now: Date;
  readonly allowWildcard: boolean;
  /** For the signatures of all roots together. */
  readonly budget: SignatureBudget;
  /** The root trusted so far, which must have signed this one too. */
  readonly previous: Envelope<RootSigned> | undefined;
  /** Pins of which enough must vouch for the keys that signed; none at all demand nothing. */
  readonly pins: readonly PreparedPin[];
  /** Whether root certificates may be past their date: in the middle of a chain, for diagnosis. */
  readonly ignoreValidity: boolean;
}

/** A root that was found good. */
export interface RootVerdict {
  /** The keys whose signatures count: pinned ones, if there are pins. */
  readonly rootKeys: readonly KeyName[];
  /** The pin of the first of them. */
  readonly pin: Pin | undefined;
}

/** Judges a root. @throws {TrustError} */
export function validateRoot(root: Envelope<RootSigned>, rules: RootRules): RootVerdict {
  const { gun, previous } = rules;
  const usable = usableRootKeys(root, rules);

  // TUF 1.0, 5.3.4: a threshold of the previous root's keys must have signed (certs.go, step 3).
  // The expiry of the previous certificates does not matter there, their common name does.
  if (previous !== undefined && !isSignedBy(root, previous, rules)) {
    throw unchainedRoot(gun, 'it is not signed by the threshold of the root trusted before');
  }

  // certs.go, step 4: wherever the root came from, keys that no pin vouches for do not count.
  const pinned = rules.pins.length === 0 ? undefined : pinnedKeys(root, usable, rules);

  // TUF 1.0, 5.3.4: and a threshold of its own keys (certs.go, step 5: those left after pinning).
  const counting = pinned?.map(({ keyId }) => keyId) ?? usable;
  const count = countRoot(root, root, counting, rules);
  if (!count.isEnough) {
    throw invalidData(gun, 'root', pinned ? `of the pinned keys, ${count.rule}` : count.rule);
  }
  return { rootKeys: counting.map((id) => rootKeyName(root, id)), pin: pinned?.[0]?.pin };
}

/** Tells whether the threshold of `previous` signed `root`. */
export function isSignedBy(
  root: Envelope<RootSigned>,
  previous: Envelope<RootSigned>,
  rules: Pick<RootRules, 'gun' | 'allowWildcard' | 'budget'>,
): boolean {
  return countRoot(root, previous, rootKeyIdsIgnoringDates(previous, rules), rules).isEnough;
}

/** The TUF IDs of the root keys whose certificate fits the GUN, whatever its dates. */
export function rootKeyIdsIgnoringDates(
  root: Envelope<RootSigned>,
  { gun, allowWildcard }: Pick<RootRules, 'gun' | 'allowWildcard'>,
): readonly KeyId[] {
  return certificateFlaws(root, { gun, allowWildcard })
    .filter(({ flaw }) => flaw === undefined)
    .map(({ id }) => id);
}

/** The TUF IDs of the keys of the root role. */
export function rootKeyIds(root: Envelope<RootSigned>): readonly KeyId[] {
  return getOwnProperty(root.signed.roles, 'root')?.keyids ?? [];
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
    const key = getOwnProperty(root.signed.keys, id);
    return { id, flaw: key === undefined ? 'it is not listed' : rootCertificateFlaw(key, rules) };
  });
}

/** Which of the usable keys the pins vouch for: at least one. @throws {TrustError} */
function pinnedKeys(
  root: Envelope<RootSigned>,
  usable: readonly KeyId[],
  { gun, now, pins }: RootRules,
): ReturnType<typeof matchPins> {
  const matched = matchPins(root, usable, pins, now);
  if (matched.length > 0) return matched;
  const expected = pins.map(({ description }) => description).join(' or ');
  throw pinMismatch(gun, expected, describeKeys(usable.map((id) => rootKeyName(root, id))));
}

/** Which of the root keys `candidates` a pin vouches for. */
export function matchPins(
  root: Envelope<RootSigned>,
  candidates: readonly KeyId[],
  pins: readonly PreparedPin[],
  now: Date,
): readonly { readonly keyId: KeyId; readonly pin: PreparedPin['pin'] }[] {
  return candidates.flatMap((keyId) => {
    const key = getOwnProperty(root.signed.keys, keyId);
    const prepared = key && pins.find((candidate) => candidate.matches(key, now));
    return prepared === undefined ? [] : [{ keyId, pin: prepared.pin }];
  });
}

function rootKeyName({ signed }: Envelope<RootSigned>, id: KeyId): KeyName {
  return keyNameOf(id, getOwnProperty(signed.keys, id));
}

function countRoot(
  root: Envelope<RootSigned>,
  judge: Envelope<RootSigned>,
  keyids: readonly KeyId[],
  { gun, budget }: Pick<RootRules, 'gun' | 'budget'>,
): SignatureCount {
  const role: RoleThreshold = {
    keyids,
    threshold: getOwnProperty(judge.signed.roles, 'root')?.threshold ?? 0,
  };
  try {
    return countSignatures(root, role, judge.signed.keys, budget);
  } catch (error) {
    throw invalidData(gun, 'root', messageOf(error), error);
  }
}
