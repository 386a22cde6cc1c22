/** The signatures of a repository, as its registry keeps them. */
import {
  envelopeLayer,
  RuleError,
  signatureArtifactType,
  type SignatureStore,
} from '../../notation/index.js';
import {
  attachArtifact,
  createBlobReader,
  listReferrers,
  readArtifactManifest,
  type RepositoryAccess,
} from '../../registry/index.js';

export function createSignatureStore(access: RepositoryAccess): SignatureStore {
  const readBlob = createBlobReader(access);
  return {
    list: async (subject) => {
      const { referrers } = await listReferrers(access, subject, signatureArtifactType);
      return referrers.map(({ digest }) => digest);
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
    attach: async (signature) => (await attachArtifact(access, signature)).digest,
  };
}
