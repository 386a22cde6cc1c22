/**
 * Which root keys count for a reader, and until when: a root lives no longer than the certificates
 * of those who signed it, whatever it says itself (trustpinning/certs.go, ValidateRoot). Pure.
 */
import {
  canonicalKeyIdOf,
  certificatesOf,
  getOwnProperty,
  keyObjectOf,
  rootCertificateFlaw,
  type Envelope,
  type Gun,
  type KeyId,
  type RootSigned,
} from '../metadata/index.js';
import { preparePin, type Pin } from './pins.js';
import { matchPins, rootKeyIds } from './root.js';
import { countSignatures } from './signatures.js';

/** Whose root it is, and what its reader knows of it. */
interface RootReader {
  readonly gun: Gun;
  /** Judges the certificates of pinned authorities, and those of the root where dates count. */
  readonly now: Date;
  readonly pins: readonly Pin[];
}

/**
 * The TUF IDs of the root keys whose signatures count for a reader: their certificate fits the GUN
 * and is in force, and a pin vouches for it if there are any.
 */
export function countingRootKeyIds(
  root: Envelope<RootSigned>,
  reader: RootReader,
): readonly KeyId[] {
  return countingIds(root, reader, reader.now);
}

/** As {@link countingRootKeyIds}, whatever the dates of the certificates. */
export function countingRootKeyIdsIgnoringDates(
  root: Envelope<RootSigned>,
  reader: RootReader,
): readonly KeyId[] {
  return countingIds(root, reader, undefined);
}

/**
 * The moment from which readers refuse the root because too few certificates of those who signed it
 * are in force; undefined when they do not suffice even without a look at their dates.
 */
export function rootCertificatesExpiry(
  root: Envelope<RootSigned>,
  reader: RootReader,
): Date | undefined {
  const threshold = getOwnProperty(root.signed.roles, 'root')?.threshold ?? 1;
  const keyids = countingIds(root, reader, undefined);
  const { valid } = countSignatures(root, { keyids, threshold }, root.signed.keys);
  const ends = valid.flatMap((id) => {
    const key = getOwnProperty(root.signed.keys, id);
    // An intermediate that has expired spoils the leaf below it.
    return key ? [Math.min(...certificatesOf(key).map(({ notAfter }) => notAfter.getTime()))] : [];
  });
  const last = ends.sort((a, b) => b - a)[threshold - 1];
  return last === undefined ? undefined : new Date(last);
}

/** The raw public keys of the root that have signed it, in PEM and by their canonical IDs. */
export function signingRootKeys(root: Envelope<RootSigned>): ReadonlyMap<KeyId, string> {
  const threshold = getOwnProperty(root.signed.roles, 'root')?.threshold ?? 1;
  const role = { keyids: rootKeyIds(root), threshold };
  const { valid } = countSignatures(root, role, root.signed.keys);
  const keys = valid.flatMap((id) => getOwnProperty(root.signed.keys, id) ?? []);
  return new Map(
    keys.map((key) => [
      canonicalKeyIdOf(key),
      keyObjectOf(key).export({ type: 'spki', format: 'pem' }).toString(),
    ]),
  );
}

function countingIds(
  root: Envelope<RootSigned>,
  { gun, now, pins }: RootReader,
  at: Date | undefined,
): readonly KeyId[] {
  const fitting = rootKeyIds(root).filter((id) => {
    const key = getOwnProperty(root.signed.keys, id);
    const rules = { gun, ...(at && { now: at }) };
    return key !== undefined && rootCertificateFlaw(key, rules) === undefined;
  });
  if (pins.length === 0) return fitting;
  return matchPins(root, fitting, pins.map(preparePin), now).map(({ keyId }) => keyId);
}
