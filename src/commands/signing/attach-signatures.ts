/** Signs what a run has found behind tags for Notary Project, with the signatures kept in the registry. */
import { signImagesOfTags, type ChainSigner, type ImageSignature } from '../../notation/index.js';
import { platformManifests, type Manifest } from '../../registry/index.js';
import { version } from '../../version.js';
import type { Session } from '../access/access.js';
import { signatureStore } from '../access/signature-store.js';
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
