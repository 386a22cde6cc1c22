/**
 * Signs what a run has found behind tags for Notary Project, with the signatures kept in the registry:
 * opens what signs, before anything is changed, and notes each signature as it comes to be.
 */
import { type AccessRun, type Session, signatureStore } from '../access/index.js';
import { openChainSigner } from '../azure/index.js';
import { startInBackground } from '../concurrency.js';
import { isTrustError } from '../errors.js';
import {
  createRevocationCheck,
  createTimestamper,
  proveChainSigner,
  signImagesOfTags,
  type ChainSigner,
  type ImageSignature,
  type SignatureStore,
  type TagsOrder,
  type Timestamper,
} from '../notation/index.js';
import { platformManifests, type Manifest } from '../registry/index.js';
import { agent } from '../version.js';
import type {
  ImageConfiguration,
  NotaryProjectConfiguration,
  TimestampConfiguration,
} from './configuration.js';

/** The Notary Project signatures of a run. */
export interface AttachProgress {
  /** Those that are known to be listed. */
  readonly attached: ImageSignature[];
  /** Digests of images whose signature was sent, and is not known to be listed. */
  readonly attaching: Set<string>;
}

/** What signs for Notary Project, and how. */
export interface NotaryProjectPlan {
  readonly configuration: NotaryProjectConfiguration;
  readonly signer: ChainSigner;
  readonly timestamper?: Timestamper | undefined;
}

/**
 * Opens the certificate that signs, with its chain, and judges both. Logs nothing, so that it can be
 * under way while the run logs in.
 * @param isProven whether key and time stamping authority are to prove themselves: where something is
 *   built or pushed before they sign, which would be in vain.
 * @throws {TrustError} (the promise) CERTIFICATE_UNSUITABLE, KEY_UNSUITABLE, TIMESTAMP_FAILED,
 *   TIMESTAMP_INVALID, and what the vault refuses.
 */
export function openNotaryProject(
  configuration: NotaryProjectConfiguration,
  { credential, http }: Pick<Session, 'credential' | 'http'>,
  run: AccessRun,
  isProven: boolean,
): Promise<NotaryProjectPlan> {
  const { certificate, chain, timestamp } = configuration;
  const { clock, signal } = run;
  const openTimestamper = async ({ url, roots }: TimestampConfiguration) =>
    createTimestamper(url, {
      http,
      signal,
      roots: await roots.read(run),
      checkRevocation: createRevocationCheck({ http, signal, clock }),
    });
  const open = async (): Promise<NotaryProjectPlan> => {
    const chainInput = run.nameInput('certificate-chain');
    const signer = await openChainSigner(certificate, chain, credential, { ...run, chainInput });
    const timestamper = timestamp && (await openTimestamper(timestamp));
    if (isProven) {
      const signature = await proveChainSigner(signer);
      await timestamper?.stamp(signer.chain.algorithm, signature);
    }
    return { configuration, signer, timestamper };
  };
  return startInBackground(open());
}

/** Waits until it is open, and says what signs. */
export async function describeSigner(
  opening: Promise<NotaryProjectPlan>,
  { log }: AccessRun,
): Promise<NotaryProjectPlan> {
  const plan = await opening;
  const { chain, algorithm } = plan.signer.chain;
  const [{ subjectText, notAfter }] = chain;
  log.info(`certificate ${subjectText} (${algorithm.name}), until ${notAfter.toISOString()}`);
  return plan;
}

/** How a repository is signed by `plan`. */
export function orderOf(
  { configuration: { format, lifetimeMs, metadata }, timestamper }: NotaryProjectPlan,
  gun: string,
  now: AccessRun['clock'],
): Omit<TagsOrder, 'manifests'> {
  return { gun, metadata, format, lifetimeMs, timestamper, agent, now };
}

/**
 * @param manifests by tag.
 * @param progress every signature is noted at once, so that a failure can name what exists.
 * @throws {TrustError} SIGNATURE_INVALID, READ_BACK_FAILED, and what vault and registry refuse
 */
export async function attachSignatures(
  { gun, repository }: Pick<ImageConfiguration, 'gun' | 'repository'>,
  manifests: ReadonlyMap<string, Manifest>,
  { client }: Pick<Session, 'client'>,
  plan: NotaryProjectPlan,
  {
    clock,
    signal,
    log,
  }: Pick<AccessRun, 'clock' | 'signal'> & { readonly log: Pick<AccessRun['log'], 'info'> },
  progress: AttachProgress,
): Promise<void> {
  const { isWithPlatforms } = plan.configuration;
  const targets = [...manifests].map(([tag, manifest]) => {
    const { mediaType, digest, length } = manifest;
    const platforms = isWithPlatforms ? platformManifests(manifest) : [];
    return [tag, [{ mediaType, digest, size: length }, ...platforms]] as const;
  });
  const order = { ...orderOf(plan, gun, clock), manifests: new Map(targets) };
  const store = watchStore(signatureStore({ ...client, repository, signal }), progress);
  await signImagesOfTags(store, plan.signer, order, (signature) => {
    const how = signature.isNew ? 'signed' : 'signed already';
    log.info(`${gun}@${signature.digest}  ${how}: ${signature.signature}`);
    progress.attached.push(signature);
    progress.attaching.delete(signature.digest);
  });
}

/** Notes what is sent to `store`: until it is listed, it is not known whether it is. */
function watchStore(store: SignatureStore, { attaching }: AttachProgress): SignatureStore {
  return {
    ...store,
    attach: async (signature) => {
      const { digest } = signature.subject;
      attaching.add(digest);
      try {
        return await store.attach(signature);
      } catch (error) {
        if (isTrustError(error, 'PUSH_NOT_AUTHORIZED', 'PUSH_FAILED')) attaching.delete(digest);
        throw error;
      }
    },
  };
}
