/** What a run was asked for, once everything has been checked. Types only. */
import type { CommandName } from '../command-name.js';
import type { InputName, InputValues } from '../inputs/values.js';
import type { RegistryPlace } from '../access/access.js';
import type { KeyReference } from '../../signing/index.js';
import type { PinReference } from './trust-pin.js';

/** What is built, pushed or signed. */
export interface ImageConfiguration {
  readonly registry: string;
  readonly repository: string;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** The trust collection: registry and repository. */
  readonly gun: string;
}

export interface BuildConfiguration {
  readonly context: string;
  readonly dockerfile: string | undefined;
  readonly buildArgs: readonly string[];
  readonly target: string | undefined;
  readonly labels: readonly string[];
  readonly platforms: readonly string[];
  readonly secrets: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean;
  readonly pull: boolean;
  readonly builder: 'auto' | 'buildx' | 'classic';
  readonly builderName: string | undefined;
  readonly extraArguments: readonly string[];
  /** `ignore` also when content trust is off. */
  readonly baseImages: 'enforce' | 'pin-signed' | 'ignore';
}

/** A key and what opens it. */
export interface KeyConfiguration {
  readonly reference: KeyReference;
  readonly passphrase: string | undefined;
  readonly passphraseInput: InputName;
}

export interface SigningConfiguration {
  readonly engine: 'native' | 'docker';
  readonly signingKey: KeyConfiguration;
  readonly rootKey: KeyConfiguration | undefined;
  readonly pins: readonly PinReference[];
  /** Whether the tags appear only after they are signed. */
  readonly tagsLast: 'auto' | 'always' | 'never';
}

/** Everything a run was asked for, checked. */
export interface Configuration {
  readonly command: CommandName;
  readonly image: ImageConfiguration;
  /** What the tags are to stand for; only for `sign`. */
  readonly digest: string | undefined;
  /** The repositories of the input `images`; only for `sign`, and never empty. */
  readonly repositories: readonly RepositoryToSign[] | undefined;
  /** Only for commands that build. */
  readonly build: BuildConfiguration | undefined;
  /** Absent when nothing is signed: `build`, or content trust switched off. */
  readonly signing: SigningConfiguration | undefined;
  readonly contentTrust: boolean;
  readonly trustServer: string;
  readonly registryLogin: 'azure' | 'existing';
  readonly cloud: InputValues['cloud'];
  readonly registryId: string | undefined;
  readonly passEnvironment: readonly string[];
  readonly reportPath: string | undefined;
}

/** The registry of a configuration. */
export function placeOf({
  image: { registry },
  trustServer,
}: Pick<Configuration, 'image' | 'trustServer'>): RegistryPlace {
  return { registry, trustServer };
}

/** Some tags of one repository. */
export interface RepositoryToSign {
  readonly image: ImageConfiguration;
  /** The digest that a tag is to be signed for, where the reference names one. */
  readonly digests: ReadonlyMap<string, string>;
  readonly trustServer: string;
}
