/**
 * Writes the record of root keys at signing keys, wherever a run knows them as their owner does. A record
 * that cannot be written is a warning with the command that writes it: the run has done its work.
 */
import { commandLine } from '../../command-line.js';
import { isTrustError } from '../../errors.js';
import { formatKeyReference, type KeyReference, type VaultReference } from '../../signing/index.js';
import type { KeyUser, VaultAccess } from './named-key.js';
import { recordRoots, type RecordChange } from './root-record.js';
import { vaultFlagOf } from './wording.js';

/**
 * Writes the record at a key. A key in a file has none.
 * @param isPinned whether the run is held to the root by a pin, so that it can do without a record.
 * @returns whether the key has the record now.
 */
export async function noteRoots(
  reference: KeyReference,
  change: RecordChange,
  { credential }: VaultAccess,
  { secrets, signal, clock, nameInput, log }: KeyUser,
  isPinned = false,
): Promise<boolean> {
  if (reference.kind === 'file' || change.add.length === 0) return false;
  const url = formatKeyReference(reference);
  const ids = change.add.join(', ');
  try {
    const outcome = await recordRoots(reference, change, credential, { secrets, signal, clock });
    if (outcome.state === 'recorded') log.info(`${url}: recorded the root key ${ids}`);
    if (outcome.state !== 'refused') return true;
    const { error, wanted } = outcome;
    if (isPinned) {
      log.info(
        `${url} has no record of the root key: runs need ${nameInput('trust-pin')}, as this one has`,
      );
      log.debug(error.message);
      return false;
    }
    log.warn(
      [
        `${url} has no record of the root key ${ids}: ${error.message}`,
        ...(wanted
          ? [
              'Ask the owner of the key to run:',
              tagCommand(wanted.reference, wanted.tags),
              'It sets all tags of the key: those it has, and the record.',
            ]
          : [
              `Ask the owner of the key to add the tag acr-content-trust-root=${change.add.join(',')}.`,
            ]),
        `Until then set ${nameInput('trust-pin')}: ${ids}`,
      ].join('\n'),
    );
    return false;
  } catch (error) {
    // Stopped by the host: the work is done, and the next run writes the record.
    if (!isTrustError(error, 'INTERRUPTED')) throw error;
    log.warn(`${url} has no record of the root key ${ids} yet: ${error.message}`);
    return false;
  }
}

/** The command that gives an object these tags, and no others: `--tags` replaces all of them. */
function tagCommand(reference: VaultReference, tags: Readonly<Record<string, string>>): string {
  const noun = reference.kind.replace('vault-', '');
  return commandLine([
    ...['az', 'keyvault', noun, 'set-attributes', ...vaultFlagOf(reference).split(' ')],
    ...['--name', reference.name],
    ...(reference.version === undefined ? [] : ['--version', reference.version]),
    ...['--tags', ...Object.entries(tags).map(([name, value]) => `${name}=${value}`)],
  ]);
}
