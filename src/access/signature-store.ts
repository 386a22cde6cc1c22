/** The signatures of a repository, as its registry keeps them. */
import {
  envelopeLayer,
  RuleError,
  signatureArtifactType,
  type SignatureStore,
} from '../notation/index.js';
import {
  attachArtifact,
  createBlobReader,
  listReferrers,
  readArtifactManifest,
  type KnownOfRepository,
  type RepositoryAccess,
} from '../registry/index.js';

export function signatureStore(access: RepositoryAccess): SignatureStore {
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
      if (!manifest) throw new RuleError('the registry has no manifest of a signature for it');
      const { mediaType, digest, size } = envelopeLayer(manifest);
      const bytes = await readBlob(access.repository, digest, size);
      if (!bytes) throw new RuleError('the registry does not have its envelope');
      return { mediaType, bytes };
    },
    attach: async (signature) => (await attachArtifact(access, signature, known)).digest,
  };
}
