/**
 * How a signature is stored (Notary Project, signature specification, "Storage"): an image manifest
 * with the envelope as its one layer, which names the signed image as its subject. The older of two
 * forms, whose configuration has the type: every registry and every version of notation finds it.
 */
import { limits } from '../../limits.js';
import { wholeSeconds } from '../envelope/attributes.js';
import { envelopeMediaTypes, type EnvelopeFormat } from '../envelope/index.js';
import type { CertificateChain } from '../certificates/index.js';
import { digestOf } from '../hashes.js';
import { RuleError } from '../rule-error.js';

/** Type of the artifacts that signatures are. */
export const signatureArtifactType = 'application/vnd.cncf.notary.signature';

const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
const thumbprintsName = 'io.cncf.notary.x509chain.thumbprint#S256';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A signature as a registry takes it. */
export interface StoredSignature {
  readonly subject: Descriptor;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly manifest: { readonly mediaType: string; readonly bytes: Buffer };
  readonly blobs: readonly [config: Buffer, envelope: Buffer];
}

/** @param subject the signed manifest. */
export function storedSignature(
  format: EnvelopeFormat,
  envelope: Buffer,
  subject: Descriptor,
  chain: CertificateChain,
  signingTime: Date,
): StoredSignature {
  const config = Buffer.from('{}');
  const created = new Date(wholeSeconds(signingTime) * 1000).toISOString();
  const annotations = {
    [thumbprintsName]: JSON.stringify(chain.map(({ thumbprint }) => thumbprint)),
    'org.opencontainers.image.created': created.replace('.000Z', 'Z'),
  };
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: describe(signatureArtifactType, config),
    layers: [describe(envelopeMediaTypes[format], envelope)],
    subject: { mediaType, digest, size },
    annotations,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return {
    subject: manifest.subject,
    artifactType: signatureArtifactType,
    annotations,
    manifest: { mediaType: manifestMediaType, bytes },
    blobs: [config, envelope],
  };
}

/**
 * Whether a listed signature may be by the certificate with this thumbprint. Its annotations are a hint:
 * what has none has to be read.
 */
export function maybeSignedBy(
  annotations: Readonly<Record<string, string>>,
  thumbprint: string,
): boolean {
  const named = annotations[thumbprintsName];
  return named === undefined || named.toLowerCase().includes(thumbprint.toLowerCase());
}

/**
 * The one layer of a signature's manifest: its envelope.
 * @throws {RuleError} for an artifact of another type, or with another number of layers.
 */
export function envelopeLayer(artifact: {
  readonly artifactType: string | undefined;
  readonly layers: readonly Descriptor[];
}): Descriptor {
  if (artifact.artifactType !== signatureArtifactType) {
    throw new RuleError(`its artifact type is ${JSON.stringify(artifact.artifactType)}`);
  }
  const [layer, ...others] = artifact.layers;
  if (!layer || others.length > 0) {
    throw new RuleError(`it has ${artifact.layers.length} layers instead of one`);
  }
  if (layer.size > limits.signatureEnvelopeBytes) {
    throw new RuleError(`its envelope is larger than ${limits.signatureEnvelopeBytes} bytes`);
  }
  return layer;
}

function describe(mediaType: string, bytes: Buffer): Descriptor {
  const digest = `sha256:${digestOf('sha256', bytes).toString('hex')}`;
  return { mediaType, digest, size: bytes.length };
}
