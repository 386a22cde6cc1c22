/** Pins that are each for some repositories. */
import { parseNamePattern, type NamePattern } from '../registry/index.js';
import { parsePin, type PinReference } from '../signing/index.js';

/** Something that roots can be held against, and whose. */
export interface ScopedPin<P = PinReference> {
  /** Undefined: of every repository that no other pin is for. */
  readonly pattern: NamePattern | undefined;
  readonly pin: P;
}

/**
 * Reads a pin with or without a pattern, such as `contoso.azurecr.io/*=` before the pin. What stands
 * before `=` is a pattern only if it begins with the name of a registry, so that paths with `=` stay
 * paths.
 * @throws {TrustError} INPUT_INVALID, KEY_REFERENCE_INVALID
 */
export function parseScopedPin(text: string, workingDirectory: string, input: string): ScopedPin {
  const match = /^([^=/\s]*[.:*][^=/\s]*\/[^=\s/][^=\s]*)=(.+)$/s.exec(text);
  const [, pattern, pin] = match ?? [];
  return pattern === undefined || pin === undefined
    ? { pattern: undefined, pin: parsePin(text, workingDirectory, input) }
    : {
        pattern: parseNamePattern(pattern),
        pin: parsePin(pin.trim(), workingDirectory, input),
      };
}

/** The pins that the root of `gun` is held against: those for it, else those for all. */
export function pinsFor<P>(pins: readonly ScopedPin<P>[], gun: string): readonly P[] {
  const own = pins.filter(({ pattern }) => pattern?.matches(gun) === true);
  const general = pins.filter(({ pattern }) => pattern === undefined);
  return (own.length > 0 ? own : general).map(({ pin }) => pin);
}
