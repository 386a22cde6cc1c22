/** The payload of a signature (signature specification, "Payload"): what it is for. */
import { RuleError } from '../rule-error.js';
import { asObject, memberOf, readObject } from './json.js';
import type { SignedDescriptor } from './types.js';

/** Media type of the payload, the content type of an envelope. */
export const payloadMediaType = 'application/vnd.cncf.notary.payload.v1+json';

const reservedPrefix = 'io.cncf.notary';
const members = ['mediaType', 'digest', 'size', 'annotations', 'artifactType'];

/** Why the user's metadata cannot be signed, or undefined where they can. */
export function metadataFlaw(metadata: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(metadata);
  const reserved = names.find((name) => name.startsWith(reservedPrefix));
  if (reserved !== undefined) {
    return `${JSON.stringify(reserved)}: names that begin with ${reservedPrefix} are reserved`;
  }
  return names.includes('') ? 'a name is empty' : undefined;
}

/** The payload for `target`; the metadata are sorted by name. @throws {RuleError} */
export function payloadOf({ mediaType, digest, size, annotations }: SignedDescriptor): Buffer {
  const flaw = metadataFlaw(annotations);
  if (flaw !== undefined) throw new RuleError(`the metadata cannot be signed: ${flaw}`);
  const entries = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  const targetArtifact = {
    mediaType,
    digest,
    size,
    ...(entries.length > 0 && { annotations: Object.fromEntries(entries) }),
  };
  return Buffer.from(JSON.stringify({ targetArtifact }));
}

/** @throws {RuleError} unless it describes one manifest. */
export function readPayload(bytes: Uint8Array): SignedDescriptor {
  const document = readObject(bytes, 'the payload', ['targetArtifact']);
  const what = 'targetArtifact of the payload';
  const target = asObject(memberOf(document, 'targetArtifact'), what, members);
  const mediaType = memberOf(target, 'mediaType');
  const digest = memberOf(target, 'digest');
  const size = memberOf(target, 'size');
  if (typeof mediaType !== 'string' || mediaType === '') {
    throw new RuleError(`${what} has no mediaType`);
  }
  if (typeof digest !== 'string' || digest === '') throw new RuleError(`${what} has no digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new RuleError(`${what} has no size in whole bytes`);
  }
  const given = memberOf(target, 'annotations') ?? {};
  const annotations = new Map<string, string>();
  for (const [name, value] of Object.entries(asObject(given, `annotations of ${what}`))) {
    if (typeof value !== 'string') {
      throw new RuleError(`the annotation ${JSON.stringify(name)} of the payload is not text`);
    }
    annotations.set(name, value);
  }
  return { mediaType, digest, size, annotations: Object.fromEntries(annotations) };
}
