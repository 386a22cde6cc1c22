/**
 * What a check is, what it says, and how checks run: side by side, and whatever happens to one of them
 * is a finding of its own. A check changes nothing, and claims nothing that it did not see.
 */
import { isTrustError, messageOf, type ErrorCode, type TrustError } from '../errors.js';

/** What a check is about, in the order in which people read it. */
export const areas = [
  'surroundings',
  'identity',
  'registry',
  'trust data',
  'keys',
  'calendar',
] as const;
export type Area = (typeof areas)[number];

/** `unknown`: nobody could see it, or nothing was given to look at. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'unknown';

/** What the principal is to do; what it lacks for anything else is no failure. */
export interface Purpose {
  /** Whether it pushes and signs; else it reads and verifies. */
  readonly isSigning: boolean;
  /** Whether the signatures are those of Docker Content Trust, perhaps beside others. */
  readonly isDct: boolean;
  /** Whether Notary Project signatures are made, perhaps beside others. */
  readonly isNotaryProject: boolean;
}

/** What a check saw. */
export interface Observation {
  readonly verdict: Verdict;
  /** Why, as a sentence without its full stop. */
  readonly reason: string;
  /** What to do about it, a step a line. */
  readonly remedy?: string;
  /** Of the error that a run would end with. */
  readonly code?: ErrorCode;
  /** The name of what was seen, where a check sees several things. */
  readonly check?: string;
  /** The same for other programs. */
  readonly facts?: object;
}

/** One look at something. */
export interface Check {
  readonly area: Area;
  readonly check: string;
  /** What it looks at: a host, a repository, a key. */
  readonly subject?: string;
  /** What an error means; default: `fail`. */
  readonly onError?: Exclude<Verdict, 'pass'>;
  /** @throws {NotSeen} for what cannot be seen; anything else becomes a finding as `onError` says. */
  readonly look: () => Promise<Observation | readonly Observation[]>;
}

/** What was found. */
export interface Finding extends Observation, Pick<Check, 'area' | 'subject'> {
  readonly check: string;
}

/** Thrown by a check that cannot see what it is about; it is no failure. */
export class NotSeen extends Error {
  constructor(
    why: string,
    readonly remedy?: string,
  ) {
    super(why);
    this.name = 'NotSeen';
  }
}

/** All is well. */
export function pass(reason: string, more: Partial<Observation> = {}): Observation {
  return { verdict: 'pass', reason, ...more };
}

/** Works, and needs attention. */
export function warn(reason: string, remedy: string, more: Partial<Observation> = {}): Observation {
  return { verdict: 'warn', reason, remedy, ...more };
}

/** Nobody could see it. */
export function unknown(reason: string, remedy?: string): Observation {
  return { verdict: 'unknown', reason, ...(remedy !== undefined && { remedy }) };
}

/** What an error says, as `verdict`. */
export function observed(
  { code, message, remedy }: TrustError,
  verdict: Exclude<Verdict, 'pass'> = 'fail',
): Observation {
  return { verdict, reason: message.replace(/\.$/, ''), remedy, code };
}

/** A check that waits for what another one reports: if that failed, nothing can be seen here. */
export async function needing<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isTrustError(error, 'INTERRUPTED')) throw error;
    const why = error instanceof NotSeen ? error.message : `${what} failed`;
    throw new NotSeen(`not checked: ${why.replace(/^not checked: /, '')}`);
  }
}

/** What is not given is not looked at, and said. */
export function notGiven(
  area: Area,
  check: string,
  input: string,
  nameInput: (name: string) => string,
): Check {
  const name = nameInput(input);
  const observation = unknown(`not checked: ${name} is not set`, `Set ${name} to have it checked.`);
  return { area, check, look: () => Promise.resolve(observation) };
}

/**
 * Runs all checks.
 * @returns the findings in the order of the checks.
 * @throws {TrustError} INTERRUPTED only.
 */
export async function diagnose(checks: readonly Check[]): Promise<readonly Finding[]> {
  const found = await Promise.all(checks.map(findingsOf));
  return found.flat();
}

async function findingsOf(check: Check): Promise<readonly Finding[]> {
  const { area, check: name, subject, look } = check;
  const place = { area, check: name, ...(subject !== undefined && { subject }) };
  try {
    return [await look()].flat().map((observation) => ({ ...place, ...observation }));
  } catch (error) {
    if (isTrustError(error, 'INTERRUPTED')) throw error;
    return [{ ...place, ...afterError(error, check) }];
  }
}

function afterError(error: unknown, { onError }: Check): Observation {
  if (error instanceof NotSeen) return unknown(error.message, error.remedy);
  if (isTrustError(error)) return observed(error, onError);
  return unknown(
    `the check itself failed: ${messageOf(error)}`,
    'Run again with debug messages, and report it if it stays.',
  );
}
