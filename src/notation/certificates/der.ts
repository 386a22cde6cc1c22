/**
 * DER, strictly (X.690, 10 and 8.1.3): the ASN.1 library reads BER and overlooks bytes after the
 * end, so whatever it is given passes through here first. Also cuts values out byte for byte.
 */
import { RuleError } from '../rule-error.js';

/** One value with its header. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

const deepest = 64;

/** The one value that `bytes` are, checked through all its levels. @throws {RuleError} */
export function readDer(bytes: Uint8Array, what: string): DerValue {
  return orRefuse(what, () => {
    const value = only(Buffer.from(bytes));
    check(value, 0);
    return value;
  });
}

/**
 * Reads from the one value that `bytes` are, of which only what `read` asks for is checked: for
 * what is large, and believed for its signature.
 * @throws {RuleError}
 */
export function readLargeDer<T>(bytes: Buffer, what: string, read: (value: DerValue) => T): T {
  return orRefuse(what, () => read(only(bytes)));
}

function only(bytes: Buffer): DerValue {
  const [value, ...rest] = values(bytes);
  if (!value) throw new Flaw('nothing');
  if (rest.length > 0) throw new Flaw('bytes after its end');
  return value;
}

function orRefuse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Flaw)
      throw new RuleError(`${what} is not DER: ${cause.message}`, { cause });
    throw cause;
  }
}

/** The values in a value that {@link readDer} has checked; none in one that is not constructed. */
export function childrenOf({ tag, content }: DerValue): readonly DerValue[] {
  return (tag & 0x20) === 0 ? [] : [...values(content)];
}

/** The same one by one, for lists that are too long to be held. */
export function eachChildOf({ tag, content }: DerValue): Iterable<DerValue> {
  return (tag & 0x20) === 0 ? [] : values(content);
}

/**
 * UTCTime and GeneralizedTime in the forms that X.509 allows (RFC 5280, 4.1.2.5).
 * @throws {RuleError}
 */
export function readTime({ tag, content }: DerValue): Date {
  const text = content.toString('latin1');
  const century = tag === 0x17 ? (text < '50' ? '20' : '19') : '';
  const iso = (century + text).replace(
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const time = new Date(iso);
  const isTime = (tag === 0x17 || tag === 0x18) && iso.includes('T');
  if (!isTime || Number.isNaN(time.getTime())) throw new RuleError('a time is in no form of X.509');
  return time;
}

/** A value with these contents. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const bytes = length.subarray(length.findIndex((byte) => byte > 0));
  const header =
    content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from(header), content]);
}

class Flaw extends Error {}

function* values(bytes: Buffer): Generator<DerValue> {
  for (let at = 0; at < bytes.length;) {
    const value = readOne(bytes.subarray(at));
    at += value.raw.length;
    yield value;
  }
}

function readOne(bytes: Buffer): DerValue {
  const [tag = 0, first] = bytes;
  if ((tag & 0x1f) === 0x1f) throw new Flaw('a tag number above 30');
  if (first === undefined) throw new Flaw('cut off');
  if (first === 0x80) throw new Flaw('an indefinite length');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new Flaw('cut off');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const isShortest =
    lengthBytes === 0 || length >= (lengthBytes === 1 ? 0x80 : 1 << (8 * (lengthBytes - 1)));
  if (!isShortest) throw new Flaw('a length that is not the shortest');
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new Flaw('cut off');
  return {
    tag,
    content: bytes.subarray(start, start + length),
    raw: bytes.subarray(0, start + length),
  };
}

function check(value: DerValue, depth: number): void {
  const { tag, content } = value;
  if (depth > deepest) throw new Flaw(`more than ${deepest} levels`);
  if ((tag & 0x20) !== 0) {
    for (const child of eachChildOf(value)) check(child, depth + 1);
  } else if (tag === 0x01) {
    if (content.length !== 1 || ![0, 0xff].includes(content[0] ?? 1)) throw new Flaw('a boolean');
  } else if (tag === 0x02) {
    const [first = -1, second = 0] = content;
    const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (content.length === 0 || (content.length > 1 && isPadded)) throw new Flaw('an integer');
  }
}
