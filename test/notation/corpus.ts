/** The recorded envelopes with the verdicts of the specification and of notation (fixtures). */
import { readFileSync } from 'node:fs';
import { isTrustError } from '../../src/errors.js';
import {
  anchorsOf,
  readTrustPolicy,
  readTrustStore,
  statementFor,
  type TrustStore,
  type TrustStoreType,
} from '../../src/notation/policy/index.js';
import { verifySignature, type RevocationCheck } from '../../src/notation/verification/index.js';

export interface CorpusCase {
  readonly id: string;
  readonly why: string;
  readonly specification: 'accept' | 'reject' | 'either';
  readonly mediaType: string;
  readonly target: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly reference: string;
  readonly policy: object;
  /** Names of certificates by store, such as `ca/acme`. */
  readonly trustStore: Readonly<Record<string, readonly string[]>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly notation: { readonly verdict: 'accept' | 'reject'; readonly error?: string };
  /** Base64. */
  readonly envelope: string;
}

const folder = new URL('../fixtures/notation/', import.meta.url);

/** A file of the fixtures. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

const corpus = JSON.parse(fixture('corpus.json').toString()) as {
  readonly certificates: Readonly<Record<string, string>>;
  readonly cases: readonly CorpusCase[];
};

export const corpusCases = corpus.cases;

/** When the verdicts were recorded. */
export const recordedAt = new Date('2026-11-28T12:00:00Z');

/** No certificate of the corpus names anybody to ask. */
export const nobodyToAsk: RevocationCheck = (chain) =>
  Promise.resolve(
    chain.slice(0, -1).map((certificate) => ({ certificate, status: 'none' as const })),
  );

function storeOf({ trustStore }: CorpusCase): TrustStore {
  return readTrustStore(
    Object.entries(trustStore).flatMap(([key, names]) => {
      const [type = '', name = ''] = key.split('/');
      return names.map((certificate) => ({
        type: type as TrustStoreType,
        name,
        file: `${key}/${certificate}.pem`,
        bytes: Buffer.from(corpus.certificates[certificate] ?? ''),
      }));
    }),
  );
}

/** Our verdict on a case, with its reason. */
export async function judge(
  example: CorpusCase,
): Promise<{ readonly verdict: 'accept' | 'reject'; readonly reason: string }> {
  try {
    const policy = readTrustPolicy('corpus', Buffer.from(JSON.stringify(example.policy)));
    const [repository = ''] = example.reference.split('@');
    const statement = statementFor(policy, repository);
    if (!statement) return { verdict: 'reject', reason: 'policy: no statement' };
    if (statement.level === 'skip') return { verdict: 'accept', reason: 'skip' };
    const verdict = await verifySignature({
      mediaType: example.mediaType,
      bytes: Buffer.from(example.envelope, 'base64'),
      target: example.target,
      statement,
      anchors: anchorsOf(statement, storeOf(example)),
      metadata: example.metadata ?? {},
      now: recordedAt,
      checkRevocation: nobodyToAsk,
    });
    return verdict.isAccepted
      ? { verdict: 'accept', reason: '' }
      : { verdict: 'reject', reason: `${verdict.check}: ${verdict.reason}` };
  } catch (error) {
    if (!isTrustError(error, 'TRUST_POLICY_INVALID')) throw error;
    return { verdict: 'reject', reason: `policy: ${error.message}` };
  }
}
