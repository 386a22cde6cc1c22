/** What verification hands over: a set of documents that were trusted together. Types only. */
import type {
  DelegationRole,
  Envelope,
  Gun,
  KeyId,
  PublicKey,
  RoleName,
  RootSigned,
  SnapshotSigned,
  TargetsSigned,
  TimestampSigned,
} from '../metadata/index.js';
import type { KeyName } from './key-names.js';
import type { Pin } from './pins.js';

/** Why the root is trusted. */
export type PinnedBy =
  /** A pin of the user matched this root key. */
  | { readonly kind: 'pin'; readonly pin: Pin; readonly rootKey: KeyName }
  /** It chains to the root of the earlier state that was handed in. */
  | { readonly kind: 'earlier-root'; readonly version: number }
  /** Nothing but being seen first. */
  | { readonly kind: 'first-use'; readonly rootKeys: readonly KeyName[] };

/** Something a person should know although the data is accepted, as Docker accepts it. */
export interface TrustWarning {
  readonly kind:
    | 'expired'
    | 'certificate-expired'
    | 'delegation-expired'
    | 'delegation-signatures'
    | 'delegation-vanished';
  readonly role: RoleName;
  /** One sentence naming GUN and role. */
  readonly message: string;
}

/** A delegation as its ancestors limit it. */
export interface EffectiveRole extends DelegationRole {
  /** The role that lists it. */
  readonly parent: RoleName;
  /** Its keys by TUF ID, from its parent. */
  readonly keys: ReadonlyMap<KeyId, PublicKey>;
}

/** A delegation whose file was there but is not trusted. */
export interface SkippedRole {
  /** `expired`: its signatures are valid; `signatures`: they are not, its content is anyone's. */
  readonly reason: 'expired' | 'signatures';
  readonly envelope: Envelope<TargetsSigned>;
}

/** All that is trusted about one GUN at one moment. */
export interface TrustedView {
  readonly gun: Gun;
  readonly root: Envelope<RootSigned>;
  readonly timestamp: Envelope<TimestampSigned>;
  readonly snapshot: Envelope<SnapshotSigned>;
  /** `targets` and every delegation whose file is trusted. */
  readonly targets: ReadonlyMap<RoleName, Envelope<TargetsSigned>>;
  /**
   * Every delegation that a trusted role lists, whether or not it has a file yet. Keys are the
   * listed ones, paths those left by its ancestors.
   */
  readonly delegations: ReadonlyMap<RoleName, EffectiveRole>;
  /** Delegations left out, with what was found, so that their owner can renew them. */
  readonly skipped: ReadonlyMap<RoleName, SkippedRole>;
  readonly warnings: readonly TrustWarning[];
  readonly pinnedBy: PinnedBy;
}

/** What was trusted before; a whole earlier {@link TrustedView} will do. */
export interface EarlierState {
  readonly root: Envelope<RootSigned>;
  readonly timestamp?: Envelope<TimestampSigned> | undefined;
  readonly snapshot?: Envelope<SnapshotSigned> | undefined;
  readonly targets?: ReadonlyMap<RoleName, Envelope<TargetsSigned>> | undefined;
}
