/** Signature envelopes: bytes to a typed envelope and back. Pure; nothing is verified here. */
import { RuleError } from '../rule-error.js';
import { openCose, readCose } from './cose.js';
import { openJws, readJws } from './jws.js';
import {
  envelopeMediaTypes,
  type Envelope,
  type EnvelopeFormat,
  type OpenEnvelope,
  type UnsignedEnvelope,
} from './types.js';

export { metadataFlaw, payloadOf } from './payload.js';
export * from './types.js';

/** Writes an envelope up to its signature. @throws {RuleError} for times that cannot be written. */
export function openEnvelope(format: EnvelopeFormat, unsigned: UnsignedEnvelope): OpenEnvelope {
  return format === 'jws' ? openJws(unsigned) : openCose(unsigned);
}

/** Reads an envelope of this media type. @throws {RuleError} */
export function readEnvelope(mediaType: string, bytes: Uint8Array): Envelope {
  if (mediaType === envelopeMediaTypes.jws) return readJws(bytes);
  if (mediaType === envelopeMediaTypes.cose) return readCose(bytes);
  throw new RuleError(`the media type of the envelope is ${JSON.stringify(mediaType)}`);
}
