/**
 * The attributes that both formats of an envelope have, under the same names (signature
 * specification, "Signed Attributes"). The formats differ only in how a time is written.
 */
import { RuleError } from '../rule-error.js';
import { payloadMediaType } from './payload.js';
import type { SignedAttributes, SigningScheme } from './types.js';

const prefix = 'io.cncf.notary.';
export const attributeNames = {
  scheme: `${prefix}signingScheme`,
  signingTime: `${prefix}signingTime`,
  authenticSigningTime: `${prefix}authenticSigningTime`,
  expiry: `${prefix}expiry`,
  plugin: `${prefix}verificationPlugin`,
  pluginMinVersion: `${prefix}verificationPluginMinVersion`,
  agent: `${prefix}signingAgent`,
  timestamp: `${prefix}timestampSignature`,
} as const;

/** A protected header, of whichever format. */
export interface ProtectedHeader {
  readonly contentType: unknown;
  readonly critical: unknown;
  readonly get: (name: string) => unknown;
  /** The time in a value of this format; undefined for any other value. */
  readonly timeOf: (value: unknown) => Date | undefined;
}

/** @throws {RuleError} unless all that must be signed is there, and nothing that must not. */
export function readAttributes(header: ProtectedHeader): SignedAttributes {
  if (header.contentType !== payloadMediaType) {
    throw new RuleError(
      `the content type is ${shown(header.contentType)}, not ${payloadMediaType}`,
    );
  }
  const critical = readCritical(header);
  const plugin = header.get(attributeNames.plugin);
  if (plugin !== undefined) {
    throw new RuleError(`only the verification plugin ${shown(plugin)} can verify it`);
  }
  const scheme = readScheme(header.get(attributeNames.scheme));
  const isAuthority = scheme === 'notary.x509.signingAuthority';
  const [timeName, otherName] = isAuthority
    ? [attributeNames.authenticSigningTime, attributeNames.signingTime]
    : [attributeNames.signingTime, attributeNames.authenticSigningTime];
  if (header.get(otherName) !== undefined) {
    throw new RuleError(`the signing scheme ${scheme} allows no ${otherName}`);
  }
  const signingTime = readTime(header, timeName);
  if (signingTime === undefined) {
    throw new RuleError(`the signing scheme ${scheme} needs ${timeName}`);
  }
  const expiry = readTime(header, attributeNames.expiry);
  requireCritical(critical, [
    attributeNames.scheme,
    ...(expiry === undefined ? [] : [attributeNames.expiry]),
    ...(isAuthority ? [attributeNames.authenticSigningTime] : []),
  ]);
  if (expiry !== undefined && expiry <= signingTime) {
    throw new RuleError('it expires before or when it was signed');
  }
  return { scheme, signingTime, expiry };
}

/** RFC 7515, 4.1.11 and RFC 9052, 3.1: not empty, no name twice, every name there. */
function readCritical({ critical, get }: ProtectedHeader): readonly string[] {
  if (!Array.isArray(critical) || critical.length === 0) {
    throw new RuleError('the header "crit" is missing, or no list');
  }
  const names = (critical as readonly unknown[]).map((name) => {
    if (typeof name === 'string') return name;
    throw new RuleError(`the header "crit" names ${shown(name)}, which is not text`);
  });
  if (new Set(names).size !== names.length) {
    throw new RuleError('the header "crit" names a header twice');
  }
  const absent = names.find((name) => get(name) === undefined);
  if (absent !== undefined) {
    throw new RuleError(`the header "crit" names ${shown(absent)}, which is absent`);
  }
  return names;
}

/** What must be understood is understood here or not at all: both lists must be the same. */
function requireCritical(critical: readonly string[], expected: readonly string[]): void {
  const missing = expected.find((name) => !critical.includes(name));
  if (missing !== undefined) throw new RuleError(`the header "crit" does not name ${missing}`);
  const unknown = critical.find((name) => !expected.includes(name));
  if (unknown !== undefined) {
    throw new RuleError(`the header ${shown(unknown)} must not be critical, or is not known here`);
  }
}

function readScheme(value: unknown): SigningScheme {
  if (value === 'notary.x509' || value === 'notary.x509.signingAuthority') return value;
  throw new RuleError(`the signing scheme ${shown(value)} is not supported`);
}

function readTime({ get, timeOf }: ProtectedHeader, name: string): Date | undefined {
  const value = get(name);
  if (value === undefined) return undefined;
  const time = timeOf(value);
  if (time) return time;
  throw new RuleError(`${name} is not a time as this format writes it`);
}

/** A value of a header for a message, short and on one line. */
function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = typeof value === 'string' ? JSON.stringify(value) : `a ${typeof value}`;
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

/** Times are signed in whole seconds. @throws {RuleError} for a time outside the years 1970 to 9999. */
export function wholeSeconds(time: Date): number {
  const seconds = Math.floor(time.getTime() / 1000);
  if (seconds >= 0 && seconds <= latestSecond) return seconds;
  throw new RuleError('a time to be signed lies outside the years 1970 to 9999');
}

/** The last second of the year 9999. */
export const latestSecond = 253_402_300_799;
