/** How a change of signers ends: table, then outputs, report and summary, and the failure if there was one. */
import type { Log } from '../../ports.js';
import { vaultServiceOf } from '../../signing/index.js';
import type { KeyId } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { handOnReport } from '../report/report-file.js';
import { failureOfEach, type Attempted } from '../repositories/index.js';
import {
  changeReport,
  changeSummary,
  changeTable,
  type ChangeFacts,
  type SignerChange,
} from './change-report.js';

/** Prints what became of each repository. */
export function logChanges(
  command: ChangeFacts['command'],
  changes: readonly SignerChange[],
  dryRun: boolean,
  log: Log,
): readonly SignerChange[] {
  for (const line of changeTable(command, changes)) log.info(line);
  const isUnchanged = ({ state }: SignerChange) => state === 'unchanged' || state === 'not listed';
  if (dryRun || changes.every(isUnchanged)) log.info('Nothing was changed.');
  return changes;
}

/** @throws {TrustError} what repositories could not be changed for. */
export async function finishChange(
  facts: ChangeFacts,
  signedWith: readonly KeyId[],
  reportPath: string | undefined,
  context: RunContext,
): Promise<void> {
  const { changes, keys, dryRun } = facts;
  const standing = changes.filter(({ error }) => error === undefined && !dryRun);
  context.setOutput('repositories', standing.map(({ gun }) => gun).join('\n'));
  context.setOutput('key-id', [...new Set(signedWith)].join(','));
  context.setOutput(
    'keys',
    keys.flatMap(({ reference }) => (isInVault(reference) ? [reference] : [])).join('\n'),
  );
  await handOnReport(changeReport(facts), reportPath, context);
  await context.addSummary(changeSummary(facts));
  const attempted = changes.map(({ gun, error }): Attempted<undefined> =>
    error ? { gun, error } : { gun, value: undefined },
  );
  const failure = failureOfEach(attempted, 'was not changed');
  if (failure) throw failure;
}

/** A file is named by its path. */
function isInVault(reference: string): boolean {
  return URL.canParse(reference) && vaultServiceOf(new URL(reference).hostname) !== undefined;
}
