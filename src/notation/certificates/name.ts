/**
 * Distinguished names (RFC 4514; trust policy specification, "Trusted Identities Constraints"): of
 * certificates and of trust policies, compared as sets of attributes.
 */
import type { Name } from '@peculiar/asn1-x509';
import { RuleError } from '../rule-error.js';

/** Attributes of a name, in its order. */
export type DistinguishedName = readonly NameAttribute[];

interface NameAttribute {
  /** Short name, or the object identifier where it has none here. */
  readonly type: string;
  readonly value: string;
  /** Whether it shares its relative name with the attribute before. */
  readonly isJoined: boolean;
}

/** An attribute each: its type may occur once. */
export type NameAttributes = ReadonlyMap<string, string>;

/** Short names that notation knows (Go, crypto/x509/pkix); others cannot be compared. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
};

/** Attributes without which a subject cannot be trusted by name. */
const requiredAttributes = ['C', 'ST', 'O'] as const;

/** The attributes of a certificate's name. */
export function readName(name: Name): DistinguishedName {
  return [...name].flatMap((set) =>
    [...set].map(({ type, value }, index) => ({
      type: shortNames[type] ?? type,
      value: value.toString(),
      isJoined: index > 0,
    })),
  );
}

/** RFC 4514: the last attribute first. */
export function formatSubject(name: DistinguishedName): string {
  const escaped = (value: string): string =>
    value.replace(/[,+"\\<>;=]|^[ #]| $/g, String.raw`\$&`).replace(/\p{Cc}/gu, '?');
  return name.reduce((text, { type, value, isJoined }) => {
    const attribute = `${type}=${escaped(value)}`;
    if (text === '') return attribute;
    return isJoined ? text.replace(/^/, `${attribute}+`) : `${attribute},${text}`;
  }, '');
}

/**
 * The attributes by which a name is compared.
 * @throws {RuleError} where it cannot be: an attribute of an unknown type, twice, or joined with
 * another, or one of C, ST and O missing.
 */
export function comparable(name: DistinguishedName): NameAttributes {
  const attributes = new Map<string, string>();
  for (const { type, value, isJoined } of name) {
    if (isJoined) throw new RuleError('it has several attributes joined by "+"');
    if (/^\d/.test(type))
      throw new RuleError(`it has the attribute ${type}, which has no short name`);
    if (attributes.has(type)) throw new RuleError(`it has ${type} twice`);
    attributes.set(type, value);
  }
  const missing = requiredAttributes.filter((type) => (attributes.get(type) ?? '') === '');
  if (missing.length > 0) throw new RuleError(`it has no ${missing.join(' and no ')}`);
  return attributes;
}

/** Whether each attribute of `part` is in `whole`, value by value and letter by letter. */
export function isPartOf(part: NameAttributes, whole: NameAttributes): boolean {
  return [...part].every(([type, value]) => whole.get(type) === value);
}

/** An attribute of RFC 4514: type, `=`, value, and what ends it. */
const attribute =
  /\s*([A-Za-z][\w-]*|\d+(?:\.\d+)+)\s*=((?:\\(?:[ "#+,;<=>\\]|[\dA-Fa-f]{2})|[^\\"+,;<>])*)([+,]|$)/y;

/**
 * Reads a name as a trust policy writes it: `C=US, ST=WA, O=contoso`, where S is ST.
 * @throws {RuleError} also for what {@link comparable} refuses.
 */
export function parseName(text: string): NameAttributes {
  const name: NameAttribute[] = [];
  let separator = ',';
  attribute.lastIndex = 0;
  while (separator !== '') {
    const match = attribute.exec(text);
    if (match === null) throw new RuleError('it is not a name such as C=US, ST=WA, O=contoso');
    const [, type = '', value = '', end = ''] = match;
    if (/^\s*#/.test(value)) throw new RuleError('a value begins with "#"');
    name.push({
      type: type === 'S' ? 'ST' : type,
      value: unescape(trimmed(value)),
      isJoined: separator === '+',
    });
    separator = end;
  }
  return comparable(name);
}

/** Without the spaces around it; one that is escaped belongs to it. */
function trimmed(value: string): string {
  const text = value.trimStart();
  const end = text.trimEnd();
  const isEscaped = /(?<!\\)(?:\\\\)*\\$/.test(end);
  return isEscaped ? `${end} ` : end;
}

function unescape(value: string): string {
  const bytes = value.match(/\\[\dA-Fa-f]{2}|\\.|[^\\]+/gs)?.map((part) => {
    if (!part.startsWith('\\')) return Buffer.from(part);
    return part.length === 3 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part.slice(1));
  });
  return Buffer.concat(bytes ?? []).toString();
}
