/**
 * The gate before every signature on what a server has shown: something that the server cannot write
 * vouches for the root, or the very keys that sign now have signed all that is carried over. Pure.
 */
import { TrustError } from '../../errors.js';
import type { Envelope, KeyId, RoleName } from '../metadata/types.js';
import {
  anchorOf,
  countSignatures,
  presentedRootKeys,
  type Anchor,
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

/**
 * Refuses to have `files` signed where nothing but the server vouches for what they carry over.
 * @param keys every key that the run has, whether it signs or not.
 * @returns what vouches for the root; `none` where the signing keys have signed everything before.
 * @throws {TrustError} TRUST_ANCHOR_MISSING; TRUST_PIN_MISMATCH when a signing key is recorded for
 * another root.
 */
export function requireAnchor(
  view: TrustedView,
  files: readonly FileToSign[],
  keys: readonly VouchingKey[],
): Anchor {
  const used = files.flatMap(({ signedBy }) => signedBy.map(({ signer }) => signer));
  // Where nothing is signed, what the run says of the repository is held to the records all the same.
  const signing = files.length > 0 ? used : keys.filter(({ keyId }) => isListed(view, keyId));
  const anchor = anchorOf(view, { available: [...keys, ...used], signing });
  if (anchor.kind !== 'none') return anchor;
  for (const { role, signedBy } of files) {
    const document = documentOf(view, role);
    if (!document) continue;
    const listed = new Map(keysOf(view, role));
    for (const { signer, keyIds } of signedBy) {
      const own = keyIds.filter((id) => listed.has(id));
      const count = countSignatures(
        document,
        { keyids: own, threshold: 1 },
        Object.fromEntries(listed),
      );
      if (!count.isEnough) throw anchorMissing(view, role, signer);
    }
  }
  return anchor;
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

function anchorMissing(view: TrustedView, role: RoleName, signer: VouchingKey): TrustError {
  const { gun } = view;
  const presented = presentedRootKeys(view).join(', ');
  return new TrustError(
    'TRUST_ANCHOR_MISSING',
    `Nothing was signed in ${gun}: only the trust server vouches for the root key ${presented} that it presents, and ` +
      `the ${role} file that would be signed again carries no signature of the ${signer.description} (key ID ${signer.keyId})`,
    {
      remedy: [
        'Ask the owner of the repository for the ID of its root key: "keys init" printed it, the tag acr-content-trust-root of its Key Vault keys holds it, and it is the name of the root key\'s file in ~/.docker/trust/private. Do not take it from the trust server.',
        `If it is ${presented}, set trust-pin to it and run again.`,
        "If it is another one, sign nothing: the trust server, or something on the way to it, presents a root that is not the owner's.",
      ].join('\n'),
    },
  );
}
