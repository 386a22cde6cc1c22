/**
 * Run as a child process that knows the authority of the test's server from its start: reads the
 * repositories named on standard input, one JSON line each, and prints our verdicts. Remembers what
 * it has read, so that a second reading of a repository follows the first. Holds no assertion.
 */
import { createInterface } from 'node:readline';
import { isTrustError } from '../../../src/errors.js';
import { createHttpClient } from '../../../src/http/index.js';
import {
  createTrustServer,
  lookUpTag,
  readRepository,
  sha256HexOf,
  type TrustedView,
} from '../../../src/trust/index.js';
import { targetIn } from '../../../src/trust/verification/look-up.js';
import { walkRoles } from '../../../src/trust/verification/walk.js';
import { imageOf, type Verdict } from './verdict.js';

/** What is asked. */
export interface Question {
  readonly id: number;
  /** Base address of the server. */
  readonly url: string;
  readonly gun: string;
  readonly tag: string;
}

/** What is answered: by the rules of a pull and by those of `notary lookup`. */
export interface OurAnswer {
  readonly id: number;
  readonly pull: Verdict;
  readonly lookup: Verdict;
  readonly words: string;
}

const http = createHttpClient({ userAgent: 'acr-content-trust-test', environment: process.env });
const seen = new Map<string, TrustedView>();

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as Question;
  void answer(question).then((given) => {
    console.log(JSON.stringify(given));
  });
}

async function answer({ id, url, gun, tag }: Question): Promise<OurAnswer> {
  const server = createTrustServer({ url, gun, http, token: () => Promise.resolve(undefined) });
  try {
    const previous = seen.get(gun);
    const view = await readRepository(server, { pins: [], now: new Date(), previous });
    if (!view) return { id, pull: 'none', lookup: 'none', words: '' };
    seen.set(gun, view);
    return { id, ...pullVerdict(view, tag), lookup: lookupVerdict(view, tag) };
  } catch (error) {
    const verdict = verdictOf(error);
    const words = error instanceof Error ? error.message : String(error);
    return { id, pull: verdict, lookup: verdict, words };
  }
}

function verdictOf(error: unknown): Verdict {
  if (isTrustError(error, 'TRUST_DATA_EXPIRED')) return 'expired';
  if (isTrustError(error, 'TRUST_DATA_INVALID', 'TRUST_SERVER_UNREACHABLE')) return 'invalid';
  return 'crash';
}

function pullVerdict(view: TrustedView, tag: string): { pull: Verdict; words: string } {
  const found = lookUpTag(view, tag);
  switch (found.kind) {
    case 'signed':
      return { pull: imageOf(found.digest.replace('sha256:', '')), words: found.role };
    case 'refused':
      return { pull: 'refused', words: found.reason };
    case 'unsigned':
      return { pull: 'unsigned', words: '' };
  }
}

/** The whole tree from `targets` down, as `notary lookup` goes through it. */
function lookupVerdict(view: TrustedView, tag: string): Verdict {
  for (const role of walkRoles(view, { from: 'targets', target: tag })) {
    const target = targetIn(view, role, tag);
    if (target === undefined) continue;
    const hex = sha256HexOf(target);
    return hex === undefined ? 'refused' : imageOf(hex);
  }
  return 'unsigned';
}
