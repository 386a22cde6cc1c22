/**
 * Checks of the time stamping authority: it stamps something random, and the time stamp leads to the
 * roots that are given.
 */
import { randomBytes } from 'node:crypto';
import {
  createRevocationCheck,
  fetchTimestamp,
  requestTimestamp,
  type Certificate,
  type ReceivedTimestamp,
} from '../notation/index.js';
import type { HttpClient } from '../http/index.js';
import type { Clock } from '../ports.js';
import { dayOf, expiresWithin } from '../trust/index.js';
import { pass, warn, type Check, type Observation } from './check.js';

/** An authority, and whose time stamps are trusted. */
export interface AuthorityToCheck {
  readonly url: string;
  readonly readRoots: () => Promise<readonly Certificate[]>;
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly withinDays: number;
}

/** One check: whatever is wrong with the authority, a run ends with the same error. */
export function timestampChecks(authority: AuthorityToCheck): readonly Check[] {
  return [
    {
      area: 'keys',
      check: 'time stamp',
      // Without a key of the authority's customer that its address may hold.
      subject: new URL(authority.url).host,
      look: async () => judgeTimestamp(await stampRandom(authority), authority),
    },
  ];
}

async function stampRandom({
  url,
  readRoots,
  http,
  signal,
  clock,
}: AuthorityToCheck): Promise<Pick<ReceivedTimestamp, 'chain'>> {
  const options = {
    http,
    signal,
    roots: await readRoots(),
    checkRevocation: createRevocationCheck({ http, signal, clock }),
  };
  return fetchTimestamp(url, requestTimestamp({ hash: 'sha256' }, randomBytes(64)), options);
}

/** Says what vouches for the time, and warns before the first certificate on the way expires. */
export function judgeTimestamp(
  { chain }: Pick<ReceivedTimestamp, 'chain'>,
  { clock, withinDays }: Pick<AuthorityToCheck, 'clock' | 'withinDays'>,
): Observation {
  const root = chain.at(-1)?.subjectText;
  const expires = new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime())));
  const facts = { root, certificates: chain.length, expires: expires.toISOString() };
  const seen = `it stamped random bytes, and the time stamp leads to ${JSON.stringify(root)}, with certificates until ${dayOf(expires)}`;
  return expiresWithin(expires, clock(), withinDays)
    ? warn(
        seen,
        'See whether the authority has announced a new certificate or root, and set `timestamp-root` to both roots before the old one expires.',
        { facts },
      )
    : pass(seen, { facts });
}
