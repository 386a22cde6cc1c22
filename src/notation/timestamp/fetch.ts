/** Asks a time stamping authority (RFC 3161, 3.4), and takes only what a verifier will take. */
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { SignatureAlgorithm } from '../algorithms.js';
import type { Certificate } from '../certificates/index.js';
import { displayAddress, exchange, type Exchange } from '../exchange.js';
import { RuleError } from '../rule-error.js';
import { revocationFlaw, type RevocationCheck } from '../verification/revocation.js';
import {
  readTimestampReply,
  rejectedTimestamp,
  requestTimestamp,
  timestampMediaTypes,
  type ReceivedTimestamp,
  type TimestampRequest,
} from './request.js';

/** What the time stamp of an authority is judged by. */
export interface TimestampOptions extends Exchange {
  /** Self-signed roots that the caller names. */
  readonly roots: readonly Certificate[];
  readonly checkRevocation: RevocationCheck;
}

/**
 * Gets a time stamp from the authority at `address`, and verifies it.
 * @throws {TrustError} TIMESTAMP_FAILED, TIMESTAMP_INVALID, INTERRUPTED
 */
export async function fetchTimestamp(
  address: string,
  request: TimestampRequest,
  options: TimestampOptions,
): Promise<ReceivedTimestamp> {
  const authority = displayAddress(address);
  const reply = await askAuthority(authority, address, request, options);
  const timestamp = readTimestampReply(authority, reply, request, options.roots);
  const flaw = revocationFlaw(timestamp.chain, await options.checkRevocation(timestamp.chain));
  if (flaw === undefined) return timestamp;
  throw rejectedTimestamp(authority, flaw, 'Use another time stamping authority if this lasts.');
}

/** An authority whose time stamps are asked for. */
export interface Timestamper {
  /** What its time stamps have to lead to. */
  readonly roots: readonly Certificate[];
  /**
   * A verified time stamp over a signature, as its envelope holds it.
   * @throws {TrustError} as {@link fetchTimestamp}
   */
  readonly stamp: (algorithm: SignatureAlgorithm, signature: Uint8Array) => Promise<Buffer>;
}

/** Asks the authority at `address`. */
export function createTimestamper(address: string, options: TimestampOptions): Timestamper {
  return {
    roots: options.roots,
    stamp: async (algorithm, signature) =>
      (await fetchTimestamp(address, requestTimestamp(algorithm, signature), options)).token,
  };
}

async function askAuthority(
  authority: string,
  address: string,
  { body }: TimestampRequest,
  options: TimestampOptions,
): Promise<Buffer> {
  try {
    const reply = await exchange(options, {
      method: 'POST',
      url: address,
      headers: { 'Content-Type': timestampMediaTypes.query },
      body,
      maxBytes: limits.timestampReplyBytes,
      timeoutMs: limits.timestampReplyMs,
    });
    const type = reply.header('content-type') ?? 'no content type';
    if (type === timestampMediaTypes.reply) return reply.body;
    throw new RuleError(
      `it answered with ${JSON.stringify(type.slice(0, 100))}, not with ${timestampMediaTypes.reply}`,
    );
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new TrustError(
      'TIMESTAMP_FAILED',
      `The time stamping authority ${authority} gave no time stamp: ${cause.message}`,
      {
        remedy:
          'Check that `timestamp-url` is the address of a time stamping authority (RFC 3161).\nLet this machine reach it, or set HTTP_PROXY (for https HTTPS_PROXY) to a proxy that can.\nIf the authority is down, run the step again later or use another one.',
        cause,
      },
    );
  }
}
