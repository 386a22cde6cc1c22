/**
 * Signs images for Notary Project: opens the certificate and makes sure that its chain may sign, before
 * anything is changed; then attaches one signature to each digest, which names the tags of the run.
 */
import type { AzureAccess } from '../access/access.js';
import { openSigningCertificate, readChainSecret } from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { TrustError, isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  isSelfSigned,
  prepareSigningChain,
  readCertificate,
  signImage,
  type ChainSigner,
  type ManifestDescriptor,
} from '../../notation/index.js';
import { platformManifests, type Manifest } from '../../registry/index.js';
import { formatKeyReference, type VaultCertificateReference } from '../../signing/index.js';
import { version } from '../../version.js';
import type { Session } from '../access/access.js';
import type { Run } from '../context.js';
import type { ImageConfiguration } from '../inputs/image.js';
import { tagMetadata, type NotaryProjectConfiguration } from '../inputs/notary-project.js';
import { createSignatureStore } from './signature-store.js';

/** A Notary Project signature of this run, or one that was there already and says the same. */
export interface ImageSignature {
  /** What it is for: the image, or the image of one of its platforms. */
  readonly digest: string;
  /** Of the signature's manifest in the same repository. */
  readonly signature: string;
  readonly isNew: boolean;
  /** Undefined where it is accepted for as long as its certificates are. */
  readonly expires: string | undefined;
  /** The tags that it names. */
  readonly tags: readonly string[];
}

/**
 * Opens the certificate of `configuration` with its chain. Signs nothing yet.
 * @throws {TrustError} CERTIFICATE_UNSUITABLE and what the vault refuses
 */
export async function openNotaryProject(
  { certificate, chain }: NotaryProjectConfiguration,
  { credential }: Pick<AzureAccess, 'credential'>,
  { clock, signal, secrets, nameInput }: Run,
): Promise<ChainSigner> {
  const options = { clock, signal, secrets };
  const opened = await openSigningCertificate(certificate, credential, options);
  const readChain = async (): Promise<readonly Uint8Array[]> => {
    if (chain && 'read' in chain) return chain.read();
    if (chain) return readChainSecret(chain, credential, options);
    if (isSelfSigned(readCertificate(opened.certificate))) return [];
    try {
      const { vaultUrl, name, version: its } = opened.reference;
      const secret = { kind: 'vault-secret', vaultUrl, name, version: its } as const;
      return await readChainSecret(secret, credential, options);
    } catch (cause) {
      throw isTrustError(cause, 'VAULT_FORBIDDEN')
        ? chainForbidden(opened.reference, cause, nameInput('certificate-chain'))
        : cause;
    }
  };
  const source = formatKeyReference(opened.reference);
  return {
    chain: prepareSigningChain(source, opened.certificate, await readChain(), clock()),
    sign: (algorithm, digest) => opened.sign(algorithm, digest),
  };
}

/** The right to read secrets is a wide one: a file does as well. */
function chainForbidden(
  reference: VaultCertificateReference,
  cause: TrustError,
  input: string,
): TrustError {
  return new TrustError(
    'VAULT_FORBIDDEN',
    `The chain of ${formatKeyReference(reference)} is in the secret of the certificate, which this principal may not read`,
    {
      remedy: `Give the chain (intermediate certificates and root) in PEM as ${input}, which needs no further right.\nOr let the principal read the secret: ${cause.remedy}`,
      cause,
    },
  );
}

/**
 * Signs `manifests`, by tag, each digest once.
 * @param onSigned told of every signature at once, so that a failure can name what exists.
 * @throws {TrustError} SIGNATURE_INVALID, READ_BACK_FAILED, and what vault and registry refuse
 */
export async function attachSignatures(
  image: Pick<ImageConfiguration, 'gun' | 'repository'>,
  manifests: ReadonlyMap<string, Manifest>,
  session: Pick<Session, 'client' | 'images'>,
  signer: ChainSigner,
  configuration: NotaryProjectConfiguration,
  { clock, signal, log }: Run,
  onSigned: (signature: ImageSignature) => void,
): Promise<void> {
  const { gun, repository } = image;
  const { format, lifetimeMs, isWithPlatforms, metadata } = configuration;
  const store = createSignatureStore({ ...session.client, repository, signal });
  const orders = ordersOf(manifests, isWithPlatforms);
  await mapConcurrent(orders, limits.concurrentTags, async ({ target, tags }) => {
    const { digest, isNew, expiry } = await signImage(store, signer, {
      target,
      metadata: { ...metadata, ...tagMetadata(gun, tags) },
      format,
      lifetimeMs,
      agent: `acr-content-trust/${version}`,
      now: clock,
    });
    const how = isNew ? 'signed' : 'signed already';
    log.info(`${gun}@${target.digest}  ${how}: ${digest}`);
    onSigned({
      digest: target.digest,
      signature: digest,
      isNew,
      expires: expiry?.toISOString(),
      tags,
    });
  });
}

interface Order {
  readonly target: ManifestDescriptor;
  readonly tags: readonly string[];
}

/** Each digest once, with all of its tags; the platforms of an index have those of the index. */
function ordersOf(manifests: ReadonlyMap<string, Manifest>, isWithPlatforms: boolean): Order[] {
  const orders = new Map<string, { target: ManifestDescriptor; tags: Set<string> }>();
  const add = (target: ManifestDescriptor, tag: string): void => {
    const order = orders.get(target.digest) ?? { target, tags: new Set() };
    orders.set(target.digest, { ...order, tags: order.tags.add(tag) });
  };
  for (const [tag, manifest] of manifests) {
    const { mediaType, digest, length } = manifest;
    add({ mediaType, digest, size: length }, tag);
    if (!isWithPlatforms) continue;
    for (const platform of platformManifests(manifest)) add(platform, tag);
  }
  return [...orders.values()].map(({ target, tags }) => ({ target, tags: [...tags].sort() }));
}
