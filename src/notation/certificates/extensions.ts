/** Extensions of certificates, CRLs, OCSP answers and their entries (RFC 5280, 4.2 and 5.2). */
import type { Extension } from '@peculiar/asn1-x509';
import { RuleError } from '../rule-error.js';
import { readDer } from './der.js';

/** An extension that was there, critical or not. */
export interface Found<T> {
  readonly isCritical: boolean;
  readonly value: T;
}

/** An extension whose value nobody has looked at yet. */
interface Unread {
  readonly isCritical: boolean;
  /** Its value. @throws {RuleError} where it is not DER. */
  readonly read: () => Buffer;
}

/** By object identifier. */
export type Extensions = ReadonlyMap<string, Unread>;

/** @throws {RuleError} where one is there twice; `what` has them. */
export function readExtensions(list: readonly Extension[], what: string): Extensions {
  const extensions = new Map<string, Unread>();
  for (const { extnID: id, critical: isCritical, extnValue } of list) {
    if (extensions.has(id)) throw new RuleError(`${what} has an extension twice`);
    const read = (): Buffer =>
      readDer(new Uint8Array(extnValue.buffer), `extension ${id} of ${what}`).raw;
    extensions.set(id, { isCritical, read });
  }
  return extensions;
}

/** @throws {RuleError} for a critical extension that is none of `understood` (RFC 5280, 4.2). */
export function requireUnderstood(
  extensions: Extensions,
  understood: readonly string[],
  what: string,
): void {
  for (const [id, { isCritical }] of extensions) {
    if (!isCritical || understood.includes(id)) continue;
    throw new RuleError(`${what} has the critical extension ${id}`);
  }
}
