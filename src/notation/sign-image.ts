/**
 * Signs a manifest and attaches the signature to it. A manifest that has such a signature already is
 * left alone, so that a run that is repeated signs nothing twice. What is returned was listed by the
 * registry, read back and verified.
 */
import { TrustError } from '../errors.js';
import type { ChainSigner } from './chain-signer.js';
import type { EnvelopeFormat } from './envelope/index.js';
import { prepareSignature } from './prepare-signature.js';
import { maybeSignedBy, storedSignature } from './storage/signature-manifest.js';
import {
  readStored,
  type ManifestDescriptor,
  type SignatureStore,
} from './storage/signature-store.js';
import type { Timestamper } from './timestamp/index.js';
import {
  verifySignature,
  type AcceptedSignature,
  type SignatureToVerify,
} from './verification/index.js';

/** How a manifest is signed. */
export interface ImageOrder {
  readonly target: ManifestDescriptor;
  /** What the signature must hold. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly format: EnvelopeFormat;
  /** How long it is to be accepted, in milliseconds; undefined for no end of its own. */
  readonly lifetimeMs: number | undefined;
  readonly agent: string;
  readonly now: () => Date;
  /** Whose time stamp the signature must have; undefined where none is asked for. */
  readonly timestamper?: Timestamper | undefined;
}

/** A signature that is listed and verifies. */
export interface AttachedSignature {
  /** Of the signature manifest. */
  readonly digest: string;
  /** Whether this run made it. */
  readonly isNew: boolean;
  readonly expiry: Date | undefined;
  /** Of the time stamp that was asked for. */
  readonly stampedAt: Date | undefined;
}

/**
 * The list is read once before, and once more by {@link SignatureStore.attach}. Signatures by other
 * certificates are not read.
 * @throws {TrustError} SIGNATURE_INVALID, READ_BACK_FAILED, and what the signer and the store throw.
 */
export async function signImage(
  store: SignatureStore,
  signer: ChainSigner,
  order: ImageOrder,
): Promise<AttachedSignature> {
  const existing = await findSignature(store, signer, order);
  if (existing) return { ...existing, isNew: false };
  const { target, format, metadata, lifetimeMs, agent, now, timestamper } = order;
  const signingTime = wholeSecond(now());
  const expiry =
    lifetimeMs === undefined ? undefined : new Date(signingTime.getTime() + lifetimeMs);
  const pending = prepareSignature({
    format,
    target: { ...target, annotations: metadata },
    signer: signer.chain,
    signingTime,
    ...(expiry && { expiry }),
    agent,
  });
  const finished = pending.finish(await signer.sign(pending.algorithm.name, pending.digest));
  const bytes = finished.close(await timestamper?.stamp(pending.algorithm, finished.signature));
  const stored = storedSignature(format, bytes, target, signer.chain.chain, signingTime);
  const digest = await store.attach(stored);
  const accepted = await verifyOwn(store, digest, signer, order);
  if (accepted) return { digest, isNew: true, expiry, stampedAt: accepted.timestamp?.time };
  throw new TrustError(
    'READ_BACK_FAILED',
    `The signature ${digest} of ${target.digest} was stored, and the registry does not serve it as it was made`,
    { remedy: 'Run this step again: it signs only what has no such signature.' },
  );
}

/**
 * A signature by this certificate that has all that is asked for.
 * @throws {TrustError} what the store throws
 */
export async function findSignature(
  store: SignatureStore,
  signer: ChainSigner,
  order: ImageOrder,
): Promise<Omit<AttachedSignature, 'isNew'> | undefined> {
  const [{ thumbprint }] = signer.chain.chain;
  for (const { digest, annotations } of await store.list(order.target.digest)) {
    if (!maybeSignedBy(annotations, thumbprint)) continue;
    const found = await verifyOwn(store, digest, signer, order);
    if (!found) continue;
    const { expiry } = found.envelope;
    if ((expiry === undefined) !== (order.lifetimeMs === undefined)) continue;
    return { digest, expiry, stampedAt: found.timestamp?.time };
  }
  return undefined;
}

/** What a signature holds, where it is by this very certificate and verifies. */
async function verifyOwn(
  store: SignatureStore,
  digest: string,
  { chain: { chain } }: ChainSigner,
  { target, metadata, now, timestamper }: ImageOrder,
): Promise<AcceptedSignature | undefined> {
  const envelope = await readStored(store, digest);
  if ('flaw' in envelope) {
    if (envelope.error) throw envelope.error;
    return undefined;
  }
  const root = chain.at(-1) ?? chain[0];
  const verdict = await verifySignature({
    ...envelope,
    target,
    metadata,
    statement: { ...ownStatement, verifyTimestamp: timestamper ? 'always' : 'afterCertExpiry' },
    anchors: { ca: [root], signingAuthority: [], tsa: timestamper?.roots },
    now: now(),
    // Whether its own certificate is revoked, a signer learns elsewhere; of the authority whose time
    // stamp it gets, when it gets it.
    checkRevocation: (asked) =>
      Promise.resolve(
        asked.slice(0, -1).map((certificate) => ({ certificate, status: 'none' as const })),
      ),
  });
  const isOwn = verdict.isAccepted && verdict.chain[0].thumbprint === chain[0].thumbprint;
  return isOwn ? verdict : undefined;
}

const ownStatement: Omit<SignatureToVerify['statement'], 'verifyTimestamp'> = {
  name: 'own',
  scopes: ['*'],
  level: {
    authenticity: 'enforce',
    authenticTimestamp: 'enforce',
    expiry: 'enforce',
    revocation: 'skip',
  },
  trustStores: [{ type: 'ca', name: 'own' }],
  identities: 'any',
};

/** The precision of a time of signing (signature specification, "Signed Attributes"). */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
