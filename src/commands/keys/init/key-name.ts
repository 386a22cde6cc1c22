/** What the key of a repository is called in its vault. */
import { createHash } from 'node:crypto';

/** Key Vault's limit for names. */
const maxLength = 127;

/**
 * A name of letters, digits and hyphens that no other repository of the registry gets: where
 * characters had to be replaced, a short hash of the true name follows.
 */
export function keyNameOf(repository: string): string {
  const plain = repository.replace(/[^0-9a-z]/gi, '-');
  if (plain === repository && plain.length <= maxLength) return plain;
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 8);
  return `${plain.slice(0, maxLength - hash.length - 1)}-${hash}`;
}
