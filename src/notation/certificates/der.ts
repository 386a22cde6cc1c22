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
  try {
    const [value, ...rest] = readAll(Buffer.from(bytes));
    if (!value) throw new Flaw('nothing');
    if (rest.length > 0) throw new Flaw('bytes after its end');
    check(value, 0);
    return value;
  } catch (cause) {
    if (cause instanceof Flaw)
      throw new RuleError(`${what} is not DER: ${cause.message}`, { cause });
    throw cause;
  }
}

/** The values in a value that {@link readDer} has checked; none in one that is not constructed. */
export function childrenOf({ tag, content }: DerValue): readonly DerValue[] {
  return (tag & 0x20) === 0 ? [] : readAll(content);
}

class Flaw extends Error {}

function readAll(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; at += values.at(-1)?.raw.length ?? 0) {
    values.push(readOne(bytes.subarray(at)));
  }
  return values;
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
    for (const child of childrenOf(value)) check(child, depth + 1);
  } else if (tag === 0x01) {
    if (content.length !== 1 || ![0, 0xff].includes(content[0] ?? 1)) throw new Flaw('a boolean');
  } else if (tag === 0x02) {
    const [first = -1, second = 0] = content;
    const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (content.length === 0 || (content.length > 1 && isPadded)) throw new Flaw('an integer');
  }
}
