/**
 * Envelopes as JWS (Notary Project, "JWS Signature Envelope"; RFC 7515): flattened JSON, whose
 * certificates are in the unprotected header. Base64 is read in its one canonical spelling.
 */
import {
  isBase64,
  MetadataError,
  parseExpires,
  type JsonValue,
} from '../../trust/metadata/index.js';
import { algorithmNamed } from '../algorithms.js';
import { RuleError } from '../rule-error.js';
import { attributeNames, readAttributes, wholeSeconds } from './attributes.js';
import { asObject, memberOf, readObject, type JsonObject } from './json.js';
import { payloadMediaType, readPayload } from './payload.js';
import type { Envelope, OpenEnvelope, UnsignedEnvelope } from './types.js';

const topLevel = ['payload', 'protected', 'header', 'signature'];
const certificatesName = 'x5c';

/** Writes the protected header in the order of its names, as notation does. */
export function openJws(unsigned: UnsignedEnvelope): OpenEnvelope {
  const { algorithm, payload, chain, agent, expiry, scheme, signingTime } = unsigned;
  const header = {
    alg: algorithm.name,
    crit: [attributeNames.scheme, ...(expiry ? [attributeNames.expiry] : [])],
    cty: payloadMediaType,
    ...(expiry && { [attributeNames.expiry]: formatTime(expiry) }),
    [attributeNames.scheme]: scheme,
    [attributeNames.signingTime]: formatTime(signingTime),
  };
  const protectedPart = Buffer.from(JSON.stringify(header)).toString('base64url');
  const payloadPart = payload.toString('base64url');
  return {
    signingInput: Buffer.from(`${protectedPart}.${payloadPart}`),
    close: (signature, timestamp) =>
      Buffer.from(
        JSON.stringify({
          payload: payloadPart,
          protected: protectedPart,
          header: {
            [certificatesName]: chain.map((der) => Buffer.from(der).toString('base64')),
            ...(timestamp && {
              [attributeNames.timestamp]: Buffer.from(timestamp).toString('base64'),
            }),
            [attributeNames.agent]: agent,
          },
          signature: Buffer.from(signature).toString('base64url'),
        }),
      ),
  };
}

/** @throws {RuleError} for an envelope that breaks a rule of its form. */
export function readJws(bytes: Uint8Array): Envelope {
  const envelope = readObject(bytes, 'the JWS envelope');
  const strange = Object.keys(envelope).find((name) => !topLevel.includes(name));
  // Compact and general serialisations end here too: they are no objects, or have "signatures".
  if (strange !== undefined) {
    throw new RuleError(`the JWS envelope has the member ${JSON.stringify(strange)}`);
  }
  const protectedPart = textOf(envelope, 'protected');
  const payloadPart = textOf(envelope, 'payload');
  const signed = readObject(base64url(protectedPart, 'protected'), 'the protected header', [
    'alg',
    'crit',
    'cty',
    ...Object.values(attributeNames),
  ]);
  const unsigned = asObject(memberOf(envelope, 'header'), 'the unprotected header', [
    certificatesName,
    ...Object.values(attributeNames),
  ]);
  // RFC 7515, 7.2.1: no name may be in both headers; 4.1.11: "crit" is protected, or nothing is.
  const twice = Object.keys(unsigned).find(
    (name) => name === 'crit' || Object.hasOwn(signed, name),
  );
  if (twice !== undefined) {
    throw new RuleError(`the unprotected header has ${JSON.stringify(twice)}`);
  }
  const algorithm = algorithmNamed(memberOf(signed, 'alg'));
  if (algorithm === undefined || typeof memberOf(signed, 'alg') !== 'string') {
    throw new RuleError('its signature algorithm is not one of the specification');
  }
  const attributes = readAttributes({
    contentType: memberOf(signed, 'cty'),
    critical: memberOf(signed, 'crit'),
    get: (name) => memberOf(signed, name),
    timeOf,
  });
  const timestamp = memberOf(unsigned, attributeNames.timestamp);
  return {
    ...attributes,
    format: 'jws',
    algorithm,
    payload: readPayload(base64url(payloadPart, 'payload')),
    chain: readChain(memberOf(unsigned, certificatesName)),
    signingInput: Buffer.from(`${protectedPart}.${payloadPart}`),
    signature: base64url(textOf(envelope, 'signature'), 'signature'),
    agent: readAgent(memberOf(unsigned, attributeNames.agent)),
    timestamp: timestamp === undefined ? undefined : base64(timestamp, attributeNames.timestamp),
  };
}

function readChain(value: JsonValue | undefined): readonly Buffer[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new RuleError('the unprotected header has no certificates ("x5c")');
  }
  return (value as readonly JsonValue[]).map((entry, index) => base64(entry, `x5c[${index}]`));
}

function readAgent(value: JsonValue | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new RuleError(`${attributeNames.agent} is not text`);
}

function textOf(object: JsonObject, name: string): string {
  const value = memberOf(object, name);
  if (typeof value === 'string') return value;
  throw new RuleError(`the JWS envelope has no "${name}"`);
}

/** RFC 7515, 2: without padding. Node would read padded and standard base64 as well. */
function base64url(text: string, name: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') === text) return bytes;
  throw new RuleError(`"${name}" of the JWS envelope is not base64url without padding`);
}

function base64(value: JsonValue, name: string): Buffer {
  if (typeof value === 'string' && isBase64(value)) return Buffer.from(value, 'base64');
  throw new RuleError(`${name} is not base64 with padding`);
}

function timeOf(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return parseExpires(value);
  } catch (error) {
    if (error instanceof MetadataError) return undefined;
    throw error;
  }
}

/** RFC 3339 in UTC and whole seconds. */
function formatTime(time: Date): string {
  return new Date(wholeSeconds(time) * 1000).toISOString().replace('.000Z', 'Z');
}
