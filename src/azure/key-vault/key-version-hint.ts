/**
 * For a key that follows the newest version and is refused: whether an earlier version of it is the one
 * that the repository lists. Only explains; it never signs with a version nobody asked for.
 */
import { mapConcurrent } from '../../concurrency.js';
import { TrustError, isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  formatKeyReference,
  type KeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
} from '../../signing/index.js';
import {
  readRepository,
  signingRoles,
  type KeyId,
  type Pin,
  type RoleName,
  type TrustServer,
} from '../../trust/index.js';
import { listKeyVersions } from './list-keys.js';
import type { KeyUser, VaultAccess } from './named-key.js';
import { readVaultKey, type VaultKeyInfo } from './read-key.js';

/** The key that was refused, and what it was to sign. */
interface RefusedKey {
  readonly reference: KeyReference;
  readonly keyId: KeyId;
  readonly server: TrustServer;
  readonly pins: readonly Pin[];
  readonly tags: readonly string[];
}

type Context = Pick<KeyUser, 'clock' | 'signal' | 'nameInput'>;
type VersionedReference = VaultKeyReference | VaultCertificateReference;

/**
 * Runs `body`, and where it refuses the newest version of a vault key, says which earlier version the
 * repository lists. Where that cannot be found out the refusal stays as it is.
 * @throws {TrustError} what `body` throws, KEY_NOT_AUTHORIZED with more to it.
 */
export async function explainVersion<T>(
  refused: RefusedKey,
  access: VaultAccess,
  context: Context,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isTrustError(error, 'KEY_NOT_AUTHORIZED')) throw error;
    throw await completed(error, refused, access, context);
  }
}

async function completed(
  error: TrustError,
  key: RefusedKey,
  access: VaultAccess,
  context: Context,
): Promise<TrustError> {
  const { reference, server } = key;
  if (!followsNewest(reference)) return error;
  const name = formatKeyReference(reference);
  try {
    const found = await findListed(reference, key, access.credential, context);
    if (found === undefined) return error;
    const { newest, listed, role } = found;
    const pinned = formatKeyReference({ ...reference, version: listed.reference.version });
    return new TrustError(
      'KEY_NOT_AUTHORIZED',
      `The newest version of ${name}, ${newest} (key ID ${key.keyId}), is not authorised by ` +
        `${server.gun} yet; its version ${listed.reference.version} (key ID ${listed.keyId}) is. ` +
        error.message,
      {
        remedy:
          `Sign with the version that is authorised: ${context.nameInput('signing-key')}: ${pinned}. ` +
          `Or have the owner of the keys authorise the newest one with the command "keys rotate" ` +
          `(${context.nameInput('role')}: ${role}, ${context.nameInput('new-key')}: ${name}).`,
        cause: error,
      },
    );
  } catch (failure) {
    // Reading versions may be forbidden, and is only a courtesy: the refusal is what matters.
    if (!isTrustError(failure) || failure.code === 'INTERRUPTED') throw failure;
    return error;
  }
}

function followsNewest(reference: KeyReference): reference is VersionedReference {
  return (
    (reference.kind === 'vault-key' || reference.kind === 'vault-certificate') &&
    reference.version === undefined
  );
}

interface Found {
  /** The version that was refused. */
  readonly newest: string;
  readonly listed: VaultKeyInfo;
  /** The role that lists it; `targets` before any delegation. */
  readonly role: RoleName;
}

async function findListed(
  { vaultUrl, name }: VersionedReference,
  { keyId, server, pins, tags }: RefusedKey,
  credential: VaultAccess['credential'],
  { clock, signal }: Context,
): Promise<Found | undefined> {
  const options = { clock, signal };
  // A certificate and its key have the same name, and the same identifiers of their versions.
  const versions = await listKeyVersions({ vaultUrl, name }, credential, options);
  const looked = versions.filter(({ isEnabled }) => isEnabled).slice(0, limits.keyVersionsRead);
  const keys = await mapConcurrent(looked, limits.concurrentVaultKeys, async ({ version }) => {
    try {
      return await readVaultKey(
        { kind: 'vault-key', vaultUrl, name, version },
        credential,
        options,
      );
    } catch (error) {
      // One that cannot sign is no advice.
      if (isTrustError(error, 'KEY_DISABLED', 'KEY_UNSUITABLE', 'KEY_NOT_FOUND')) return undefined;
      throw error;
    }
  });
  const newest = keys.find((key) => key?.keyId === keyId)?.reference.version;
  const view = await readRepository(server, { pins, now: clock(), signal });
  if (newest === undefined || view === undefined) return undefined;
  for (const listed of keys) {
    if (listed === undefined || listed.keyId === keyId) continue;
    const signable = tags.map((tag) => signingRoles(view, [listed.keyId], tag).roles);
    if (signable.some((roles) => roles.length === 0)) continue;
    const roles = signable.flat();
    const role = roles.includes('targets')
      ? 'targets'
      : roles.find((one) => one !== 'targets/releases');
    return { newest, listed, role: role ?? 'targets/releases' };
  }
  return undefined;
}
