/**
 * The gate before every signature on what a server has shown: something that the server cannot write
 * vouches for the root, or the very keys that sign now have signed all that is carried over. Pure.
 */
import { TrustError } from '../../errors.js';
import type { Envelope, KeyId, RoleName } from '../metadata/types.js';
import {
  anchored,
  countSignatures,
  presentedRootKeys,
  type Anchored,
  type Pin,
  type TrustedView,
  type VouchingKey,
} from '../verification/index.js';
import { keyIdsFor, keysOf } from './roles.js';

/** A file that is to be signed, and by which keys, under the IDs that its role lists. */
export interface FileToSign {
  readonly role: RoleName;
  readonly signedBy: readonly {
    readonly signer: VouchingKey;
    readonly keyIds: readonly KeyId[];
  }[];
}

/** What the gate asks. */
interface AnchorQuestion {
  readonly view: TrustedView;
  /** What `view` was read by. */
  readonly pins: readonly Pin[];
  /** What is to be signed; empty where all stands as wanted. */
  readonly files: readonly FileToSign[];
  /** Every key that the run has, whether it signs or not. */
  readonly keys: readonly VouchingKey[];
  /**
   * Whether the Docker CLI signs: it reads the repository again, so that signatures on what was read here
   * say nothing of what it will be shown.
   */
  readonly isReadAnew?: boolean | undefined;
  /** How the host calls the input that pins a root. */
  readonly pinInput?: string | undefined;
}

/**
 * Refuses to have files signed where nothing but the server vouches for what they carry over.
 * @returns the view with what vouches for its root, and the pins for every later reading; the view
 * as it was where the signing keys have signed before all that they sign now.
 * @throws {TrustError} TRUST_ANCHOR_MISSING; TRUST_PIN_MISMATCH when a signing key is recorded for
 * another root.
 */
export function requireAnchor(question: AnchorQuestion): Anchored {
  const { view, pins, files, keys, isReadAnew = false } = question;
  const used = files.flatMap(({ signedBy }) => signedBy.map(({ signer }) => signer));
  // Where nothing is signed, what the run says of the repository is held to the records all the same.
  const signing = files.length > 0 ? used : keys.filter(({ keyId }) => isListed(view, keyId));
  const found = anchored(view, pins, { available: [...keys, ...used], signing });
  if (found.view.pinnedBy.kind === 'pin') return found;
  for (const { role, signedBy } of files) {
    if (isReadAnew) throw anchorMissing(question, signedByDocker);
    const document = documentOf(view, role);
    if (!document) continue;
    const listed = new Map(keysOf(view, role));
    for (const { signer, keyIds } of signedBy) {
      const signed = countSignatures(
        document,
        { keyids: keyIds.filter((id) => listed.has(id)), threshold: 1 },
        Object.fromEntries(listed),
      );
      if (!signed.isEnough) throw anchorMissing(question, unsignedBy(role, signer));
    }
  }
  return found;
}

/** What stands there for a role, trusted or not: a new version of it follows from it. */
function documentOf(view: TrustedView, role: RoleName): Envelope | undefined {
  if (role === 'root') return view.root;
  return view.targets.get(role) ?? view.skipped.get(role)?.envelope;
}

/** Whether any role of the repository lists the key. */
function isListed(view: TrustedView, keyId: KeyId): boolean {
  return ['root', 'targets', ...view.delegations.keys()].some(
    (role) => keyIdsFor(view, role, keyId).length > 0,
  );
}

const signedByDocker =
  'the Docker CLI signs here: it reads the repository again and signs what the trust server serves then';

function unsignedBy(role: RoleName, { description, keyId }: VouchingKey): string {
  return `${role}, which would be signed again, has no signature of the ${description} (key ID ${keyId})`;
}

function anchorMissing({ view, pinInput = 'trust-pin' }: AnchorQuestion, why: string): TrustError {
  const { gun } = view;
  const presented = presentedRootKeys(view);
  const ids = presented.join(', ');
  return new TrustError(
    'TRUST_ANCHOR_MISSING',
    `Nothing was signed in ${gun}: only the trust server confirms its root key ${ids}, and ${why}`,
    {
      remedy: [
        'Ask the owner of the repository for the ID of its root key: "keys init" printed it, the tag acr-content-trust-root of its Key Vault keys holds it, and the file of the root key in ~/.docker/trust/private is named after it. Do not take it from the trust server.',
        presented.length === 1
          ? `If it is ${ids}, set ${pinInput} to it and run again.`
          : `If it is one of ${ids}, set ${pinInput} to that one alone and run again.`,
        "If it is another key, sign nothing: the trust server, or a proxy in front of it, serves a root that is not the owner's.",
      ].join('\n'),
    },
  );
}
