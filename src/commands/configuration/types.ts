/** What a run was asked for, once everything has been checked. Types only. */
import type { InputName } from '../inputs/values.js';
import type { KeyReference } from '../../signing/index.js';
import type { PinReference } from '../inputs/pins.js';

/** What is built, pushed or signed. */
export interface ImageConfiguration {
  readonly registry: string;
  readonly repository: string;
  /** At least one, each once. */
  readonly tags: readonly string[];
  /** The trust collection: registry and repository. */
  readonly gun: string;
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
