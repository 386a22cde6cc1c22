/**
 * The data model of Notary v1 metadata, as it is on the wire (theupdateframework/notary v0.7.0,
 * tuf/data). Types only.
 */

/** Globally unique name of a trust collection: the repository with its host, without a tag. */
export type Gun = string;

/** `root`, `targets`, `snapshot`, `timestamp`, or a delegation such as `targets/releases`. */
export type RoleName = string;

/** Lower-case hex SHA-256 of a key's canonical JSON. */
export type KeyId = string;

export type KeyType = 'ecdsa' | 'ecdsa-x509' | 'rsa' | 'rsa-x509' | 'ed25519';

/** `public` is base64: SPKI DER, the text of a PEM certificate (x509 types), or 32 bytes (ed25519). */
export interface PublicKey {
  /** One of {@link KeyType}; an unknown type parses but never verifies. */
  readonly keytype: string;
  readonly keyval: { readonly private: null; readonly public: string };
}

/** Signature methods; matched in lower case. */
export type SignatureMethod = 'ecdsa' | 'rsapss' | 'rsapkcs1v15' | 'eddsa';

export interface Signature {
  readonly keyid: KeyId;
  readonly method: string;
  /** Standard, padded base64. */
  readonly sig: string;
}

/** Raw digests in standard base64, not hex. */
export type Hashes = Readonly<Record<string, string>>;

export interface FileMeta {
  readonly hashes: Hashes;
  /** Bytes. */
  readonly length: number;
}

/** A signed thing: for Docker, the manifest that a tag points to. */
export interface Target extends FileMeta {
  readonly custom?: unknown;
}

export interface RoleKeys {
  readonly keyids: readonly KeyId[];
  readonly threshold: number;
}

export interface DelegationRole extends RoleKeys {
  readonly name: RoleName;
  /** Prefixes of the target names this role may sign; [''] is every name, [] none. */
  readonly paths: readonly string[];
}

interface SignedCommon {
  readonly version: number;
  /** RFC 3339 as read; kept as text so that nothing is lost when the document is written again. */
  readonly expires: string;
}

export interface RootSigned extends SignedCommon {
  readonly _type: 'Root';
  readonly consistent_snapshot: boolean;
  readonly keys: Readonly<Record<KeyId, PublicKey>>;
  readonly roles: Readonly<Record<RoleName, RoleKeys>>;
}

export interface Delegations {
  readonly keys: Readonly<Record<KeyId, PublicKey>>;
  readonly roles: readonly DelegationRole[];
}

/** `targets` itself and every delegation. */
export interface TargetsSigned extends SignedCommon {
  readonly _type: 'Targets';
  readonly delegations: Delegations;
  readonly targets: Readonly<Record<string, Target>>;
}

export interface SnapshotSigned extends SignedCommon {
  readonly _type: 'Snapshot';
  readonly meta: Readonly<Record<RoleName, FileMeta>>;
}

export interface TimestampSigned extends SignedCommon {
  readonly _type: 'Timestamp';
  readonly meta: Readonly<Record<RoleName, FileMeta>>;
}

export type Signed = RootSigned | TargetsSigned | SnapshotSigned | TimestampSigned;

/** A parsed document. */
export interface Envelope<T extends Signed = Signed> {
  readonly signed: T;
  readonly signatures: readonly Signature[];
  /** Canonical JSON of `signed` as it was read, unknown fields included: what signatures cover. */
  readonly canonical: Buffer;
  /** The bytes of the whole file as they were read: what hashes cover. */
  readonly bytes: Buffer;
}
