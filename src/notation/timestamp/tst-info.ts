/** What a time stamp says (RFC 3161, 2.4.2): which bytes existed when, give or take how much. */
import { AsnConvert } from '@peculiar/asn1-schema';
import { Accuracy, TSTInfo } from '@peculiar/asn1-tsp';
import { childrenOf, readDer } from '../certificates/index.js';
import { readOrRefuse, RuleError } from '../rule-error.js';
import { digestOf, hashOfOid } from '../hashes.js';

/** The time within which the stamped bytes existed, its ends included. */
export interface StampedTime {
  readonly time: Date;
  readonly earliest: Date;
  readonly latest: Date;
  /** Of the request, in DER content bytes; undefined without one. */
  readonly nonce: Buffer | undefined;
}

/** ETSI's baseline policy promises a second (EN 319 421; RFC 3628, 5.2). */
const oneSecondPolicy = '0.4.0.2023.1.1';

/**
 * Reads a TSTInfo that stamps `message`.
 * @throws {RuleError} where it stamps other bytes.
 */
export function readTstInfo(content: Uint8Array, message: Uint8Array): StampedTime {
  const value = readDer(content, 'the TSTInfo');
  const info = readOrRefuse('the TSTInfo cannot be read', () =>
    AsnConvert.parse(value.raw, TSTInfo),
  );
  const version: number = info.version;
  if (version !== 1) throw new RuleError('the TSTInfo has not version 1');
  const hash = hashOfOid(info.messageImprint.hashAlgorithm.algorithm);
  if (!hash) throw new RuleError('the time stamp is over a hash weaker than SHA-256');
  const imprint = Buffer.from(info.messageImprint.hashedMessage.buffer);
  if (!imprint.equals(digestOf(hash, message))) {
    throw new RuleError('the time stamp is for another signature');
  }
  // RFC 3161, 2.4.2: GeneralizedTime in UTC, seconds and perhaps a fraction.
  const text = childrenOf(value)[4]?.content.toString('latin1') ?? '';
  if (!/^\d{14}(?:\.\d*[1-9])?Z$/.test(text) || Number.isNaN(info.genTime.getTime())) {
    throw new RuleError('the time of the time stamp is not in UTC');
  }
  const { seconds, millis = 0, micros = 0 } = accuracyOf(info);
  const accuracyMs = seconds * 1000 + millis + Math.ceil(micros / 1000);
  if (![seconds, millis, micros].every((part) => Number.isSafeInteger(part) && part >= 0)) {
    throw new RuleError('the accuracy of the time stamp is not a time');
  }
  const time = info.genTime;
  const [earliest, latest] = [-accuracyMs, accuracyMs].map((ms) => new Date(time.getTime() + ms));
  if (!earliest || !latest || Number.isNaN(earliest.getTime() + latest.getTime())) {
    throw new RuleError('the accuracy of the time stamp is not a time');
  }
  const nonce = info.nonce && Buffer.from(info.nonce);
  return { time, earliest, latest, nonce };
}

function accuracyOf({ accuracy, policy }: TSTInfo): Accuracy {
  return accuracy ?? new Accuracy({ seconds: policy === oneSecondPolicy ? 1 : 0 });
}
