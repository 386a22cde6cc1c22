/** What the files of this folder hand to each other. Types and names only. */
import type { SignatureAlgorithm } from '../algorithms.js';

/** Media types of envelopes: of the layer of a signature manifest. */
export const envelopeMediaTypes = {
  jws: 'application/jose+json',
  cose: 'application/cose',
} as const;

/** How an envelope is written. */
export type EnvelopeFormat = keyof typeof envelopeMediaTypes;

/** What was signed: the manifest of an image, and what its signer says of it. */
export interface SignedDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** The user's metadata. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** `notary.x509` is for everybody; an authority of the other kind vouches for the time itself. */
export type SigningScheme = 'notary.x509' | 'notary.x509.signingAuthority';

/** The signed attributes of an envelope. */
export interface SignedAttributes {
  readonly scheme: SigningScheme;
  /** When it was signed: as the signer says, or as its authority says. */
  readonly signingTime: Date;
  readonly expiry: Date | undefined;
}

/** An envelope whose form is right. Nothing is verified yet. */
export interface Envelope extends SignedAttributes {
  readonly format: EnvelopeFormat;
  readonly algorithm: SignatureAlgorithm;
  readonly payload: SignedDescriptor;
  /** DER certificates, leaf first. */
  readonly chain: readonly Buffer[];
  /** The bytes that were signed. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
  /** What its signer calls itself; unsigned. */
  readonly agent: string | undefined;
  /** DER of an RFC 3161 token; unsigned, and not looked at. */
  readonly timestamp: Buffer | undefined;
}

/** The parts of an envelope before it is signed. */
export interface UnsignedEnvelope extends SignedAttributes {
  readonly algorithm: SignatureAlgorithm;
  /** As {@link payloadOf} writes it. */
  readonly payload: Buffer;
  readonly chain: readonly Uint8Array[];
  readonly agent: string;
}

/** What a signature and perhaps a time stamp make an envelope of. */
export interface OpenEnvelope {
  readonly signingInput: Buffer;
  readonly close: (signature: Uint8Array, timestamp?: Uint8Array) => Buffer;
}
