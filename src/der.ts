/**
 * DER, strictly (X.690, 10 and 8.1.3), and what X.509 is made of in it. OpenSSL and the ASN.1 library
 * read BER, and overlook bytes after the end.
 */

/** One value with its header. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

/** What is wrong with bytes that are not DER. */
export class DerError extends Error {}

const deepest = 64;

/** The one value that `bytes` are; within it, only lengths that are asked for are checked. @throws {DerError} */
export function openDer(bytes: Uint8Array): DerValue {
  const [value, ...rest] = values(Buffer.from(bytes));
  if (!value) throw new DerError('nothing');
  if (rest.length > 0) throw new DerError('bytes after its end');
  return value;
}

/** Checks a value through all its levels. @throws {DerError} */
export function checkDer(value: DerValue, depth = 0): void {
  const { tag, content } = value;
  if (depth > deepest) throw new DerError(`more than ${deepest} levels`);
  if ((tag & 0x20) !== 0) {
    for (const child of eachChildOf(value)) checkDer(child, depth + 1);
  } else if (tag === 0x01) {
    if (content.length !== 1 || ![0, 0xff].includes(content[0] ?? 1))
      throw new DerError('a boolean');
  } else if (tag === 0x02) {
    const [first = -1, second = 0] = content;
    const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (content.length === 0 || (content.length > 1 && isPadded)) throw new DerError('an integer');
  }
}

/** The values in a value; none in one that is not constructed. @throws {DerError} */
export function childrenOf({ tag, content }: DerValue): readonly DerValue[] {
  return (tag & 0x20) === 0 ? [] : [...values(content)];
}

/** The same one by one, for lists that are too long to be held. */
export function eachChildOf({ tag, content }: DerValue): Iterable<DerValue> {
  return (tag & 0x20) === 0 ? [] : values(content);
}

/** UTCTime and GeneralizedTime in the forms that X.509 allows (RFC 5280, 4.1.2.5). @throws {DerError} */
export function readTime({ tag, content }: DerValue): Date {
  const text = content.toString('latin1');
  const century = tag === 0x17 ? (text < '50' ? '20' : '19') : '';
  const iso = (century + text).replace(
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const time = new Date(iso);
  const isTime = (tag === 0x17 || tag === 0x18) && iso.includes('T');
  if (!isTime || Number.isNaN(time.getTime())) throw new DerError('a time is in no form of X.509');
  return time;
}

/** An object identifier, such as `2.5.4.3`. @throws {DerError} */
export function readObjectId({ tag, content }: DerValue): string {
  if (tag !== 0x06 || content.length === 0) throw new DerError('no object identifier');
  const arcs = [0];
  for (const byte of content) {
    arcs.push((arcs.pop() ?? 0) * 0x80 + (byte & 0x7f));
    if (byte < 0x80) arcs.push(0);
  }
  if (arcs.pop() !== 0 || (content.at(-1) ?? 0) >= 0x80) throw new DerError('an object identifier');
  const [joined = 0, ...others] = arcs;
  const first = Math.min(Math.floor(joined / 40), 2);
  return [first, joined - first * 40, ...others].join('.');
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

function* values(bytes: Buffer): Generator<DerValue> {
  for (let at = 0; at < bytes.length;) {
    const value = readOne(bytes.subarray(at));
    at += value.raw.length;
    yield value;
  }
}

function readOne(bytes: Buffer): DerValue {
  const [tag = 0, first] = bytes;
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag number above 30');
  if (first === undefined) throw new DerError('cut off');
  if (first === 0x80) throw new DerError('an indefinite length');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new DerError('cut off');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const isShortest =
    lengthBytes === 0 || length >= (lengthBytes === 1 ? 0x80 : 1 << (8 * (lengthBytes - 1)));
  if (!isShortest) throw new DerError('a length that is not the shortest');
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new DerError('cut off');
  return {
    tag,
    content: bytes.subarray(start, start + length),
    raw: bytes.subarray(0, start + length),
  };
}
