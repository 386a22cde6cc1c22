/**
 * DER in what Notary Project signs: the ASN.1 library reads BER and overlooks bytes after the end, so
 * whatever it is given passes through here first. Also cuts values out byte for byte.
 */
import { checkDer, DerError, openDer, readTime as timeIn, type DerValue } from '../../der.js';
import { RuleError } from '../rule-error.js';

/** The one value that `bytes` are, checked through all its levels. @throws {RuleError} */
export function readDer(bytes: Uint8Array, what: string): DerValue {
  return orRefuse(`${what} is not DER: `, () => {
    const value = openDer(bytes);
    checkDer(value);
    return value;
  });
}

/**
 * Reads from the one value that `bytes` are, of which only what `read` asks for is checked: for
 * what is large, and believed for its signature.
 * @throws {RuleError}
 */
export function readLargeDer<T>(bytes: Buffer, what: string, read: (value: DerValue) => T): T {
  return orRefuse(`${what} is not DER: `, () => read(openDer(bytes)));
}

/** A time in the forms that X.509 allows. @throws {RuleError} */
export function readTime(value: DerValue): Date {
  return orRefuse('', () => timeIn(value));
}

function orRefuse<T>(before: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof DerError) throw new RuleError(`${before}${cause.message}`, { cause });
    throw cause;
  }
}
