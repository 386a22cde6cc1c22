/** The Notary Project signatures of digests, as they are shown: claims, unless somebody is trusted. */
import { mapConcurrent } from '../concurrency.js';
import { isTrustError, type TrustError } from '../errors.js';
import { limits } from '../limits.js';
import {
  boundTags,
  createRevocationCheck,
  describeSignatures,
  verifyImage,
  type RevocationCheck,
  type SignatureDescription,
  type SignatureStore,
  type SignatureTrust,
} from '../notation/index.js';
import { describeManifest } from '../registry/index.js';
import { type AccessRun, type Session, signatureStore } from '../access/index.js';

/** One signature; dates in ISO 8601. */
export interface SignatureFacts {
  /** Digest of the signature. */
  readonly signature: string;
  /** Subject of the certificate that signed. */
  readonly signer?: string;
  readonly format?: 'cose' | 'jws';
  readonly signedAt?: string;
  /** Its own end; left out where it lasts as long as its certificates. */
  readonly expires?: string;
  /** The end of the certificate that signed. */
  readonly certificateExpires?: string;
  /** The time in its time stamp. */
  readonly timestamp?: string;
  /** The tags of this repository that it names. */
  readonly tags?: readonly string[];
  readonly verdict: 'not judged' | 'accepted' | 'rejected';
  /** Why it is rejected, or cannot be read. */
  readonly reason?: string;
}

/** What is attached to a digest. */
export interface DigestSignatures {
  readonly signatures: readonly SignatureFacts[];
  /** Signatures beyond those that were read. */
  readonly unread: number;
  /** Why they are not known. */
  readonly error?: { readonly code: TrustError['code']; readonly message: string };
}

/** Where the signatures are that are shown. */
export interface SignaturePlace {
  readonly gun: string;
  readonly repository: string;
  readonly session: Session;
  /** Undefined: nobody is trusted, and nothing judged. */
  readonly trust: SignatureTrust | undefined;
}

/** What tags point to in the registry, for those that are there. */
export async function digestsOfTags(
  { repository, session: { client } }: SignaturePlace,
  tags: readonly string[],
  { signal }: Pick<AccessRun, 'signal'>,
): Promise<ReadonlyMap<string, string>> {
  const found = await mapConcurrent(tags, limits.concurrentTags, async (tag) => {
    const manifest = await describeManifest({ ...client, repository, signal }, tag);
    return manifest ? [[tag, manifest.digest] as const] : [];
  });
  return new Map(found.flat());
}

/**
 * The signatures of each digest, looked up once. What keeps those of one from being read is said of it,
 * and keeps no other from being shown.
 * @throws {TrustError} INTERRUPTED
 */
export async function signaturesOf(
  place: SignaturePlace,
  digests: readonly string[],
  run: AccessRun,
): Promise<ReadonlyMap<string, DigestSignatures>> {
  const { clock, signal } = run;
  const checkRevocation = createRevocationCheck({ http: place.session.http, clock, signal });
  const found = await mapConcurrent(
    [...new Set(digests)],
    limits.concurrentTags,
    async (digest) => {
      try {
        return [digest, await lookUp(place, digest, checkRevocation, run)] as const;
      } catch (error) {
        if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
        const { code, message } = error;
        run.log.warn(
          `The Notary Project signatures of ${place.gun}@${digest} are not known: ${message}`,
        );
        return [digest, { signatures: [], unread: 0, error: { code, message } }] as const;
      }
    },
  );
  return new Map(found);
}

async function lookUp(
  { gun, repository, session, trust }: SignaturePlace,
  digest: string,
  checkRevocation: RevocationCheck,
  { clock, signal }: AccessRun,
): Promise<DigestSignatures> {
  const access = { ...session.client, repository, signal };
  const store = readOnce(signatureStore(access));
  const described = await describeSignatures(store, digest);
  const { unread } = described;
  const target =
    trust && described.signatures.length > 0 && (await describeManifest(access, digest));
  if (!trust || !target) {
    return {
      unread,
      signatures: described.signatures.map((one): SignatureFacts => {
        const { signature } = one;
        return 'flaw' in one
          ? { signature, verdict: 'not judged', reason: one.flaw }
          : { signature, ...factsOf(gun, one.description), verdict: 'not judged' };
      }),
    };
  }
  const asked = { metadata: {}, now: clock(), checkRevocation };
  const { signatures } = await verifyImage(store, { gun, target }, trust, asked);
  return {
    unread,
    signatures: described.signatures.map((one): SignatureFacts => {
      const { signature } = one;
      const facts = 'flaw' in one ? {} : factsOf(gun, one.description);
      const outcome = signatures.find((judged) => judged.signature === signature);
      if (!outcome) return { signature, ...facts, verdict: 'not judged' };
      return outcome.isAccepted
        ? { signature, ...facts, verdict: 'accepted' }
        : { signature, ...facts, verdict: 'rejected', reason: outcome.reason };
    }),
  };
}

/** What is described and judged is listed and read once. */
function readOnce(store: SignatureStore): SignatureStore {
  const once = <T>(ask: (name: string) => Promise<T>): ((name: string) => Promise<T>) => {
    const answers = new Map<string, Promise<T>>();
    return (name) => {
      const answer = answers.get(name) ?? ask(name);
      answers.set(name, answer);
      return answer;
    };
  };
  return {
    ...store,
    list: once((subject) => store.list(subject)),
    read: once((signature) => store.read(signature)),
  };
}

function factsOf(
  gun: string,
  { signer, format, signedAt, expires, certificates, timestamp, metadata }: SignatureDescription,
): Omit<SignatureFacts, 'signature' | 'verdict'> {
  const end = certificates[0]?.notAfter;
  return {
    signer,
    format,
    signedAt: signedAt.toISOString(),
    ...(expires && { expires: expires.toISOString() }),
    ...(end && { certificateExpires: end.toISOString() }),
    ...(timestamp && { timestamp: timestamp.toISOString() }),
    tags: boundTags(gun, metadata),
  };
}

/** In a few words: how many, by whom, until when, and whether they count. */
export function signatureText(found: DigestSignatures | undefined): string {
  if (!found) return '-';
  const { signatures, unread, error } = found;
  if (error) return 'not known';
  if (signatures.length === 0) return 'none';
  const texts = signatures.map((one) => {
    const { signer, format, expires, certificateExpires, tags = [], verdict, reason } = one;
    const parts = [
      signer ?? one.signature,
      format,
      tags.length > 0 ? `tag ${tags.join(' ')}` : undefined,
      (expires ?? certificateExpires) &&
        `until ${(expires ?? certificateExpires ?? '').slice(0, 10)}`,
      reason === undefined ? verdict : `${verdict}: ${reason}`,
    ];
    return parts.filter((part) => part !== undefined).join(', ');
  });
  const more = unread > 0 ? [`${unread} more were not read`] : [];
  return `${signatures.length}: ${[...texts, ...more].join('; ')}`;
}
