/** Signs what a run has found behind tags for Notary Project, with the signatures kept in the registry. */
import {
  envelopeLayer,
  RuleError,
  signatureArtifactType,
  signImagesOfTags,
  type ChainSigner,
  type ImageSignature,
  type SignatureStore,
} from '../../notation/index.js';
import {
  attachArtifact,
  createBlobReader,
  listReferrers,
  platformManifests,
  readArtifactManifest,
  type KnownOfRepository,
  type Manifest,
  type RepositoryAccess,
} from '../../registry/index.js';
import { version } from '../../version.js';
import type { Session } from '../access/access.js';
import type { Run } from '../run.js';
import type { ImageConfiguration } from '../inputs/image.js';
import type { NotaryProjectConfiguration } from '../inputs/notary-project.js';

/**
 * @param manifests by tag.
 * @param onSigned told of every signature at once, so that a failure can name what exists.
 * @throws {TrustError} SIGNATURE_INVALID, READ_BACK_FAILED, and what vault and registry refuse
 */
export async function attachSignatures(
  { gun, repository }: Pick<ImageConfiguration, 'gun' | 'repository'>,
  manifests: ReadonlyMap<string, Manifest>,
  { client }: Pick<Session, 'client'>,
  signer: ChainSigner,
  { format, lifetimeMs, metadata, isWithPlatforms }: NotaryProjectConfiguration,
  {
    clock,
    signal,
    log,
  }: Pick<Run, 'clock' | 'signal'> & { readonly log: Pick<Run['log'], 'info'> },
  onSigned: (signature: ImageSignature) => void,
): Promise<void> {
  const targets = [...manifests].map(([tag, manifest]) => {
    const { mediaType, digest, length } = manifest;
    const platforms = isWithPlatforms ? platformManifests(manifest) : [];
    return [tag, [{ mediaType, digest, size: length }, ...platforms]] as const;
  });
  const order = {
    gun,
    manifests: new Map(targets),
    metadata,
    format,
    lifetimeMs,
    agent: `acr-content-trust/${version}`,
    now: clock,
  };
  const store = signatureStore({ ...client, repository, signal });
  await signImagesOfTags(store, signer, order, (signature) => {
    const how = signature.isNew ? 'signed' : 'signed already';
    log.info(`${gun}@${signature.digest}  ${how}: ${signature.signature}`);
    onSigned(signature);
  });
}

/** The signatures of a repository, as its registry keeps them. */
function signatureStore(access: RepositoryAccess): SignatureStore {
  const readBlob = createBlobReader(access);
  const known: KnownOfRepository = { configurations: new Map() };
  return {
    list: async (subject) => {
      const { source, referrers } = await listReferrers(access, subject, signatureArtifactType);
      known.listedBy = source;
      return referrers;
    },
    read: async (signature) => {
      const manifest = await readArtifactManifest(access, signature);
      if (!manifest) return undefined;
      try {
        const { mediaType, digest, size } = envelopeLayer(manifest);
        const bytes = await readBlob(access.repository, digest, size);
        return bytes && { mediaType, bytes };
      } catch (error) {
        // What is no signature hides none.
        if (error instanceof RuleError) return undefined;
        throw error;
      }
    },
    attach: async (signature) => (await attachArtifact(access, signature, known)).digest,
  };
}
