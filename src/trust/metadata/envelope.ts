/** The wrapper around every document: `signed` and its signatures (tuf/data/types.go Signed). */
import { limits } from '../../limits.js';
import { canonicalJson } from './canonical-json.js';
import { MetadataError } from './error.js';
import { parseExpires, zeroTime } from './expires.js';
import {
  asBase64,
  asInteger,
  asList,
  asObject,
  asString,
  asStruct,
  atMost,
  type JsonObject,
} from './guards.js';
import { readSignedJson, type JsonValue } from './json-text.js';
import type { Envelope, Signature, Signed } from './types.js';

/** The fields all four kinds share. */
interface CommonFields {
  readonly version: number;
  readonly expires: string;
}

/**
 * Parses a whole file: the envelope here, the content of `signed` through `read`.
 * @throws {MetadataError} naming the rule that is broken.
 */
export function parseEnvelope<T extends Signed>(
  given: Uint8Array,
  read: (signed: JsonObject) => T,
): Envelope<T> {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  const { value, canonical } = readSignedJson(bytes);
  const file = asStruct(value, 'the file', ['signed', 'signatures']);
  const signed = asObject(file.signed, 'signed');
  return {
    signed: read(signed),
    signatures: atMost(
      limits.signaturesPerFile,
      distinct(asList(file.signatures, 'signatures', readSignature)),
      'signatures',
    ),
    // tuf/signed/verify.go: the canonical form of the generic map, so unknown fields count.
    canonical: canonical ?? canonicalJson(signed),
    bytes,
  };
}

/**
 * Reads version and expiry and checks `_type`, version >= 1 (tuf/data/*.go isValid…Structure).
 * @throws {MetadataError}
 */
export function readCommon(signed: JsonObject, type: Signed['_type']): CommonFields {
  const found = asString(signed._type, 'signed._type');
  if (found !== type) {
    throw new MetadataError(`signed._type is ${JSON.stringify(found)}, expected "${type}"`);
  }
  const version = asInteger(signed.version, 'signed.version');
  if (version < 1) throw new MetadataError(`signed.version is ${version}, less than 1`);
  // A document without `expires` reads as Go's zero time: valid to parse, expired to use.
  const expires = signed.expires == null ? zeroTime : asString(signed.expires, 'expires');
  parseExpires(expires);
  return { version, expires };
}

/** Each of several signatures once: the same one again proves nothing more. */
function distinct(signatures: readonly Signature[]): readonly Signature[] {
  const known = new Map(
    signatures.map((one) => [JSON.stringify([one.keyid, one.method, one.sig]), one]),
  );
  return [...known.values()];
}

function readSignature(value: JsonValue, what: string): Signature {
  const signature = asStruct(value, what, ['keyid', 'method', 'sig']);
  return {
    keyid: asString(signature.keyid, `${what}.keyid`),
    method: asString(signature.method, `${what}.method`).toLowerCase(),
    sig: asBase64(signature.sig, `${what}.sig`),
  };
}
