/**
 * Writes the record of root keys at signing keys, wherever a run knows them as their owner does. What
 * cannot be written is told with the command that does it: the run itself has done what it was asked for.
 */
import { recordRoots, vaultFlagOf, type RecordChange } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import { formatKeyReference, type KeyReference, type VaultReference } from '../../signing/index.js';
import type { Run } from '../context.js';
import { commandLine } from '../report/command-line.js';
import type { AzureAccess } from '../access/access.js';

/**
 * Writes the record at a key. A key in a file has none.
 * @returns whether the key has the record now.
 */
export async function noteRoots(
  reference: KeyReference,
  change: RecordChange,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock, nameInput, log }: Run,
): Promise<boolean> {
  if (reference.kind === 'file' || change.add.length === 0) return false;
  const url = formatKeyReference(reference);
  const ids = change.add.join(', ');
  try {
    const outcome = await recordRoots(reference, change, credential, { secrets, signal, clock });
    if (outcome.state === 'recorded') log.info(`${url}: recorded the root key ${ids}`);
    if (outcome.state !== 'refused') return true;
    const { error, wanted } = outcome;
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
    // Stopped by the host: what was asked for is done, and the next run writes the record.
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
