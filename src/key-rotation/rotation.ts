/** Which key of a role is replaced by which. Types only. */
import type { AccessRun } from '../access/index.js';
import type { NamedKey } from '../azure/index.js';
import type { VaultKeyReference } from '../signing/index.js';
import type { KeyId, RoleName, ServerRole } from '../trust/index.js';

/** Where the new key comes from. */
export type NewKeySource =
  | { readonly kind: 'given'; readonly key: NamedKey }
  | { readonly kind: 'create'; readonly reference: VaultKeyReference; readonly hsm: boolean };

/** The key of root, `targets` or a delegation is replaced by one of ours. */
export interface KeyRotation {
  readonly kind: 'key';
  readonly role: RoleName;
  readonly newKey: NewKeySource;
  readonly oldKeyId: KeyId | undefined;
}

/** The server makes the key of one of its roles. */
export interface ServerKeyRotation {
  readonly kind: 'server-key';
  readonly role: ServerRole;
  /** Also where the server holds the present key. */
  readonly replacesExisting: boolean;
}

export type Rotation = KeyRotation | ServerKeyRotation;

/** What a rotation needs of a run. */
export interface RotationRun extends AccessRun {
  /** Hands on the URL of a new key at once: no later failure makes it wrong. */
  readonly setOutput: (name: 'keys', value: string) => void;
}
