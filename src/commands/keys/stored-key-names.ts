/** What keys of Docker and notary are called: in a vault, in its tags, and in messages. Pure. */
import type { KeyPurpose } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import { parseImageReference } from '../../registry/index.js';
import type { KeyId } from '../../trust/index.js';

/** What a key says it is for. */
export interface StoredPurpose {
  /** As Docker's header has it: `root`, `targets`, `snapshot`, a signer's name or `delegation`. */
  readonly role: string | undefined;
  readonly gun: string | undefined;
}

/**
 * The name of a key in a vault. It always ends in the beginning of the key ID, as every other part
 * loses something: two keys never have one name, and the same key has the same name in every run.
 */
export function vaultNameOf({ role, gun }: StoredPurpose, keyId: KeyId): string {
  const parts =
    role === 'root' || role === undefined
      ? [role ?? 'key']
      : role === 'targets' || role === 'snapshot'
        ? [repositoryOf(gun), role]
        : role === 'delegation'
          ? [role]
          : ['signer', role];
  return [...parts.map(plain), keyId.slice(0, 8)].filter((part) => part !== '').join('-');
}

/** The tags that a key gets; see azure/key-vault/tags.ts. */
export function purposeOfStored({ role, gun }: StoredPurpose): KeyPurpose {
  if (role === 'root') return { role };
  if (role === 'targets') return { role, gun };
  const signer = role === undefined || role === 'delegation' ? {} : { signer: role };
  return { role: 'delegation', gun, ...signer };
}

/** Such as `repository key of contoso.azurecr.io/app`. */
export function describePurpose({ role, gun }: StoredPurpose): string {
  const of = gun === undefined ? '' : ` of ${gun}`;
  switch (role) {
    case undefined:
      return `key${of}`;
    case 'root':
    case 'snapshot':
      return `${role} key${of}`;
    case 'targets':
      return `repository key${of}`;
    case 'delegation':
      return `delegation key${of}`;
    default:
      return `key of the signer ${role}${of === '' ? '' : ` in${of.slice(3)}`}`;
  }
}

/** Registry and repository of a GUN; undefined for a collection that is not of an image. */
export function imageOfGun(
  gun: string,
): { readonly registry: string; readonly repository: string } | undefined {
  try {
    const { host, repository, tag, digest } = parseImageReference(gun);
    return tag === undefined && digest === undefined && `${host}/${repository}` === gun
      ? { registry: host, repository }
      : undefined;
  } catch (error) {
    if (isTrustError(error, 'INPUT_INVALID')) return undefined;
    throw error;
  }
}

function repositoryOf(gun: string | undefined): string {
  return gun === undefined ? '' : (imageOfGun(gun)?.repository ?? gun);
}

/** Letters, digits and hyphens, not too many; names in a vault have no others. */
function plain(text: string): string {
  return text
    .replace(/[^0-9a-zA-Z]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '');
}
