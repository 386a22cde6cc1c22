/** What is asked of a time stamping authority, and what its answer must be (RFC 3161, 2.4). */
import { randomBytes } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { MessageImprint, TimeStampReq } from '@peculiar/asn1-tsp';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { TrustError } from '../../errors.js';
import type { SignatureAlgorithm } from '../algorithms.js';
import { childrenOf, readDer, type Certificate, type DerValue } from '../certificates/index.js';
import { RuleError } from '../rule-error.js';
import { digestOf, oidOfHash } from '../hashes.js';
import { verifyToken, type VerifiedTimestamp } from './verify-token.js';

/** Content types of the request and of its answer (RFC 3161, 3.4). */
export const timestampMediaTypes = {
  query: 'application/timestamp-query',
  reply: 'application/timestamp-reply',
} as const;

/** A request for a time stamp over a signature. */
export interface TimestampRequest {
  /** Goes to the authority by POST. */
  readonly body: Buffer;
  /** The raw bytes of the signature. */
  readonly signature: Uint8Array;
  /** Content of the DER integer. */
  readonly nonce: Buffer;
}

/** A time stamp as an envelope holds it. */
export interface ReceivedTimestamp extends VerifiedTimestamp {
  /** DER of the TimeStampToken. */
  readonly token: Buffer;
}

const nonceBytes = 16;

/** The request for `signature`; its hash is the one of the signature's algorithm. */
export function requestTimestamp(
  { hash }: Pick<SignatureAlgorithm, 'hash'>,
  signature: Uint8Array,
): TimestampRequest {
  const nonce = randomBytes(nonceBytes);
  // Positive, and of full length: the shortest form of a DER integer.
  nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40;
  const asn1Null = new Uint8Array([0x05, 0x00]).buffer;
  const request = new TimeStampReq({
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithm: oidOfHash(hash), parameters: asn1Null }),
      hashedMessage: new OctetString(digestOf(hash, signature)),
    }),
    nonce: new Uint8Array(nonce).buffer,
    certReq: true,
  });
  return { body: Buffer.from(AsnConvert.serialize(request)), signature, nonce };
}

/**
 * The time stamp in an authority's answer, verified against the roots that the caller names.
 * @param authority names it in messages.
 * @throws {TrustError} TIMESTAMP_INVALID
 */
export function readTimestampReply(
  authority: string,
  reply: Uint8Array,
  { signature, nonce }: TimestampRequest,
  roots: readonly Certificate[],
): ReceivedTimestamp {
  try {
    const token = tokenIn(reply);
    const verified = verifyToken(token, signature, roots);
    if (verified.nonce?.equals(nonce) !== true) {
      throw new RuleError('it answers another request: the nonce differs');
    }
    return { ...verified, token };
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw rejectedTimestamp(
      authority,
      cause.message,
      'Check that `timestamp-root` is the self-signed root certificate of this authority. Authorities do not send it; they publish it on their pages.',
      cause,
    );
  }
}

/** The failure for a time stamp that no verifier would accept. */
export function rejectedTimestamp(
  authority: string,
  reason: string,
  remedy: string,
  cause?: unknown,
): TrustError {
  return new TrustError(
    'TIMESTAMP_INVALID',
    `The time stamp of ${authority} was rejected: ${reason}`,
    { remedy, cause },
  );
}

/** RFC 3161, 2.4.2: status 0 or 1 comes with a token. */
function tokenIn(reply: Uint8Array): Buffer {
  const [status, token] = childrenOf(readDer(reply, 'the response'));
  const [code, ...words] = status ? childrenOf(status) : [];
  if (code?.tag !== 0x02 || code.content.length !== 1 || (code.content[0] ?? 2) > 1) {
    const number = code?.tag === 0x02 ? Number(`0x${code.content.toString('hex')}`) : '?';
    throw new RuleError(`the authority refused (status ${number}${textIn(words)})`);
  }
  if (!token) throw new RuleError('the response holds no time stamp');
  return token.raw;
}

/** PKIFreeText: a sequence of UTF-8 strings. */
function textIn(words: readonly DerValue[]): string {
  const text = words
    .filter(({ tag }) => tag === 0x30)
    .flatMap((list) => childrenOf(list).map(({ content }) => content.toString()))
    .join(' ')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, 200);
  return text === '' ? '' : `, ${text}`;
}
