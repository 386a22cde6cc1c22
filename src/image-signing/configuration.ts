/** What is signed, and by what. */
import type { NamedKey } from '../azure/index.js';
import type { EnvelopeFormat } from '../notation/index.js';
import type {
  ChainFile,
  PinReference,
  VaultCertificateReference,
  VaultSecretReference,
} from '../signing/index.js';
import type { NamedCertificates } from '../verification/index.js';

/** What is built, pushed or signed. */
export interface ImageConfiguration {
  readonly registry: string;
  readonly repository: string;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** The trust collection: registry and repository. */
  readonly gun: string;
}

/** The image of one repository, and where its trust data is. */
export interface ImagePlace {
  readonly image: ImageConfiguration;
  readonly trustServer: string;
}

/** The image of one repository, and what its signing depends on. */
export interface SigningTarget extends ImagePlace {
  readonly registryId: string | undefined;
}

/** What signs, and how. */
export interface SigningConfiguration {
  readonly engine: 'native' | 'docker';
  readonly signingKey: NamedKey;
  readonly rootKey: NamedKey | undefined;
  readonly pins: readonly PinReference[];
  /** Whether the tags appear only after they are signed. */
  readonly tagsLast: 'auto' | 'always' | 'never';
}

/** How Notary Project signatures are made. */
export interface NotaryProjectConfiguration {
  readonly certificate: VaultCertificateReference;
  /** Undefined: the secret of the certificate, where it needs a chain. */
  readonly chain: ChainFile | VaultSecretReference | undefined;
  readonly format: EnvelopeFormat;
  /** Milliseconds after signing. */
  readonly lifetimeMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly isWithPlatforms: boolean;
  /** Undefined where no time stamp is asked for. */
  readonly timestamp: TimestampConfiguration | undefined;
}

/** Whose time stamps signatures get. */
export interface TimestampConfiguration {
  readonly url: string;
  readonly roots: NamedCertificates;
}

/** Which kinds of signatures a run makes. */
export interface SignatureKinds {
  readonly isDct: boolean;
  /** Undefined where none are made, and where an input cannot be read, which ends the run. */
  readonly notaryProject: NotaryProjectConfiguration | undefined;
}

/** What a run signs with. Of `both`, the states of tags are those of Docker Content Trust. */
export type SignedKinds = 'dct' | 'notary-project' | 'both';

/** The kinds in one word, as the input has them. */
export function kindsOf({ isDct, notaryProject }: SignatureKinds): SignedKinds {
  if (!isDct) return 'notary-project';
  return notaryProject ? 'both' : 'dct';
}
