/**
 * Envelopes as COSE (Notary Project, "COSE Signature Envelope"; RFC 9052): a tagged COSE_Sign1.
 * CBOR is read as strictly as RFC 8949, 4.2.1 writes it, but for the order of maps.
 */
import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg';
import { algorithmNamed } from '../algorithms.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { attributeNames, latestSecond, readAttributes, wholeSeconds } from './attributes.js';
import { payloadMediaType, readPayload } from './payload.js';
import type { Envelope, OpenEnvelope, UnsignedEnvelope } from './types.js';

/** Tags of RFC 9052, 2 and RFC 8949, 3.4.2. */
const [signTag, timeTag] = [18, 1];

/** Labels of RFC 9052, 3.1 and RFC 9360, 2. */
const labels = { algorithm: 1, critical: 2, contentType: 3, certificates: 33 } as const;

type CborMap = ReadonlyMap<unknown, unknown>;

/** Writes the envelope; maps are in deterministic order. */
export function openCose(unsigned: UnsignedEnvelope): OpenEnvelope {
  const { algorithm, payload, chain, agent, expiry, scheme, signingTime } = unsigned;
  const header = new Map<unknown, unknown>([
    [labels.algorithm, algorithm.cose],
    [labels.critical, [attributeNames.scheme, ...(expiry ? [attributeNames.expiry] : [])]],
    [labels.contentType, payloadMediaType],
    [attributeNames.scheme, scheme],
    [attributeNames.signingTime, new Tagged(timeTag, wholeSeconds(signingTime))],
    ...(expiry
      ? [[attributeNames.expiry, new Tagged(timeTag, wholeSeconds(expiry))] as const]
      : []),
  ]);
  const protectedPart = encodeCbor(header);
  return {
    signingInput: signatureInput(protectedPart, payload),
    close: (signature, timestamp) => {
      const unprotected = new Map<unknown, unknown>([
        [labels.certificates, chain.map((der) => new Uint8Array(der))],
        [attributeNames.agent, agent],
        ...(timestamp ? [[attributeNames.timestamp, new Uint8Array(timestamp)] as const] : []),
      ]);
      const parts = [protectedPart, unprotected, payload, signature];
      return encodeCbor(new Tagged(signTag, parts));
    },
  };
}

/** @throws {RuleError} for an envelope that breaks a rule of its form. */
export function readCose(bytes: Uint8Array): Envelope {
  const sign = decodeCbor(bytes, 'the COSE envelope');
  if (!(sign instanceof Tagged) || sign.tag !== signTag) {
    throw new RuleError('the COSE envelope is not a tagged COSE_Sign1');
  }
  const parts: unknown = sign.value;
  if (!Array.isArray(parts) || parts.length !== 4) {
    throw new RuleError('the COSE envelope has not four parts');
  }
  const [protectedPart, unsigned, payload, signature] = parts as readonly unknown[];
  const protectedBytes = bytesOf(protectedPart, 'the protected header');
  const payloadBytes = bytesOf(payload, 'the payload');
  const signed = mapOf(decodeCbor(protectedBytes, 'the protected header'), 'the protected header');
  const unprotected = mapOf(unsigned, 'the unprotected header');
  // RFC 9052, 3: no label may be in both headers; "crit" is protected, or nothing is.
  const twice = [...unprotected.keys()].find((key) => key === labels.critical || signed.has(key));
  if (twice !== undefined) {
    throw new RuleError(`the unprotected header has the label ${JSON.stringify(twice)}`);
  }
  const named = signed.get(labels.algorithm);
  const algorithm = typeof named === 'number' ? algorithmNamed(named) : undefined;
  if (!algorithm) throw new RuleError('its signature algorithm is not one of the specification');
  const attributes = readAttributes({
    contentType: signed.get(labels.contentType),
    critical: signed.get(labels.critical),
    get: (name) => signed.get(name),
    timeOf,
  });
  const agent = unprotected.get(attributeNames.agent);
  if (agent !== undefined && typeof agent !== 'string') {
    throw new RuleError(`${attributeNames.agent} is not text`);
  }
  const timestamp = unprotected.get(attributeNames.timestamp);
  return {
    ...attributes,
    format: 'cose',
    algorithm,
    payload: readPayload(payloadBytes),
    chain: readChain(unprotected.get(labels.certificates)),
    signingInput: signatureInput(protectedBytes, payloadBytes),
    signature: bytesOf(signature, 'the signature'),
    agent,
    timestamp: timestamp === undefined ? undefined : bytesOf(timestamp, attributeNames.timestamp),
  };
}

/** RFC 9052, 4.4: Sig_structure, without external data. */
function signatureInput(protectedPart: Uint8Array, payload: Uint8Array): Buffer {
  return encodeCbor(['Signature1', protectedPart, new Uint8Array(), payload]);
}

/** An array even for one certificate: the other form of RFC 9360 is not of the specification. */
function readChain(value: unknown): readonly Buffer[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new RuleError('the unprotected header has no list of certificates (x5chain)');
  }
  return (value as readonly unknown[]).map((der, index) => bytesOf(der, `x5chain[${index}]`));
}

/** RFC 8949, 3.4.2, in whole seconds since 1970. */
function timeOf(value: unknown): Date | undefined {
  if (!(value instanceof Tagged) || value.tag !== timeTag) return undefined;
  const seconds: unknown = value.value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return undefined;
  return seconds >= 0 && seconds <= latestSecond ? new Date(seconds * 1000) : undefined;
}

function bytesOf(value: unknown, what: string): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  throw new RuleError(`${what} is not a byte string`);
}

function mapOf(value: unknown, what: string): CborMap {
  if (!(value instanceof Map)) throw new RuleError(`${what} is not a map`);
  const odd = [...value.keys()].some((key) => typeof key !== 'string' && !Number.isInteger(key));
  if (odd) throw new RuleError(`${what} has a label that is neither text nor a number`);
  return value;
}

function encodeCbor(value: unknown): Buffer {
  return Buffer.from(encode(value, rfc8949EncodeOptions));
}

function decodeCbor(bytes: Uint8Array, what: string): unknown {
  return readOrRefuse<unknown>(`${what} is not CBOR as it must be`, () =>
    decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      rejectDuplicateMapKeys: true,
      useMaps: true,
      tags: Tagged.preserve(signTag, timeTag),
    }),
  );
}
